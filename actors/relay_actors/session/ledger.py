"""Says what the model tells of what it serves, so that a successor can go on with it (law 14); the machine hands it in.

What is noted is written down before the next frame leaves: an offer before it is acknowledged, a dial before its
command. None of the methods blocks, but for `Ledger.owns_session`, or raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Protocol

from relay_actors.session.state import Session
from relay_actors.wire.events import RelayEvent

__all__ = ["NO_LEDGER", "Ledger"]


class Ledger(Protocol):
    """What a process serves, in a place that outlives it."""

    def owns_session(self) -> bool:
        """Return whether the session is still this process's: nobody has taken it over meanwhile.

        It may block the current greenlet for a moment, to find out.
        """

    def note_session(self, session: Session) -> None:
        """Note the session; one of another name leaves every call behind."""

    def note_events(self, events: Iterable[tuple[Any, RelayEvent]]) -> None:
        """Note the calls that events tell of for the first time, and a new state of authorization."""

    def note_served(self, call_id: str, node_id: str, kind: type, *, dialled: bool) -> None:
        """Note that code of a class serves a call."""

    def note_answered(self, call_id: str) -> None:
        """Note that a call is answered."""

    def note_engaged(self, call_id: str, engaged: tuple[str, ...]) -> None:
        """Note all that a call is engaged in without code."""

    def note_memo(self, call_id: str, memo: bytes) -> None:
        """Note what a call's code wants to be remembered, as JSON."""

    def note_unserved(self, call_id: str, node_id: str) -> None:
        """Note that a call is to be hung up."""

    def forget_call(self, call_id: str) -> None:
        """Note that a call is over, or somebody else's."""

    def note_dial(self, tag: str) -> None:
        """Note a dial, whose legs are to be ended unless they are served."""

    def forget_dial(self, tag: str) -> None:
        """Note that nothing is left of a dial."""


class _NoLedger:
    """Writes nothing down."""

    __slots__ = ()

    def owns_session(self) -> bool:
        return True

    def note_session(self, session: Session) -> None:
        pass

    def note_events(self, events: Iterable[tuple[Any, RelayEvent]]) -> None:
        pass

    def note_served(self, call_id: str, node_id: str, kind: type, *, dialled: bool) -> None:
        pass

    def note_answered(self, call_id: str) -> None:
        pass

    def note_engaged(self, call_id: str, engaged: tuple[str, ...]) -> None:
        pass

    def note_memo(self, call_id: str, memo: bytes) -> None:
        pass

    def note_unserved(self, call_id: str, node_id: str) -> None:
        pass

    def forget_call(self, call_id: str) -> None:
        pass

    def note_dial(self, tag: str) -> None:
        pass

    def forget_dial(self, tag: str) -> None:
        pass


NO_LEDGER: Final[Ledger] = _NoLedger()
"""Of a client that has none."""
