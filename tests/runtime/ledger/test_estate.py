"""A second tree with the session of a dead process: from its login to the end of its last call."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import gevent
import pytest
from doubles.connected import CREDENTIALS
from doubles.frames import event_frame, reply
from doubles.hub import LIMIT, turns, until
from doubles.transport import ScriptedPeer, refused

from relay_actors.call.call import CallActor
from relay_actors.call.crash_policy import HANGUP
from relay_actors.routing.admission import Admission
from relay_actors.session.login import Login
from relay_actors.telemetry.stats import Stats
from relay_actors.timing import Timing
from relay_actors.tree import Tree
from relay_runtime.ledger.estate import Estate
from relay_runtime.ledger.file import LedgerFile
from relay_runtime.ledger.folder import Claim
from relay_runtime.ledger.heirs import inherited
from relay_runtime.ledger.journal import Journal, kind_name
from relay_runtime.ledger.records import (
    Answered,
    Kind,
    Offered,
    Opened,
    Policy,
    Record,
    Served,
    SessionKept,
    encode,
    read_book,
)

QUICK = Timing(
    backoff_first=0.001,
    backoff_limit=0.002,
    close_timeout=0.05,
    request_timeout=LIMIT,
    stop_timeout=0.05,
    hangup_timeout=0.05,
    call_linger=0.05,
    refusals_allowed=1,
    refusals_allowed_later=1,
)


class Heir(CallActor):
    """Says that it goes on, and waits for the end."""

    def on_adopted(self) -> None:
        self.play_tts("Still here.")
        self.wait_for_ended()


SESSION = SessionKept("signalwire_9", "blob", ("office",))
SERVED = (
    Kind(0, kind_name(Heir), Policy()),
    Offered("c1", "n1", "office"),
    Served("c1", "n1", 0, False),
    Answered("c1"),
)


class Inherited:
    """An estate under test; ``over`` are those that have ended."""

    def __init__(self, path: Path, *records: Record) -> None:
        self.peer = ScriptedPeer()
        opened = Opened(1, "k", 4711, 7)
        book = read_book(b"".join(map(encode, (opened, SESSION, *records))))
        self.file = LedgerFile(path / "x.ledger", opened, book)
        self.journal = Journal(lambda: None, HANGUP, self.file, 1)
        self.stats = Stats()
        tree = Tree(
            lambda session: Login(self.peer.connect, lambda: CREDENTIALS, session, "tests/1.0"),
            Admission(7),
            self.stats,
            QUICK,
            (),
            lambda _: None,
            ledger=self.journal,
        )
        claim = Claim(self.file, book, stopped=False)
        self.estate = Estate(claim, inherited(book, None, HANGUP), self.journal, tree)
        self.over: list[Estate] = []

    def begin(self) -> None:
        self.estate.begin(self.over.append)

    def ended(self, call_id: str = "c1") -> None:
        body = {"call_id": call_id, "node_id": "n1", "call_state": "ended", "end_reason": "hangup"}
        self.peer.transport.deliver(event_frame("calling.call.state", body))


def test_it_resumes_the_session_serves_its_calls_and_is_gone_after_the_last(tmp_path: Path) -> None:
    left = Inherited(tmp_path, *SERVED)
    left.begin()
    assert left.peer.request("calling.play")["params"]["call_id"] == "c1"
    login = left.peer.request("signalwire.connect")["params"]
    assert (login["protocol"], login["authorization_state"], login["contexts"]) == ("signalwire_9", "blob", ["office"])
    assert left.over == []
    assert os.listdir(tmp_path) == ["x.ledger"]
    assert not left.estate.wait(0.001)
    left.ended()
    assert left.estate.wait(LIMIT)
    assert left.over == [left.estate]
    assert os.listdir(tmp_path) == []
    assert left.stats.calls_adopted == 1
    assert left.peer.requests("calling.end") == []


def test_it_takes_its_contexts_off_the_server_but_hears_of_offers_that_were_under_way_first(tmp_path: Path) -> None:
    left = Inherited(tmp_path)
    left.peer.withheld = {"signalwire.ping"}
    left.begin()
    ping = left.peer.request("signalwire.ping")
    offer = {"call_id": "c9", "node_id": "n1", "call_state": "created", "direction": "inbound", "context": "office"}
    left.peer.push("calling.call.receive", offer)
    assert left.peer.request("calling.pass")["params"]["call_id"] == "c9"
    assert left.peer.requests("signalwire.unreceive") == []
    left.peer.transport.deliver(reply(ping["id"]))
    assert left.peer.request("signalwire.unreceive")["params"]["contexts"] == ["office"]
    assert left.estate.wait(LIMIT)


def test_a_session_that_the_server_has_forgotten_is_the_end_of_it(tmp_path: Path, log_lines: list[str]) -> None:
    left = Inherited(tmp_path, *SERVED)
    left.peer.login = lambda _: {"result": {"protocol": "signalwire_10", "session_restored": False}}
    left.begin()
    assert left.estate.wait(LIMIT)
    assert [line for line in log_lines if "could not be resumed, and its calls are lost: 1" in line]
    assert left.peer.requests("calling.play") == []
    assert os.listdir(tmp_path) == []


def test_a_login_that_is_refused_leaves_the_ledger_to_another_one(tmp_path: Path, log_lines: list[str]) -> None:
    left = Inherited(tmp_path, *SERVED)
    left.peer.login = refused()
    left.begin()
    assert left.estate.wait(LIMIT)
    assert [line for line in log_lines if "the calls of process 4711 could not be adopted" in line]
    assert left.over == [left.estate]
    (name,) = os.listdir(tmp_path)
    book = read_book((tmp_path / name).read_bytes())
    assert list(book.calls) == ["c1"]
    assert book.session is not None


@pytest.mark.slow
def test_whoever_stops_it_hangs_up_what_is_up(tmp_path: Path) -> None:
    left = Inherited(tmp_path, *SERVED)
    left.begin()
    left.peer.request("calling.play")
    stopping = [gevent.spawn(left.estate.stop) for _ in range(2)]
    assert left.peer.request("calling.end")["params"]["call_id"] == "c1"
    gevent.joinall(stopping, LIMIT, raise_error=True)
    assert left.over == [left.estate]
    assert len(left.peer.requests("calling.end")) == 1


@pytest.mark.slow
def test_whoever_stops_it_before_it_has_its_session_leaves_the_ledger_to_another_one(tmp_path: Path) -> None:
    left = Inherited(tmp_path, *SERVED)
    left.peer.gate.clear()
    left.begin()
    until(lambda: left.peer.attempts)
    left.estate.stop()
    (name,) = os.listdir(tmp_path)
    assert list(read_book((tmp_path / name).read_bytes()).calls) == ["c1"]


def test_the_log_says_who_has_died_and_what_is_left_without_a_number(tmp_path: Path, log_lines: list[str]) -> None:
    left = Inherited(tmp_path, *SERVED)
    left.begin()
    left.peer.request("calling.play")
    turns()
    assert [line for line in log_lines if "process 4711 has died; its ledger has calls: 1, offers: 0" in line]
    left.ended()
    assert left.estate.wait(LIMIT)
    assert not [line for line in log_lines if "blob" in line]


@pytest.mark.parametrize("records", [(), (Offered("c1", "n1", "office"),)])
def test_one_without_calls_is_gone_as_soon_as_all_is_passed_on(tmp_path: Path, records: Any) -> None:
    left = Inherited(tmp_path, *records)
    left.begin()
    assert left.estate.wait(LIMIT)
    assert len(left.peer.requests("calling.pass")) == len(records)
    assert os.listdir(tmp_path) == []
