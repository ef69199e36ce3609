"""A live call: what its users hold, the actor that it is, and its parts."""
