"""A ledger in memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from relay_actors.session.state import Session
from relay_actors.wire.events import CallEvent, RelayEvent

__all__ = ["Noted"]


class Noted:
    """Keeps what it is told, in order.

    Attributes:
        notes: the name of each method and what it was given: ids of calls, and what else tells of them.
        owned: whether the session is this process's still.
    """

    def __init__(self) -> None:
        self.notes: list[tuple[Any, ...]] = []
        self.owned = True

    def of(self, call_id: str) -> list[tuple[Any, ...]]:
        """Return what was noted of one call or dial, without its id."""
        return [(name, *rest) for name, of, *rest in self.notes if of == call_id]

    def owns_session(self) -> bool:
        return self.owned

    def note_session(self, session: Session) -> None:
        self.notes.append(("session", session.protocol))

    def note_events(self, events: Iterable[tuple[Any, RelayEvent]]) -> None:
        for _, event in events:
            self.notes.append(("event", event.call_id if isinstance(event, CallEvent) else "", event.event_type))

    def note_served(self, call_id: str, node_id: str, kind: type, *, dialled: bool) -> None:
        self.notes.append(("served", call_id, node_id, kind.__name__, dialled))

    def note_answered(self, call_id: str) -> None:
        self.notes.append(("answered", call_id))

    def note_engaged(self, call_id: str, engaged: tuple[str, ...]) -> None:
        self.notes.append(("engaged", call_id, engaged))

    def note_memo(self, call_id: str, memo: bytes) -> None:
        self.notes.append(("memo", call_id, memo))

    def note_unserved(self, call_id: str, node_id: str) -> None:
        self.notes.append(("unserved", call_id, node_id))

    def forget_call(self, call_id: str) -> None:
        self.notes.append(("forget", call_id))

    def note_dial(self, tag: str) -> None:
        self.notes.append(("dial", tag))

    def forget_dial(self, tag: str) -> None:
        self.notes.append(("forget dial", tag))
