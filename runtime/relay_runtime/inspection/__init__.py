"""Looking into a running process, over a local socket that only its owner can open."""
