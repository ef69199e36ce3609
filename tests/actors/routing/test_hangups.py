"""Calls that nobody serves: each is ended for sure, whatever becomes of the hang-ups."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from doubles.hub import LIMIT, active_watchers, until
from doubles.noted import Noted
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from relay_actors.call.messages import HangUp
from relay_actors.errors import ConnectionLost, NotConnected, RelayError, RequestTimeout
from relay_actors.kit.future import GreenletFuture
from relay_actors.routing.hangups import Hangups, refusal
from relay_actors.routing.messages import HangUpAnswered, SweepHangUps
from relay_actors.timing import Timing

REFUSED = RelayError(500, "not now")


class Server:
    """What a `Hangups` sends to, and the actor that it belongs to."""

    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        self.sent: list[tuple[str, dict[str, Any], GreenletFuture[Any]]] = []
        self.mail: list[Any] = []
        self.open: dict[str, HangUp] = {}
        self.abandoned: dict[str, str] = {}
        self.noted = Noted()
        self.hangups = self.incarnation()

    def incarnation(self) -> Hangups:
        link: Any = SimpleNamespace(submit=self._submit, timing=self.timing, ledger=self.noted)
        address: Any = SimpleNamespace(offer=self.mail.append)
        roster = SimpleNamespace(unserved=self.open, abandoned=self.abandoned)
        desk: Any = SimpleNamespace(link=link, roster=roster, address=address)
        return Hangups(desk)

    def _take_mail(self) -> None:
        takes = {HangUpAnswered: self.hangups.answered, SweepHangUps: self.hangups.sweep}
        while self.mail:
            message = self.mail.pop(0)
            takes[type(message)](message)

    def _submit(self, method: str, params: dict[str, Any]) -> Any:
        future: GreenletFuture[Any] = GreenletFuture()
        self.sent.append((method, params, future))
        return future

    def settle(self, error: RelayError | None = None) -> None:
        """Answer the oldest hang-up that waits, and have the actor take the answer."""
        future = next(future for _, _, future in self.sent if not future.done())
        if error is None:
            future.resolve({"code": "200"})
        else:
            future.fail(error)
        self._take_mail()

    def due(self) -> None:
        """Let the pause after a refusal pass."""
        until(lambda: self.mail, "the end of the pause")
        self._take_mail()

    @property
    def waiting(self) -> int:
        return sum(not future.done() for _, _, future in self.sent)


@pytest.fixture
def server() -> Any:
    before = active_watchers()
    server = Server(Timing(backoff_first=0.001, backoff_limit=0.002))
    yield server
    server.hangups.stop()
    assert active_watchers() == before


def test_a_call_is_hung_up_once_however_often_that_is_asked_for(server: Server) -> None:
    server.hangups.end("c1", "n1", "busy")
    server.hangups.take(HangUp("c1", "n1", "error"))
    ((method, params, _),) = server.sent
    assert (method, params) == ("calling.end", {"node_id": "n1", "call_id": "c1", "reason": "busy"})
    server.settle()
    assert server.open == {}
    server.hangups.end("c1", "n1", "error")
    assert server.waiting == 1  # a call of this id may come again


@pytest.mark.parametrize("code", [404, 410])
def test_a_call_that_the_server_does_not_know_is_ended(server: Server, code: int) -> None:
    server.hangups.end("c1", "n1", "error")
    server.settle(RelayError(code, "gone"))
    assert server.open == {}
    assert len(server.sent) == 1


@pytest.mark.parametrize("loss", [ConnectionLost("cut"), RequestTimeout("late", sent=True)])
def test_a_hangup_that_is_lost_is_sent_again_at_once_for_ever(server: Server, loss: RelayError) -> None:
    server.hangups.end("c1", "n1", "error")
    for _ in range(20):
        server.settle(loss)
    assert len(server.sent) == 21
    assert list(server.open) == ["c1"]
    server.settle()
    assert server.open == {}


def test_a_hangup_that_is_refused_is_sent_again_after_a_pause_eight_times(server: Server, log_lines: list[str]) -> None:
    server.hangups.end("c1", "n1", "error")
    for tries in range(1, 8):
        server.settle(REFUSED)
        assert server.waiting == 0  # not at once
        server.due()
        assert len(server.sent) == tries + 1
        assert server.waiting == 1
    server.settle(REFUSED)
    assert server.open == {}
    assert server.abandoned == {"c1": "n1"}  # somebody is on the line all the same
    (line,) = [line for line in log_lines if "can't be ended" in line]
    assert "call c1 can't be ended: not now" in line


def test_no_connection_is_no_refusal(server: Server, log_lines: list[str]) -> None:
    server.hangups.end("c1", "n1", "error")
    for _ in range(12):
        server.settle(NotConnected("there is no connection"))
        server.due()
    assert server.waiting == 1
    assert log_lines == []


def test_one_pause_serves_all_that_were_refused() -> None:
    server = Server(Timing(backoff_first=LIMIT, backoff_limit=LIMIT))
    for number in range(3):
        server.hangups.end(f"c{number}", "n1", "error")
    before = active_watchers()
    for _ in range(3):
        server.settle(REFUSED)
    assert active_watchers() == before + 1
    assert server.waiting == 0
    server.hangups.sweep(SweepHangUps())  # what comes when the pause is over
    assert server.waiting == 3
    assert active_watchers() == before


def test_refusals_are_counted_anew_when_a_call_of_the_same_id_is_to_be_ended(server: Server) -> None:
    server.hangups.end("c1", "n1", "error")
    for _ in range(7):
        server.settle(REFUSED)
        server.due()
    server.settle()
    server.hangups.end("c1", "n1", "error")
    server.settle(REFUSED)
    assert list(server.open) == ["c1"]


def test_with_the_session_all_of_it_is_gone(server: Server) -> None:
    server.hangups.end("c1", "n1", "error")
    server.hangups.end("c2", "n1", "error")
    server.settle(REFUSED)
    server.hangups.session_lost()
    assert server.open == {}
    server.hangups.sweep(SweepHangUps())
    server.settle(ConnectionLost("cut"))  # what was under way is over too
    assert len(server.sent) == 2
    server.hangups.end("c1", "n1", "error")
    for _ in range(7):
        server.settle(REFUSED)
        server.due()
    assert list(server.open) == ["c1"]  # the refusals of before do not count


def test_a_call_that_has_ended_by_itself_is_not_to_be_ended_any_more(server: Server) -> None:
    server.hangups.end("c1", "n1", "error")
    server.abandoned["c2"] = "n1"
    for call_id in ("c1", "c2", "c3"):
        server.hangups.ended(call_id)
    assert (server.open, server.abandoned) == ({}, {})
    server.settle(REFUSED)  # what was under way is over too
    assert len(server.sent) == 1


@pytest.mark.parametrize(
    ("answer", "refused"),
    [(None, False), (RelayError(404, "gone"), False), (RelayError(410, "gone"), False), (REFUSED, True)],
)
def test_a_hangup_is_refused_unless_it_is_taken_or_the_server_does_not_know_the_call(
    answer: RelayError | None, refused: bool
) -> None:
    future: GreenletFuture[Any] = GreenletFuture()
    if answer is None:
        future.resolve({"code": "200"})
    else:
        future.fail(answer)
    assert (refusal(future) is not None) == refused


def test_the_next_incarnation_goes_on(server: Server) -> None:
    server.hangups.end("c1", "n1", "error")
    server.hangups.stop()
    server.hangups = server.incarnation()
    server.hangups.go_on()
    assert [params["call_id"] for _, params, _ in server.sent] == ["c1", "c1"]
    server.settle()
    assert server.open == {}
    server.settle()  # the answer to the first one comes too, and changes nothing
    assert len(server.sent) == 2


class NobodyIsForgotten(RuleBasedStateMachine):
    """In whatever order hang-ups are asked for, lost, refused and taken: a call is open, or its end is known."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Server(Timing(backoff_first=1000.0, backoff_limit=1000.0))
        self.open: set[str] = set()
        self.refusals: dict[str, int] = {}

    def _oldest(self) -> str:
        return next(str(params["call_id"]) for _, params, future in self.server.sent if not future.done())

    @rule(call_id=st.sampled_from(["a", "b", "c"]))
    def ask(self, call_id: str) -> None:
        self.server.hangups.end(call_id, "n", "error")
        self.open.add(call_id)

    @precondition(lambda self: self.server.waiting)
    @rule(error=st.sampled_from([None, RelayError(404, "gone"), ConnectionLost("cut"), REFUSED]))
    def answer(self, error: RelayError | None) -> None:
        call_id = self._oldest()
        if call_id in self.open and error is REFUSED:
            self.refusals[call_id] = self.refusals.get(call_id, 0) + 1
        self.server.settle(error)
        taken = error is None or error.code == 404
        if taken or self.refusals.get(call_id) == 8:
            self.open.discard(call_id)
            self.refusals.pop(call_id, None)

    @rule()
    def pause(self) -> None:
        self.server.hangups.sweep(SweepHangUps())

    @rule()
    def lose(self) -> None:
        for _, _, future in self.server.sent:
            future.fail(ConnectionLost("cut"))
        self.server.mail.clear()
        self.server.hangups.session_lost()
        self.open.clear()
        self.refusals.clear()

    @invariant()
    def who_is_open_is_known(self) -> None:
        assert set(self.server.open) == self.open
        under_way = {params["call_id"] for _, params, future in self.server.sent if not future.done()}
        assert self.open <= under_way | self.server.hangups._resting.keys()

    def teardown(self) -> None:
        self.server.hangups.stop()


