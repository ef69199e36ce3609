"""Sends an actor a message after a while (OTP: ``send_after``), or has a function called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from gevent.hub import get_hub

from relay_actors.kit.fork import timers

__all__ = ["Recipient", "Timer"]


class Recipient(Protocol):
    """Who is sent the message: a reference, or a name."""

    def offer(self, message: Any, /) -> bool:
        """Take a message. Must not block."""


class Timer:
    """One message or call that comes later; cancelled or started again, it does not come. Never blocks."""

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
        """Have ``message`` sent to ``to`` after ``seconds``; the others as for `call_after`."""
        self.call_after(seconds, to.offer, message, repeat=repeat, ref=ref)

    def call_after(
        self,
        seconds: float,
        function: Callable[..., object],
        *args: Any,
        repeat: bool = False,
        ref: bool = True,
        real: bool = False,
    ) -> None:
        """Have a function called by the hub after ``seconds``. It must not block.

        Args:
            seconds: 0 or less is at once, when the hub comes to it.
            function: what.
            args: its arguments.
            repeat: whether it is called again and again, as many seconds apart.
            ref: whether the hub counts it as something to wait for (gevent: ``ref``).
            real: whether these are the machine's seconds even where a test owns the time.
        """
        self.cancel()
        seconds = max(0.0, seconds)
        loop: Any = get_hub().loop
        timer = getattr(loop, "real_timer", loop.timer) if real else loop.timer
        watcher = self._watcher = timer(seconds, seconds if repeat else 0.0, ref=ref)
        timers.add(watcher)
        if repeat:
            watcher.start(function, *args)
        else:
            watcher.start(_fire, watcher, function, args)

    def cancel(self) -> None:
        """Send nothing; does nothing when it was not started."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            timers.discard(watcher)
            watcher.close()


def _fire(watcher: Any, function: Callable[..., object], args: tuple[Any, ...]) -> None:
    """Do what is due; a timer that nobody cancels is forgotten."""
    timers.discard(watcher)
    function(*args)
