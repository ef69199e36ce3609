"""Which call an event belongs to, and who serves a new one: the subscription actor and its parts."""
