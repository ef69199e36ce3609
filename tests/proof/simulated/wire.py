"""Watches both ends of the wire: what the client's frames say, and what the server makes and takes of them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import msgspec

from proof.simulated.laws import GRACE, Books, Story
from relay_actors.errors import NotConnected, RelayError, RequestTimeout
from relay_actors.kit import clock
from relay_actors.session.link import Link
from relay_actors.timing import Timing
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.ground import frames
from relay_runtime.sandbox.script.run import Run
from relay_runtime.sandbox.server.peer import Peer

__all__ = ["Wire"]

_LONGEST = 1000  # characters of a frame that the chronicle takes
_STORM = 80  # tries to connect within ten seconds
_IN_TIME = 0.05  # virtual seconds
_GONE = ("404", "410")
_STATES = {state: rank for rank, state in enumerate(("created", "ringing", "answered", "ending", "ended"))}


class _Envelope(msgspec.Struct):
    event_type: str = ""
    timestamp: float | int = 0
    params: msgspec.Raw = msgspec.Raw(b"{}")
    restart: Any = None
    protocol: str = ""
    contexts: list[str] | None = None


class _Frame(msgspec.Struct):
    id: Any = None
    method: str | None = None
    params: _Envelope | None = None
    result: msgspec.Raw = msgspec.Raw(b"{}")


class _About(msgspec.Struct):
    call_id: str = ""
    call_state: str = ""


class _LoggedIn(msgspec.Struct):
    protocol: str = ""


class _Replied(msgspec.Struct):
    code: str | int = ""
    call_id: str = ""


_frame = msgspec.json.Decoder(_Frame)
_about = msgspec.json.Decoder(_About)
_replied = msgspec.json.Decoder(_Replied)
_logged_in = msgspec.json.Decoder(_LoggedIn)
Key = tuple[str, float, bytes]


class _Events:
    """The events of one call, on their way."""

    __slots__ = ("acked", "arrived", "ended", "gone", "made", "order", "state", "untold")

    def __init__(self) -> None:
        self.made: Counter[Key] = Counter()  # by the server, but for what it delivered again
        self.order: dict[Key, list[int]] = {}
        self.arrived: list[tuple[Key, bool, float]] = []  # and whether it must be handled, and when it came
        self.acked: set[int] = set()
        self.state = -1  # the furthest that arrived
        self.gone = math.inf  # when a reply said so
        self.ended: float | None = None  # when the client was told of the end
        self.untold = False  # whether a fault kept the end from the client: only its next command can tell


class Wire:
    """What goes over the wire, and the laws about it.

    Args:
        books: where violations go.
        timing: that of the client.
        lenient_contexts: whether the client may stay away from its contexts.

    Attributes:
        away: whether the client is stopped, or on its way back.
        wanted: gives the contexts that the client wants.
    """

    def __init__(self, books: Books, timing: Timing, *, lenient_contexts: bool) -> None:
        self.books = books
        self.away = True
        self.wanted: Any = list
        self._timing = timing
        self._lenient = lenient_contexts
        self._events: dict[str, _Events] = defaultdict(_Events)
        self._unacked: dict[str, tuple[str, int]] = {}
        self._received: set[str] = set()
        self._unsent: dict[str, str] = {}
        self._login = ""
        self._session = ""  # that the client was told of last
        self._tries: deque[float] = deque(maxlen=_STORM)
        self._state = ("stopped", 0.0)
        self._redelivers = False
        self._over: deque[tuple[float, str]] = deque()  # calls, and when they were over on the server

    # The client's end

    def see(self, direction: str, text: str | bytes) -> None:
        """Take a frame of the client's, in either direction."""
        shown = text if isinstance(text, str) else text.decode("utf-8", "replace")
        self.books.chronicle.note(f"{direction} {shown if len(shown) < _LONGEST else (len(shown), shown[:_LONGEST])}")
        try:
            frame = _frame.decode(text)
        except (msgspec.DecodeError, RecursionError, ValueError):
            return  # malformed on purpose
        if direction == "in":
            self._arrives(frame)
        elif frame.method == "signalwire.connect" and frame.params is not None:
            self._logs_in(frame.id, frame.params)
        elif frame.method is None and type(frame.id) is str:
            call_id, number = self._unacked.pop(frame.id, ("", 0))
            if call_id in self._events:
                self._events[call_id].acked.add(number)

    def _arrives(self, frame: _Frame) -> None:
        if frame.method == "signalwire.event" and frame.params is not None and type(frame.id) is str:
            key, about = _key(frame.params)
            if key is not None and about.call_id:
                self._arrives_for(about, frame.id, key)
        elif frame.method == "signalwire.disconnect":
            if frame.params is not None and frame.params.restart is True:
                self._session = ""
        elif frame.method is None and frame.id != self._login:
            if b'"4' in bytes(frame.result):
                reply = _replied.decode(frame.result)
                if reply.code in _GONE and reply.call_id in self._events:
                    events = self._events[reply.call_id]
                    events.gone = min(events.gone, clock.monotonic())
        elif frame.id == self._login:
            self._session = _logged_in.decode(frame.result).protocol or self._session

    def _arrives_for(self, about: _About, frame_id: str, key: Key) -> None:
        events = self._events[about.call_id]
        number = len(events.arrived)
        events.arrived.append((key, self._matters(events, about, key), clock.monotonic()))
        events.order.setdefault(key, []).append(number)
        self._unacked[frame_id] = (about.call_id, number)
        if about.call_state == "ended" and key[0] == "calling.call.state" and events.ended is None:
            events.ended = clock.monotonic()

    def _matters(self, events: _Events, about: _About, key: Key) -> bool:
        """Whether an event must reach the code of its call, if it is acknowledged."""
        story = self.books.open.get(about.call_id)
        if events.ended is not None or (story is not None and story.call.is_ended):
            return False
        if key[0] != "calling.call.state":
            return True
        before, events.state = events.state, max(events.state, _STATES.get(about.call_state, -1))
        return events.state > before and about.call_state in {"ending", "ended"}  # a dial's answer says the others too

    def _logs_in(self, frame_id: Any, params: _Envelope) -> None:
        self._login = frame_id
        if params.protocol != self._session:
            told = self._session or "a new one"
            self.books.wrong("session resumed", f"a login asks for {params.protocol or 'a new session'}, not {told}")
        asked, wanted = set(params.contexts or ()), set(self.wanted())
        if asked != wanted and not (not asked and (self.away or self._lenient)):
            self.books.wrong("contexts kept", f"a login asks for {sorted(asked)}, not {sorted(wanted)}")

    def forget_session(self) -> None:
        """Note that the client was stopped: it asks for a new session."""
        self._session = ""

    def tries(self) -> None:
        """Note that the client opens a connection."""
        now = clock.monotonic()
        self._tries.append(now)
        if len(self._tries) == _STORM and now - self._tries[0] < 10.0:
            self.books.wrong("tried in peace", f"{_STORM} tries in {now - self._tries[0]:.2f} s")

    def changes(self, change: Any) -> None:
        """Take a change of the client's connection."""
        if change.supervisor == "client":
            if not change.child:
                self.books.wrong("stays alive", f"the client has failed: {change.detail}")
            return
        if not change.child:
            return  # the supervisor was killed, and is started again
        if change.state == "failed" and not self.away:
            self.books.wrong("stays alive", f"the connection has failed: {change.detail}")
        self.look_at_state()
        self._state = (str(change.state), clock.monotonic())

    def look_at_state(self) -> None:
        """Check for how long the connection has been in its state."""
        state, since = self._state
        limits = {"waiting": self._timing.backoff_limit, "connecting": self._timing.connect_timeout}
        beyond = clock.monotonic() - since - limits.get(state, 1e9)
        if beyond > _IN_TIME and not self.away:
            self.books.wrong("tried in time", f"the connection is {state} {beyond:.2f} s longer than it may be")

    def forget_old(self) -> None:
        """Forget the events of calls that were over long ago and that nobody here served. Never blocks."""
        while self._over and self._over[0][0] < clock.monotonic() - 2 * GRACE:
            _, call_id = self._over.popleft()
            if call_id not in self.books.open:
                self._events.pop(call_id, None)

    def told_of_end(self, call_id: str) -> bool:
        """Whether the client was told that a call is over."""
        return call_id in self._events and self._events[call_id].ended is not None

    def kept_end(self, call_id: str) -> bool:
        """Whether a fault of the server's swallowed what tells of the end of a call."""
        return call_id in self._events and self._events[call_id].untold

    # The code of a call

    def handled(self, story: Story, event: Any) -> None:
        """Take an event that the code of a call has got."""
        envelope = event.envelope
        if envelope.timestamp is None:
            return  # told by the runtime itself: the end of a call with its session, the answer of a dial
        key = (envelope.event_type, envelope.timestamp, bytes(envelope.params))
        call_id = event.call_id
        events = self._events.get(call_id)
        places = events.order.get(key) if events is not None else None
        if not places or events is None:
            self.books.wrong("in order", f"{story.call_id} got {key[0]} of {call_id}, which has not arrived")
            return
        if story.handled is None:
            story.handled = Counter()
        story.handled[key] += 1
        if story.handled[key] > events.made[key]:
            said = f"{story.call_id} got {key[0]} {story.handled[key]} times, and it was made {events.made[key]} times"
            self.books.wrong("handled once", f"{said}: {key[2].decode()}")
        if call_id != story.call_id or key[0] == "calling.call.receive":
            return  # an offer comes first, though it may have been overtaken
        place = next((each for each in places if each >= story.seen_to), None)
        if place is None:
            self.books.wrong("in order", f"{story.call_id} got {key[0]} behind later ones: {key[2].decode()}")
        else:
            story.seen_to = place + 1

    def judge(self, story: Story) -> None:
        """Look for events of a call that were acknowledged and never handled; forget the call."""
        events = self._events.pop(story.call_id, None)
        if events is None or story.killed or story.crashes or not story.has_code:
            return
        handled = story.handled or {}
        for number, (key, matters, at) in enumerate(events.arrived):
            if matters and at < events.gone and number in events.acked and key not in handled:
                self.books.wrong("nothing lost", f"{story.call_id} never got {key[0]}: {key[2].decode()}")

    # The server's end

    def _requested(self, frame: Any) -> None:
        identity, method = frame.get("id"), frame.get("method")
        if not isinstance(identity, str):
            return
        if identity in self._received:
            self.books.wrong("sent once", f"{method} came twice with the id {identity}")
        if identity in self._unsent:
            self.books.wrong("not sent is not sent", f"{method} came, though it was said not to have been sent")
        self._received.add(identity)

    def _made(self, body: dict[str, Any]) -> None:
        params = body.get("params")
        if params and isinstance(call_id := params.get("call_id"), str):
            key = (body["event_type"], body.get("timestamp", 0), frames.encode(params))
            self._events[call_id].made[key] += 1

    def _kept(self, frame: bytes) -> None:
        """Take an event that the server swallows."""
        params = _frame.decode(frame).params
        key, about = _key(params) if params is not None else (None, _About())
        if key is not None and key[0] == "calling.call.state" and about.call_state == "ended":
            self._events[about.call_id].untold = True

    def _ended(self, run: Run) -> None:
        outcome = run.outcome
        if outcome is None:
            return
        self.books.call_seconds += outcome.seconds
        told = "; ".join(f"{each.at:.6f} {each.who} {each.what}" for each in outcome.transcript)
        self.books.chronicle.note(f"{outcome.call_id} {outcome.status} {outcome.end_reason} {outcome.failure}: {told}")
        story = self.books.open.get(outcome.call_id)
        if story is not None:
            story.over_at = clock.monotonic()
        self._over.append((clock.monotonic(), outcome.call_id))

    def _submitted(self, identity: str, method: str, future: Any) -> None:
        """Take the outcome of a command."""
        try:
            future.get(timeout=0)
        except (NotConnected, RequestTimeout) as error:
            if not getattr(error, "sent", False):
                self._unsent[identity] = method
                if identity in self._received:
                    self.books.wrong("not sent is not sent", f"{method} had come when it was said not to be sent")
        except RelayError:
            pass

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch the sandbox and the commands of the client until the block is left."""
        wire = self
        push, redeliver, send_armed = Session.push, Session.redeliver, Session._send_armed
        requested, ended, submit = Peer._requested, Run.ended, Link.submit

        def seen_push(session: Session, body: Any) -> None:
            if not session.over and not wire._redelivers:
                wire._made(body)
            push(session, body)

        def seen_redeliver(session: Session) -> None:
            wire._redelivers = True
            try:
                redeliver(session)
            finally:
                wire._redelivers = False

        def seen_armed(session: Session, arm: Any, event_id: str, frame: bytes) -> None:
            if arm.withhold:
                wire._kept(frame)
            again, wire._redelivers = wire._redelivers, False  # what an arm sends once more is another event
            send_armed(session, arm, event_id, frame)
            wire._redelivers = again

        def seen_requested(peer: Peer, frame: Any) -> None:
            wire._requested(frame)
            requested(peer, frame)

        def seen_ended(run: Run, call: Any) -> None:
            ended(run, call)
            wire._ended(run)

        def seen_submit(link: Link, method: str, params: Any, **options: Any) -> Any:
            command = submit(link, method, params, **options)
            command.add_done_callback(partial(wire._submitted, command.identity, method, command))
            return command

        with ExitStack() as block:
            for where, name, seen in (
                (Session, "push", seen_push), (Session, "redeliver", seen_redeliver),
                (Session, "_send_armed", seen_armed), (Peer, "_requested", seen_requested),
                (Run, "ended", seen_ended), (Link, "submit", seen_submit),
            ):  # fmt: skip
                block.enter_context(patch.object(where, name, seen))
            yield


def _key(envelope: _Envelope) -> tuple[Key | None, _About]:
    """Return what tells an event from all others, and what it is about; None for one of no call."""
    try:
        about = _about.decode(envelope.params)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None, _About()
    return (envelope.event_type, envelope.timestamp, bytes(envelope.params)), about
