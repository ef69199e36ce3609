"""The general actor kit: actors on greenlets, turns, supervisors, futures. It knows no call, no message, no offer."""
