"""The connection to the server: its actor, its supervisor, and the way of a command."""
