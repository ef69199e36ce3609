"""Commands as a link makes them."""

from __future__ import annotations

from relay_actors.session.command import Command

__all__ = ["command"]


def command(identity: str, *, deadline: float = 100.0, frame: bytes = b"{}", method: str = "calling.play") -> Command:
    """Return a command that was not sent."""
    made = Command()
    made.identity, made.method, made.frame, made.deadline = identity, method, frame, deadline
    return made
