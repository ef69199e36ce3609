"""Sends an actor a message after a while (OTP: ``send_after``)."""

from __future__ import annotations

from typing import Any, Protocol

from gevent.hub import get_hub

__all__ = ["Recipient", "Timer"]


class Recipient(Protocol):
    """Who is sent the message: a reference, or a name."""

    def offer(self, message: Any, /) -> bool:
        """Take a message. Must not block."""


class Timer:
    """One message that comes later; cancelled or started again, it is not sent. Never blocks."""

    __slots__ = ("_watcher",)

    def __init__(self) -> None:
        self._watcher: Any = None

    @property
    def started(self) -> bool:
        """Whether it was started and not cancelled since, its time over or not."""
        return self._watcher is not None

    def send_after(
        self, seconds: float, to: Recipient, message: Any, *, repeat: bool = False, ref: bool = True
    ) -> None:
        """Have ``message`` sent after ``seconds``.

        Args:
            seconds: 0 or less is at once, when the hub comes to it.
            to: who gets it.
            message: what.
            repeat: whether it is sent again and again, as many seconds apart.
            ref: whether the hub counts it as something to wait for (gevent: ``ref``).
        """
        self.cancel()
        seconds = max(0.0, seconds)
        self._watcher = get_hub().loop.timer(seconds, seconds if repeat else 0.0, ref=ref)
        self._watcher.start(to.offer, message)

    def cancel(self) -> None:
        """Send nothing; does nothing when it was not started."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.close()
