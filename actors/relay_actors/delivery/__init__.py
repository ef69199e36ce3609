"""What every event meets on its way to its actor: dedup, events that nobody asked for, the greenlets of handlers."""
