"""A test kit: virtual time, and lines that a test speaks on."""
