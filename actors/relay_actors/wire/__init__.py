"""The wire vocabulary: frames, events and their codec."""