TestNobodyIsForgotten = NobodyIsForgotten.TestCase


# Offers that are given back, and what is written down


def test_an_offer_is_given_back_to_routing(server: Server) -> None:
    server.hangups.pass_on("c1", "n1")
    ((method, params, _),) = server.sent
    assert (method, params) == ("calling.pass", {"node_id": "n1", "call_id": "c1"})
    server.settle()
    assert server.open == {}


@pytest.mark.parametrize("loss", [ConnectionLost("cut"), RequestTimeout("late", sent=True)])
def test_that_is_tried_again_when_it_is_lost(server: Server, loss: RelayError) -> None:
    server.hangups.pass_on("c1", "n1")
    server.settle(loss)
    assert [method for method, _, _ in server.sent] == ["calling.pass"] * 2


def test_and_when_there_is_no_connection(server: Server) -> None:
    server.hangups.pass_on("c1", "n1")
    server.settle(NotConnected("there is no connection"))
    server.due()
    assert [method for method, _, _ in server.sent] == ["calling.pass"] * 2


@pytest.mark.parametrize("code", [404, 410])
def test_one_that_is_gone_is_nobodys(server: Server, code: int) -> None:
    server.hangups.pass_on("c1", "n1")
    server.settle(RelayError(code, "gone"))
    assert server.open == {}
    assert len(server.sent) == 1


