"""What all of the sandbox stands on: clock, settings, counters, ids, frames."""
