"""A request to the server and the future of its reply: one object all the way there and back."""

from __future__ import annotations

from typing import Any

from relay_actors.kit import clock
from relay_actors.kit.future import GreenletFuture

__all__ = ["Command"]


class Command(GreenletFuture[dict[str, Any]]):
    """A request to the server, and the result of its reply once that is there.

    Attributes:
        identity: the JSON-RPC id.
        method: the method, for logs and errors.
        frame: the whole frame, encoded already.
        deadline: monotonic time after which nobody waits for the reply any more.
        sent: whether it was handed to the socket.
        written: when that was, in monotonic seconds.
    """

    # On the class, so that who has to know it before it is submitted makes one without them.
    identity = ""
    method = ""
    frame = b""
    deadline = 0.0
    sent = False
    written = 0.0

    def __repr__(self) -> str:
        """Name method and id; what is in the frame (numbers, texts) stays out of logs."""
        return f"<Command {self.method} {self.identity}>"

    def remaining(self) -> float:
        """Return the seconds until the deadline, 0.0 when it has passed."""
        return max(0.0, self.deadline - clock.monotonic())
