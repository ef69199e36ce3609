"""How this server lets a session be resumed, found out by sessions of the examination's own."""
