"""SMS and MMS: the messaging actor, and the message that its users hold."""
