"""RelayClient: what users hold."""
