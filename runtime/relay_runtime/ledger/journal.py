"""Writes down what a client serves: the `Ledger` of its actors.

Lines are gathered, and written in one go before the next frames leave, and once in every pass of the hub.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from gevent.hub import get_hub

from relay_actors.call.crash_policy import CrashPolicy
from relay_actors.kit import clock
from relay_actors.kit.recent import Recent
from relay_actors.session.state import Session
from relay_actors.wire.events import AuthorizationStateEvent, CallReceiveEvent, CallStateEvent, DialEvent, RelayEvent
from relay_runtime.ledger import records
from relay_runtime.ledger.copy import Copy
from relay_runtime.ledger.file import LedgerFile

__all__ = ["Displaced", "Journal", "kind_name"]

_LAST: Final = -2  # libev's lowest priority: after the greenlets that run in one pass of the hub
_REMEMBERED: Final = 1_000
_LOGINS: Final = 3  # that nobody confirms, after which a session that ends again is another's
_SOON: Final = 60.0  # seconds in which they must have been
_PAUSE: Final = 1.0
"""Seconds without a look at the file, after which nothing is sent without one: somebody may have taken it over."""


class Displaced(Exception):
    """Another process serves the session now."""


def kind_name(kind: type) -> str:
    """Return the name of a class as a ledger has it."""
    return f"{kind.__module__}:{kind.__qualname__}"


class Journal:
    """What the actors of one tree note.

    Args:
        make_file: makes a new file, or returns None when there can be none.
        when_crashed: what becomes of calls whose class does not say.
        file: a file that is gone on with, as that of a process that has died.
        numbers: how many numbers of classes are taken in it.
    """

    def __init__(
        self,
        make_file: Callable[[], LedgerFile | None],
        when_crashed: CrashPolicy,
        file: LedgerFile | None = None,
        numbers: int = 0,
    ) -> None:
        self._make_file = make_file
        self._when_crashed = when_crashed
        self._file = make_file() if file is None else file
        self._lost = False  # whether the session was taken over, and nobody has left it yet
        self._in_doubt = False  # whether it may have been, while this process stood still
        self._asked_in_vain = False
        self._unsure: list[float] = []  # when a session was logged in to of which nobody could say whose it is
        self._lines: list[bytes] = []
        self._session: records.SessionKept | None = None
        self._kinds: dict[type, int] = {}
        self._numbers = numbers
        self._legs: dict[str, set[str]] = {}  # of the dials under way
        self._untouched: set[str] = set()  # offers and legs that are up and not served
        self._gone: Recent[str] = Recent(_REMEMBERED)  # those of them that have ended so
        self._looked = clock.monotonic()
        self._watcher: Any = get_hub().loop.prepare(ref=False, priority=_LAST)
        self._watcher.start(self._write)

    # Writing

    def _note(self, record: records.Record) -> None:
        if self._file is not None:
            self._lines.append(records.encode(record))

    def _write(self) -> None:
        """Write what was noted. Never raises."""
        if self._lines:
            lines, self._lines = b"".join(self._lines), []
            if self._file is not None:
                self._file.append(lines)

    def flush(self) -> None:
        """Write what was noted, before frames leave. After a pause it may block the current greenlet for a moment.

        Raises:
            Displaced: another process has taken the session over, while this one was silent.
        """
        if clock.monotonic() - self._looked > _PAUSE:
            self._still_owns()
        if self._in_doubt:
            self.owns_session()
        if self._lost:
            raise Displaced("another process has taken the session over")
        self._write()

    def beat(self) -> None:
        """Show that the process is not stopped. Never raises."""
        if self._file is not None and self._still_owns():
            self._file.beat()

    def owns_session(self) -> bool:
        """Return whether the ledger is ours still, or there is none. It may block the current greenlet for a moment.

        From the moment that it is not, nothing is noted.
        """
        if self._file is not None and (self._in_doubt or self._file.copy.doubtful):
            self._file.copy.confirm()
            self._asked_in_vain = self._file.copy.doubtful
            if self._is_thrown_out(self._file.copy):
                self._file.copy.give_up()
        else:
            self._unsure.clear()
        self._looked = clock.monotonic()  # to ask may have taken a while
        self._in_doubt = False
        return self._still_owns()

    def _is_thrown_out(self, copy: Copy) -> bool:
        """Return whether a session that nobody confirms to be ours has ended again and again, soon after each login.

        Then this host alone is cut off from those that know, and somebody who is not resumes it whenever we do.
        """
        now = clock.monotonic()
        self._unsure = [each for each in self._unsure if now - each < _SOON] if copy.doubtful else []
        return len(self._unsure) >= _LOGINS

    def _still_owns(self) -> bool:
        """Return whether nobody has taken the file over, as far as is known; a pause before may leave a doubt."""
        now, before = clock.monotonic(), self._looked
        self._looked = now
        if now - before > _PAUSE and self._file is not None and self._file.copy.doubtful:
            self._in_doubt = True
        if self._file is not None and not self._file.is_ours:
            self._file.close(keep=False)
            self._file = None
            self._lost = True
            self._lines.clear()
        return not self._lost

    def close(self, *, keep: bool) -> None:
        """End: the file is removed, or left to a successor."""
        self._watcher.stop()
        self._watcher.close()
        if self._file is not None:
            self._write()
            self._file.close(keep=keep)
            self._file = None

    # What the actors note

    def note_session(self, session: Session) -> None:
        """See `Ledger.note_session`; one without a name leaves the calls: they may have to be ended still."""
        if not session.protocol:
            self._lost = False  # what was taken over is left: the next session may be written down
            self._unsure.clear()
            return
        if self._asked_in_vain:  # once for each login
            self._asked_in_vain = False
            self._unsure.append(clock.monotonic())
        state, former = session.authorization_state, self._session
        if former is not None and former.protocol == session.protocol:
            state = former.authorization_state or state  # events have brought the newest one here first
        kept = records.SessionKept(session.protocol, state, session.contexts)
        if kept == former:
            return
        if self._file is None and (former is None or former.protocol != session.protocol):
            self._begin_file()
        self._session = kept
        self._note(kept)

    def _begin_file(self) -> None:
        """Have a file again, since the former one was taken over or could not be made."""
        self._file = self._make_file()
        self._kinds.clear()
        for tag, legs in self._legs.items():
            legs.clear()
            self._note(records.Dialled(tag))

    def note_events(self, events: Iterable[tuple[Any, RelayEvent]]) -> None:
        """See `Ledger.note_events`."""
        for _, event in events:
            note = _NOTED.get(type(event))
            if note is not None:
                note(self, event)

    def _note_offer(self, event: CallReceiveEvent) -> None:
        if event.call_id:
            self._untouched.add(event.call_id)
            self._note(records.Offered(event.call_id, event.node_id, event.context))

    def _note_state(self, event: CallStateEvent) -> None:
        if event.call_state == "ended":
            self._note_end(event.call_id)
        elif self._legs and event.tag in self._legs:
            self._note_leg(event.tag, event.call_id, event.node_id)

    def _note_winner(self, event: DialEvent) -> None:
        if event.dial_state == "answered" and event.tag in self._legs:
            winner = event.call
            self._note_leg(event.tag, winner.get("call_id"), winner.get("node_id") or event.node_id)

    def _note_authorization(self, event: AuthorizationStateEvent) -> None:
        former = self._session
        if former is not None and event.authorization_state:
            self._session = records.SessionKept(former.protocol, event.authorization_state, former.contexts)
            self._note(self._session)

    def _note_end(self, call_id: str) -> None:
        if call_id in self._untouched:
            self._untouched.discard(call_id)
            self._gone.add(call_id)  # code that has not heard of it yet may take it up
        self._note(records.Forgotten(call_id))

    def _note_leg(self, tag: str, call_id: Any, node_id: Any) -> None:
        if isinstance(call_id, str) and call_id and call_id not in self._legs[tag]:
            self._legs[tag].add(call_id)
            self._untouched.add(call_id)
            self._note(records.Leg(call_id, node_id if isinstance(node_id, str) else "", tag))

    def note_served(self, call_id: str, node_id: str, kind: type, *, dialled: bool) -> None:
        """See `Ledger.note_served`."""
        if call_id in self._gone:
            return
        self._untouched.discard(call_id)
        number = self._kinds.get(kind)
        if number is None:
            number = self._kinds[kind] = self._numbers
            self._numbers += 1
            declared = getattr(kind, "when_orphaned", None) or getattr(kind, "when_crashed", None)
            policy = records.Policy.of(declared or self._when_crashed)
            self._note(records.Kind(number, kind_name(kind), policy))
        self._note(records.Served(call_id, node_id, number, dialled))

    def note_answered(self, call_id: str) -> None:
        """See `Ledger.note_answered`."""
        self._note(records.Answered(call_id))

    def note_engaged(self, call_id: str, engaged: tuple[str, ...]) -> None:
        """See `Ledger.note_engaged`."""
        self._note(records.Engaged(call_id, engaged))

    def note_memo(self, call_id: str, memo: bytes) -> None:
        """See `Ledger.note_memo`."""
        self._note(records.Memo(call_id, memo.decode()))

    def note_unserved(self, call_id: str, node_id: str) -> None:
        """See `Ledger.note_unserved`."""
        self._note(records.Unserved(call_id, node_id))

    def forget_call(self, call_id: str) -> None:
        """See `Ledger.forget_call`."""
        self._untouched.discard(call_id)
        self._note(records.Forgotten(call_id))

    def note_dial(self, tag: str) -> None:
        """See `Ledger.note_dial`."""
        self._legs[tag] = set()
        self._note(records.Dialled(tag))

    def forget_dial(self, tag: str) -> None:
        """See `Ledger.forget_dial`."""
        legs = self._legs.pop(tag, None)
        if legs is not None:
            self._untouched -= legs
            self._note(records.DialOver(tag))


_NOTED: Final[dict[type, Callable[[Journal, Any], None]]] = {
    AuthorizationStateEvent: Journal._note_authorization,
    CallReceiveEvent: Journal._note_offer,
    CallStateEvent: Journal._note_state,
    DialEvent: Journal._note_winner,
}
"""From a class of events to what notes them."""
