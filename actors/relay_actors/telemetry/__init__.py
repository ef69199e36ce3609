"""What a client counts, and the values in which it tells of its state."""
