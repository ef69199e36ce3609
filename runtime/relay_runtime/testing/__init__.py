"""A test kit: virtual time, client and sandbox in one process, and lines that a test speaks on."""
