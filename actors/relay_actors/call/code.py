"""What the actor of a call has to know of the code of its user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from relay_actors.call.messages import Tell
from relay_actors.wire.events import RelayEvent

__all__ = ["Code"]


class Code(Protocol):
    """The code of a call's user, as the call's actor sees it. None of its methods blocks or runs that code."""

    call: Any
    """The object that the user knows as the call; None once the actor has stopped and its code is through."""

    hears: bool
    """Whether anybody is to be told of events."""

    def begin(self, behind: int) -> None:
        """Queue the first code, behind so many pieces that are queued already."""

    def go_on(self) -> None:
        """Queue what is to be done with a call that another process has left."""

    def add_listener(self, event_type: str, handler: Callable[[Any], object]) -> None:
        """Have ``handler(event)`` queued at each event of a type."""

    def queue_callback(self, function: Callable[..., object], *args: Any) -> None:
        """Queue a callback of the user, whose crash ends nothing else."""

    def tell(self, event: RelayEvent, *, vital: bool) -> None:
        """Queue what is to be called with an event; a vital one is never dropped."""

    def told(self, message: Tell) -> None:
        """Queue what is to be called with something that the call is told, and answer that it is."""

    def say_goodbye(self) -> bool:
        """Queue the last hook, once; return whether there is one."""

    def crashed(self, error: BaseException) -> Callable[[], object] | None:
        """Return what is to be done about a crash of the code, or None."""

    def stands_elsewhere(self) -> tuple[str, str] | None:
        """Return what code does that no greenlet of the call runs, and where it stands; None when there is none."""

    def let_go(self) -> None:
        """Let go of the user's object and functions: nothing of the code begins any more."""