def test_one_that_cannot_be_given_back_is_ended(server: Server) -> None:
    server.hangups.pass_on("c1", "n1")
    server.settle(REFUSED)
    method, params, _ = server.sent[-1]
    assert (method, params) == ("calling.end", {"node_id": "n1", "call_id": "c1", "reason": "error"})
    assert list(server.open) == ["c1"]
    server.settle()
    assert server.open == {}


def test_an_actor_that_was_started_again_goes_on_giving_back(server: Server) -> None:
    server.hangups.pass_on("c1", "n1")
    server.hangups = server.incarnation()
    server.hangups.go_on()
    assert [method for method, _, _ in server.sent] == ["calling.pass"] * 2


@pytest.mark.parametrize("begin", [Hangups.pass_on, lambda hangups, *who: hangups.end(*who, "error")])
def test_what_is_to_be_ended_is_written_down_until_it_is(server: Server, begin: Any) -> None:
    begin(server.hangups, "c1", "n1")
    assert server.noted.notes == [("unserved", "c1", "n1")]
    server.settle(ConnectionLost("cut"))
    assert len(server.noted.notes) == 1
    server.settle()
    assert server.noted.notes[1:] == [("forget", "c1")]


def test_it_stays_written_when_the_server_refuses_for_good_and_until_the_call_has_ended(server: Server) -> None:
    server.hangups.end("c1", "n1", "error")
    for _ in range(7):
        server.settle(REFUSED)
        server.due()
    server.settle(REFUSED)
    assert server.noted.notes == [("unserved", "c1", "n1")]
    server.hangups.ended("c1")
    assert server.noted.notes[1:] == [("forget", "c1")]
