"""The model: how an actor lives and fails, every message, the life of a call. No sockets, no environment."""
