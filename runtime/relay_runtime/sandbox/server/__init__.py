"""The sandbox's WebSocket server."""
