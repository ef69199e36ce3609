"""The hot path in one process: the client, and the load server's switchboard behind a socket in memory."""
