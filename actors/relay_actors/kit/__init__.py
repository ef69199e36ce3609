"""The general actor kit: actors on greenlets, turns, supervisors, futures. It knows nothing of telephony."""
