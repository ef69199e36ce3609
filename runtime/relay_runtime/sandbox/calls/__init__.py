"""The calls, messages and sessions of a simulated exchange."""
