"""What comes is noted before it is handed on, and before it is acknowledged (law 14)."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.connected import Wired
from doubles.frames import event_frame
from doubles.hub import turns, until
from doubles.noted import Noted
from doubles.started import Started
from doubles.transport import ScriptedPeer

from relay_actors.session.messages import EventsReceived, SessionStarted
from relay_actors.timing import Timing

OFFER = {"call_id": "c1", "node_id": "n1", "call_state": "created", "direction": "inbound", "context": "office"}


class Diary(Noted):
    """Has what was noted, handed on and sent in one order.

    Attributes:
        seen: what was there when something was noted: how many replies were sent, how many events handed on.
    """

    def __init__(self) -> None:
        super().__init__()
        self.wired: Any = None
        self.seen: list[tuple[str, int, int]] = []

    def note_events(self, events: Any) -> None:
        events = list(events)
        super().note_events(events)
        turns()
        self.seen.append(("events", len(self.wired.peer.transport.replies()), len(self.wired.events())))

    def note_session(self, session: Any) -> None:
        super().note_session(session)
        if self.wired is not None:
            self.seen.append(("session", 0, len(self.wired.subscription.of(SessionStarted))))


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def wired(started: Started, diary: Diary) -> Wired:
    peer = ScriptedPeer()
    peer.gate.clear()
    diary.wired = Wired(started, peer, Timing(close_timeout=60.0), ledger=diary)
    peer.gate.set()
    diary.wired.up()
    made: Wired = diary.wired
    return made


def test_the_session_is_noted_before_anybody_hears_of_it(wired: Wired, diary: Diary) -> None:
    assert diary.seen == [("session", 0, 0)]
    assert diary.notes == [("session", "signalwire_1")]


def test_events_are_noted_before_they_are_handed_on_or_acknowledged(wired: Wired, diary: Diary) -> None:
    diary.seen.clear()
    wired.peer.transport.deliver(
        event_frame("calling.call.receive", OFFER, identity="e1"),
        event_frame("calling.call.state", {"call_id": "c1", "call_state": "answered"}, identity="e2"),
    )
    until(lambda: wired.peer.transport.replies("e2"), "the acknowledgement")
    assert diary.seen == [("events", 0, 0)]
    assert [note for note in diary.notes if note[0] == "event"] == [
        ("event", "c1", "calling.call.receive"),
        ("event", "c1", "calling.call.state"),
    ]
    assert len(wired.subscription.of(EventsReceived)) == 1


def test_frames_without_an_event_note_nothing(wired: Wired, diary: Diary) -> None:
    diary.seen.clear()
    wired.peer.transport.deliver(b'{"jsonrpc":"2.0","id":"p","method":"signalwire.ping","params":{"timestamp":1}}')
    until(lambda: wired.peer.transport.replies("p"), "the reply")
    assert diary.seen == []
