"""Counts the ends of connections that trying again can't mend, and says when it is enough."""

from __future__ import annotations

from relay_actors.errors import AuthenticationFailed, ConnectFailed, RelayError
from relay_actors.session.replies import LoginRefused
from relay_actors.timing import Timing

__all__ = ["Refusals"]


class Refusals:
    """Refused logins, and servers that can't be used as configured, since the last success.

    Args:
        timing: how many are allowed.
        ever_up: whether there was a success already.

    Attributes:
        ever_up: whether there was a success: later ones are allowed more of them.
    """

    __slots__ = ("_count", "_timing", "ever_up")

    def __init__(self, timing: Timing, *, ever_up: bool) -> None:
        self.ever_up = ever_up
        self._timing = timing
        self._count = 0

    def forget(self) -> None:
        """Count from the beginning."""
        self._count = 0

    def last(self, reason: BaseException) -> RelayError | None:
        """Count the end of a connection; return what it comes to if it is the last that is allowed."""
        timing = self._timing
        if isinstance(reason, LoginRefused):
            permanent = reason.permanent
        else:
            permanent = getattr(reason, "retryable", True) is False
        allowed = timing.refusals_allowed_later if self.ever_up else timing.refusals_allowed
        if not permanent:
            return None
        self._count += 1
        if allowed is None or self._count < allowed:
            return None
        if isinstance(reason, LoginRefused):
            return AuthenticationFailed(
                reason.code, f"login refused {self._count} times: {reason.message}", reason.data
            )
        error = ConnectFailed(f"could not connect in {self._count} tries: {reason}")
        error.__cause__ = reason
        return error
