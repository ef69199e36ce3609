from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
import pytest
from doubles.actors import Collector
from doubles.connected import CREDENTIALS
from doubles.frames import frame
from doubles.hub import LIMIT, active_watchers, turns, until
from doubles.started import Started
from doubles.transport import Dropped, ScriptedPeer, accepted, refused, refused_in_result

from relay_actors.connection import Login
from relay_actors.errors import (
    AuthenticationFailed,
    ClientStopped,
    ConnectionLost,
    NotConnected,
    RelayError,
    RequestTimeout,
)
from relay_actors.future import GreenletFuture
from relay_actors.link import Link
from relay_actors.messages import ChangeContexts, Connect, Disconnect, SessionStarted, Tick
from relay_actors.supervisor import Supervisor, SupervisorState
from relay_actors.timing import Timing

QUICK = Timing(backoff_first=0.001, backoff_limit=0.002, close_timeout=0.05, request_timeout=LIMIT)


class Office:
    """A supervisor with a scripted peer; ``states`` is the story of its states."""

    def __init__(self, started: Started, timing: Timing = QUICK, *, chance: Callable[[], float] = lambda: 1.0) -> None:
        self.peer = ScriptedPeer()
        self.link = Link(timing)
        self.states: list[str] = []
        self.details: list[str] = []
        self.subscription = started(Collector())
        self.messaging = started(Collector())
        self.actor = Supervisor(
            lambda session: Login(self.peer.connect, CREDENTIALS, session, "tests/1.0"),
            (self.subscription.ref, self.messaging.ref),
            self.link,
            timing,
            contexts=("office",),
            on_change=self.note,
            chance=chance,
        )
        self.link.supervisor = self.actor.ref
        started(self.actor)

    def note(self, state: str, detail: str) -> None:
        self.states.append(state)
        self.details.append(detail)

    def ask(self, message: Any) -> GreenletFuture[Any]:
        return self.actor.ref.request(message)

    def connect(self) -> None:
        self.ask(Connect()).get(timeout=LIMIT)

    def reaches(self, state: str, count: int = 1) -> None:
        until(lambda: self.states.count(state) >= count, f"the state {state}")

    def execute(self, method: str = "calling.play", timeout: float | None = None) -> gevent.Greenlet[..., Any]:
        return gevent.spawn(self.link.execute, method, {}, timeout=timeout)

    def logins(self) -> list[dict[str, Any]]:
        return [request["params"] for request in self.peer.requests("signalwire.connect")]


@pytest.fixture
def office(started: Started) -> Office:
    return Office(started)


# Up and down


def test_connect_is_answered_when_the_login_has_worked(office: Office) -> None:
    office.peer.login = lambda _: None
    answer = office.ask(Connect())
    turns()
    assert not answer.done()
    assert not office.link.up
    office.peer.transport.deliver(
        frame(id=office.peer.request("signalwire.connect")["id"], result={"protocol": "signalwire_p"})
    )
    answer.get(timeout=LIMIT)
    assert office.link.up
    assert office.link.protocol == "signalwire_p"
    assert office.states == ["connecting", "connected"]


def test_a_second_connect_starts_no_second_connection(office: Office) -> None:
    answers = [office.ask(Connect()) for _ in range(3)]
    for answer in answers:
        answer.get(timeout=LIMIT)
    office.connect()
    assert office.peer.attempts == 1


def test_disconnect_closes_the_socket_and_is_answered_when_it_is_closed(office: Office) -> None:
    office.connect()
    office.ask(Disconnect()).get(timeout=LIMIT)
    assert office.peer.transport.closed == 1
    assert not office.link.up
    assert office.link.protocol == ""
    assert office.states == ["connecting", "connected", "stopped"]


def test_disconnect_of_a_stopped_supervisor_is_answered_at_once(office: Office) -> None:
    office.ask(Disconnect()).get(timeout=LIMIT)
    assert office.peer.attempts == 0


@pytest.mark.parametrize("phase", ["opening", "logging in", "backing off"])
def test_disconnect_ends_every_attempt_to_connect(office: Office, phase: str) -> None:
    if phase == "opening":
        office.peer.gate.clear()
    elif phase == "logging in":
        office.peer.login = lambda _: None
    else:
        office.peer.connect_error = OSError("no route")
    answer = office.ask(Connect())
    if phase == "backing off":
        office.reaches(SupervisorState.WAITING)
    turns()
    office.ask(Disconnect()).get(timeout=LIMIT)
    with pytest.raises(ClientStopped):
        answer.get(timeout=LIMIT)
    attempts = office.peer.attempts
    turns()
    assert office.peer.attempts == attempts
    assert office.actor._timer is None
    assert office.states[-1] == SupervisorState.STOPPED
    assert all(transport.released for transport in office.peer.transports)


@pytest.mark.parametrize("phase", ["closing", "opening", "logging in", "backing off"])
def test_connect_after_disconnect_works_in_every_phase(office: Office, phase: str) -> None:
    office.peer.gate.clear()
    if phase == "logging in":
        office.peer.gate.set()
        office.peer.logins.append(lambda _: None)
    elif phase == "backing off":
        office.peer.gate.set()
        office.peer.connect_error = OSError("no route")
    first = office.ask(Connect())
    if phase == "backing off":
        office.reaches(SupervisorState.WAITING)
        office.peer.connect_error = None
    elif phase == "closing":
        office.peer.gate.set()
        first.get(timeout=LIMIT)
    turns()
    ended, second = office.ask(Disconnect()), office.ask(Connect())
    office.peer.gate.set()
    second.get(timeout=LIMIT)
    ended.get(timeout=LIMIT)
    assert office.link.up
    assert office.states[-1] == SupervisorState.CONNECTED
    alive = [transport for transport in office.peer.transports if not transport.released]
    assert len(alive) == 1
    assert office.execute().get(timeout=LIMIT)


def test_connect_disconnect_connect_disconnect_in_one_breath_ends_stopped(office: Office) -> None:
    answers = [office.ask(message) for message in (Connect(), Disconnect(), Connect(), Disconnect())]
    answers[1].get(timeout=LIMIT)
    answers[3].get(timeout=LIMIT)
    turns()
    assert office.states[-1] == SupervisorState.STOPPED
    assert not office.link.up
    for answer in (answers[0], answers[2]):
        with pytest.raises(ClientStopped):
            answer.get(timeout=LIMIT)


def test_a_retry_that_was_due_at_the_same_moment_does_not_undo_a_disconnect(office: Office) -> None:
    office.peer.connect_error = OSError("no route")
    office.ask(Connect())
    office.reaches(SupervisorState.WAITING)
    office.ask(Disconnect())
    office.actor.ref.tell(Tick())
    attempts = office.peer.attempts
    turns()
    assert office.states[-1] == SupervisorState.STOPPED
    assert office.peer.attempts == attempts


def test_a_new_client_life_begins_with_a_new_session(office: Office) -> None:
    office.connect()
    office.peer.push("signalwire.authorization.state", {"authorization_state": "blob:1"})
    turns()
    office.ask(Disconnect()).get(timeout=LIMIT)
    office.connect()
    assert "protocol" not in office.logins()[1]
    assert "authorization_state" not in office.logins()[1]
    assert office.logins()[1]["contexts"] == ["office"]


# Network trouble


def test_a_lost_connection_is_made_again_and_resumed(office: Office) -> None:
    office.connect()
    office.peer.push("signalwire.authorization.state", {"authorization_state": "blob:1"})
    turns()
    office.peer.transport.drop()
    office.reaches(SupervisorState.CONNECTED, 2)
    assert office.logins()[1]["protocol"] == "signalwire_1"
    assert office.logins()[1]["authorization_state"] == "blob:1"
    assert office.subscription.of(SessionStarted) == [SessionStarted(restored=False), SessionStarted(restored=True)]


def test_only_the_newest_state_of_the_authorization_is_kept(office: Office) -> None:
    office.connect()
    for number in range(3):
        office.peer.push("signalwire.authorization.state", {"authorization_state": f"blob:{number}"})
    turns()
    office.peer.transport.drop()
    office.reaches(SupervisorState.CONNECTED, 2)
    office.peer.transport.drop()
    office.reaches(SupervisorState.CONNECTED, 3)
    assert [params.get("authorization_state") for params in office.logins()] == [None, "blob:2", "blob:2"]


def test_a_state_that_arrives_with_the_end_of_the_connection_is_kept(office: Office) -> None:
    office.connect()
    office.peer.push("signalwire.authorization.state", {"authorization_state": "last-words"})
    office.peer.transport.drop()
    office.reaches(SupervisorState.CONNECTED, 2)
    assert office.logins()[1]["authorization_state"] == "last-words"


def test_a_session_that_was_not_restored_is_resumed_by_its_new_name(office: Office) -> None:
    office.connect()
    office.peer.push("signalwire.authorization.state", {"authorization_state": "blob:1"})
    turns()
    office.peer.login = lambda _: {"result": {"protocol": "signalwire_new", "session_restored": False}}
    office.peer.transport.drop()
    office.reaches(SupervisorState.CONNECTED, 2)
    office.peer.transport.drop()
    office.reaches(SupervisorState.CONNECTED, 3)
    assert office.logins()[2]["protocol"] == "signalwire_new"
    assert "authorization_state" not in office.logins()[2]


@pytest.mark.parametrize(("restart", "resumed"), [(True, False), (False, True)])
def test_an_announced_disconnect_begins_anew_or_resumes(office: Office, restart: bool, resumed: bool) -> None:
    office.connect()
    office.peer.push("signalwire.authorization.state", {"authorization_state": "blob:1"})
    office.peer.transport.deliver(frame(id="d", method="signalwire.disconnect", params={"restart": restart}))
    turns()
    office.peer.transport.drop()
    office.reaches(SupervisorState.CONNECTED, 2)
    assert ("protocol" in office.logins()[1]) is resumed
    assert ("authorization_state" in office.logins()[1]) is resumed


def test_network_trouble_never_ends_a_client(office: Office) -> None:
    office.peer.connect_error = OSError("no route to host")
    answer = office.ask(Connect())
    until(lambda: office.peer.attempts > 30)
    assert not answer.done()
    office.peer.connect_error = None
    answer.get(timeout=LIMIT)


def test_a_server_that_answers_no_login_is_network_trouble(started: Started) -> None:
    office = Office(started, Timing(backoff_first=0.001, backoff_limit=0.001, connect_timeout=0.005))
    office.peer.login = lambda _: None
    answer = office.ask(Connect())
    until(lambda: office.peer.attempts > 5)
    assert not answer.done()
    office.peer.login = accepted()
    answer.get(timeout=LIMIT)


# Backoff


def delays(office: Office) -> list[float]:
    waits = [d for s, d in zip(office.states, office.details, strict=True) if s == SupervisorState.WAITING]
    return [float(detail.rsplit(" in ", 1)[1].removesuffix(" s")) for detail in waits]


def test_the_delays_double_up_to_the_limit(started: Started) -> None:
    office = Office(started, Timing(backoff_first=0.01, backoff_limit=0.06))
    office.peer.connect_error = OSError("no route")
    office.ask(Connect())
    office.reaches(SupervisorState.WAITING, 6)
    assert delays(office)[:6] == [0.01, 0.02, 0.04, 0.06, 0.06, 0.06]


def test_the_delays_are_jittered_over_the_whole_range(started: Started) -> None:
    chances = iter([0.0, 0.5, 0.25] + [0.0] * 1000)
    office = Office(started, Timing(backoff_first=0.02, backoff_limit=10), chance=lambda: next(chances))
    office.peer.connect_error = OSError("no route")
    office.ask(Connect())
    office.reaches(SupervisorState.WAITING, 3)
    assert delays(office)[:3] == [0.0, 0.02, 0.02]


@pytest.mark.parametrize("end", ["drop", "announced"])
def test_a_login_that_did_not_last_does_not_reset_the_backoff(started: Started, end: str) -> None:
    """A server that takes logins and throws them out must not be hammered."""
    office = Office(started, Timing(backoff_first=0.01, backoff_limit=0.08, close_timeout=0.001, healthy_after=LIMIT))
    office.ask(Connect())
    for count in range(1, 5):
        office.reaches(SupervisorState.CONNECTED, count)
        if end == "announced":
            office.peer.transport.deliver(frame(id="d", method="signalwire.disconnect", params={"restart": False}))
        else:
            office.peer.transport.drop()
        office.reaches(SupervisorState.WAITING, count)
    assert delays(office) == [0.01, 0.02, 0.04, 0.08]


def test_a_login_that_lasted_resets_the_backoff(started: Started) -> None:
    office = Office(started, Timing(backoff_first=0.01, backoff_limit=0.08, healthy_after=0.0))
    office.peer.connect_error = OSError("no route")
    office.ask(Connect())
    office.reaches(SupervisorState.WAITING, 3)
    office.peer.connect_error = None
    office.reaches(SupervisorState.CONNECTED)
    office.peer.transport.drop()
    office.reaches(SupervisorState.CONNECTED, 2)
    assert delays(office)[-1] == 0.01


def test_a_refused_login_does_not_reset_the_backoff(started: Started) -> None:
    """Defect 1 of section 17: the socket opened, and that is no success."""
    office = Office(started, Timing(backoff_first=0.01, backoff_limit=0.08, healthy_after=0.0))
    office.connect()
    office.peer.login = refused()
    office.peer.transport.drop()
    office.reaches(SupervisorState.WAITING, 4)
    assert delays(office)[:4] == [0.01, 0.02, 0.04, 0.08]


# Refusals


@pytest.mark.parametrize("refusal", [refused(), refused(-32000), refused_in_result()])
def test_three_refusals_before_the_first_success_end_it(office: Office, refusal: Any) -> None:
    office.peer.login = refusal
    with pytest.raises(AuthenticationFailed, match="login refused 3 times: "):
        office.connect()
    turns()
    assert office.peer.attempts == 3
    assert office.states[-1] == SupervisorState.FAILED
    assert all(transport.released for transport in office.peer.transports)


def test_network_trouble_between_refusals_does_not_count(office: Office) -> None:
    office.peer.logins.extend([refused(), refused()])
    office.peer.login = lambda _: None
    answer = office.ask(Connect())
    until(lambda: office.peer.attempts == 3)
    for count in range(3, 8):
        until(lambda count=count: len(office.peer.transports) == count)
        turns()
        office.peer.transport.drop()
    assert not answer.done()
    until(lambda: len(office.peer.transports) == 8)
    office.peer.login = refused()
    turns()
    office.peer.transport.drop()
    with pytest.raises(AuthenticationFailed):
        answer.get(timeout=LIMIT)


def test_a_server_fault_is_no_refusal(office: Office) -> None:
    office.peer.login = refused(-32005, "capacity exceeded")
    answer = office.ask(Connect())
    until(lambda: office.peer.attempts > 5)
    assert not answer.done()


def test_refusals_after_the_first_success_back_off_and_do_not_end_it(office: Office) -> None:
    office.connect()
    office.peer.logins.extend([refused()] * 6)
    office.peer.transport.drop()
    office.reaches(SupervisorState.CONNECTED, 2)
    assert office.peer.attempts == 8


def test_after_a_failure_connect_tries_anew_and_counts_anew(office: Office) -> None:
    office.peer.login = refused()
    for _ in range(2):
        with pytest.raises(AuthenticationFailed):
            office.connect()
    assert office.peer.attempts == 6
    office.peer.login = accepted()
    office.connect()


def test_commands_are_refused_after_the_failure_and_those_that_waited_too(office: Office) -> None:
    office.peer.login = refused()
    answer = office.ask(Connect())
    waiting = office.execute()
    with pytest.raises(AuthenticationFailed):
        answer.get(timeout=LIMIT)
    with pytest.raises(NotConnected, match="login refused 3 times"):
        waiting.get(timeout=LIMIT)
    with pytest.raises(NotConnected, match="the client is not connected"):
        office.execute().get(timeout=LIMIT)


# Commands around a drop (law 9)


def test_a_command_issued_while_offline_is_sent_once_when_the_link_is_back(office: Office) -> None:
    office.connect()
    office.peer.gate.clear()
    office.peer.transport.drop()
    turns()
    assert not office.link.up
    waiting = [office.execute(f"calling.{n}") for n in range(5)]
    turns()
    office.peer.gate.set()
    for each in waiting:
        assert each.get(timeout=LIMIT)["code"] == "200"
    sent = [request["method"] for request in office.peer.requests()]
    assert sent == ["signalwire.connect"] * 2 + [f"calling.{n}" for n in range(5)]


def test_a_command_in_flight_is_not_sent_again(office: Office) -> None:
    office.connect()
    office.peer.withheld = {"calling.play"}
    waiting = office.execute()
    office.peer.request("calling.play")
    office.peer.transport.drop()
    with pytest.raises(ConnectionLost) as lost:
        waiting.get(timeout=LIMIT)
    assert lost.value.sent
    office.reaches(SupervisorState.CONNECTED, 2)
    turns()
    assert len(office.peer.requests("calling.play")) == 1


def test_commands_issued_before_the_login_wait_behind_it(office: Office) -> None:
    """Defect 2 of section 17: nothing goes in front of signalwire.connect."""
    office.peer.gate.clear()
    office.ask(Connect())
    turns()
    waiting = office.execute()
    turns()
    office.peer.gate.set()
    assert waiting.get(timeout=LIMIT)
    assert [request["method"] for request in office.peer.requests()] == ["signalwire.connect", "calling.play"]


def test_an_offline_command_ends_at_its_own_deadline(office: Office) -> None:
    """Defect 5 of section 17."""
    office.connect()
    office.peer.gate.clear()
    office.peer.transport.drop()
    turns()
    short, long = office.execute("calling.short", 0.01), office.execute("calling.long")
    with pytest.raises(RequestTimeout) as late:
        short.get(timeout=LIMIT)
    assert not late.value.sent
    office.peer.gate.set()
    assert long.get(timeout=LIMIT)
    assert office.peer.requests("calling.short") == []


def test_the_outbox_is_bounded(started: Started) -> None:
    office = Office(started, Timing(outbox_limit=3, backoff_first=0.001, backoff_limit=0.001))
    office.peer.gate.clear()
    office.ask(Connect())
    turns()
    waiting = [office.execute() for _ in range(3)]
    turns()
    with pytest.raises(NotConnected, match=r"calling\.play was not sent: 3 commands wait for the connection already"):
        office.execute().get(timeout=LIMIT)
    office.peer.gate.set()
    for each in waiting:
        assert each.get(timeout=LIMIT)


def test_an_abandoned_command_makes_room_in_the_outbox(started: Started) -> None:
    office = Office(started, Timing(outbox_limit=1, backoff_first=0.001, backoff_limit=0.001))
    office.peer.gate.clear()
    office.ask(Connect())
    turns()
    with pytest.raises(RequestTimeout):
        office.execute("calling.short", 0.005).get(timeout=LIMIT)
    waiting = office.execute()
    turns()
    office.peer.gate.set()
    assert waiting.get(timeout=LIMIT)


def test_disconnect_fails_what_waits_offline_and_what_is_in_flight(office: Office) -> None:
    office.connect()
    office.peer.withheld = {"calling.play"}
    in_flight = office.execute()
    office.peer.request("calling.play")
    office.ask(Disconnect()).get(timeout=LIMIT)
    with pytest.raises(ConnectionLost):
        in_flight.get(timeout=LIMIT)
    with pytest.raises(NotConnected):
        office.execute().get(timeout=LIMIT)


def test_commands_after_an_announced_disconnect_do_not_bounce_between_two_actors(office: Office) -> None:
    """They must wait in the outbox, not travel in circles until the server closes."""
    office.connect()
    office.peer.transport.deliver(frame(id="d", method="signalwire.disconnect", params={"restart": False}))
    until(lambda: office.peer.transport.replies("d"))
    waiting = [office.execute() for _ in range(3)]
    turns()
    handled: list[str] = []
    handle = office.actor.on_receive
    office.actor.on_receive = lambda message: handled.append(type(message).__name__) or handle(message)  # type: ignore[method-assign]
    turns(50)
    assert handled == []
    assert not office.link.up
    office.peer.transport.drop()
    for each in waiting:
        assert each.get(timeout=LIMIT)
    assert len(office.peer.requests("calling.play")) == 3


def test_a_write_that_fails_sends_its_command_on_the_next_connection(office: Office) -> None:
    office.connect()
    office.peer.transport.write_error = Dropped("broken pipe")
    assert office.execute().get(timeout=LIMIT)["code"] == "200"
    assert len(office.peer.transports) == 2
    assert len(office.peer.requests("calling.play")) == 1


# Contexts (law 8)


def test_every_login_asks_for_the_contexts_that_are_wanted_now(office: Office) -> None:
    office.connect()
    office.actor.ref.tell(ChangeContexts(("office", "home")))
    turns()
    office.peer.transport.drop()
    office.reaches(SupervisorState.CONNECTED, 2)
    office.peer.login = lambda _: {"result": {"protocol": "signalwire_new"}}
    office.peer.transport.drop()
    office.reaches(SupervisorState.CONNECTED, 3)
    assert [params["contexts"] for params in office.logins()] == [["office"], ["office", "home"], ["office", "home"]]


def test_contexts_that_change_during_the_login_are_caught_up_with(office: Office) -> None:
    office.peer.gate.clear()
    office.ask(Connect())
    turns()
    office.actor.ref.tell(ChangeContexts(("home", "garden")))
    turns()
    office.peer.gate.set()
    assert office.peer.request("signalwire.receive")["params"] == {"contexts": ["home", "garden"]}
    assert office.peer.request("signalwire.unreceive")["params"] == {"contexts": ["office"]}
    office.peer.transport.drop()
    office.reaches(SupervisorState.CONNECTED, 2)
    assert [params["contexts"] for params in office.logins()] == [["office"], ["home", "garden"]]


def test_without_contexts_none_are_sent(office: Office) -> None:
    office.actor.ref.tell(ChangeContexts(()))
    office.connect()
    assert "contexts" not in office.logins()[0]


# State belongs to one connection (law 7)


def test_nothing_of_an_old_connection_touches_the_new_one(office: Office) -> None:
    """Defect 3 of section 17."""
    office.connect()
    old = office.peer.transport
    office.peer.withheld = {"calling.play"}
    waiting = office.execute()
    identity = office.peer.request("calling.play")["id"]
    old.drop()
    office.reaches(SupervisorState.CONNECTED, 2)
    old.deliver(frame(id=identity, result={"code": "200"}), b'{"id":"x","method":"signalwire.disconnect"}')
    old.drop()
    turns()
    assert office.link.up
    with pytest.raises(ConnectionLost):
        waiting.get(timeout=LIMIT)
    assert old.released


# The end


def test_an_observer_that_fails_ends_nothing(started: Started, log_lines: list[str]) -> None:
    office = Office(started)
    office.actor._on_change = lambda *_: 1 / 0
    office.connect()
    assert office.link.up
    assert any("an observer of the connection's state failed" in line for line in log_lines)


@pytest.mark.parametrize("end", ["stop", "kill", "crash"])
@pytest.mark.parametrize("phase", ["connected", "connecting", "waiting"])
def test_the_death_of_the_supervisor_ends_connection_and_waits(started: Started, end: str, phase: str) -> None:
    before = active_watchers()
    office = Office(started, Timing(backoff_first=LIMIT, backoff_limit=LIMIT))
    if phase == "waiting":
        office.peer.connect_error = OSError("no route")
    elif phase == "connecting":
        office.peer.gate.clear()
    answer = office.ask(Connect())
    turns()
    offline = office.execute() if phase != "connected" else None
    turns()
    if end == "stop":
        office.actor.ref.stop(block=False)
    elif end == "kill":
        office.actor.ref.kill()
    else:
        office.actor.on_receive = lambda message: 1 / 0  # type: ignore[method-assign]
        office.actor.ref.tell("crash")
    turns()
    if phase != "connected":
        with pytest.raises(ClientStopped):
            answer.get(timeout=LIMIT)
        assert offline is not None
        with pytest.raises(RelayError):
            offline.get(timeout=LIMIT)
    office.peer.gate.set()
    turns()
    assert all(transport.released for transport in office.peer.transports)
    assert not office.link.up
    with pytest.raises(NotConnected):
        office.execute().get(timeout=LIMIT)
    assert active_watchers() == before


def test_no_secret_is_logged_or_told_to_observers(office: Office, log_lines: list[str]) -> None:
    office.connect()
    office.peer.push("signalwire.authorization.state", {"authorization_state": "blob-secret"})
    turns()
    office.peer.transport.drop()
    office.reaches(SupervisorState.CONNECTED, 2)
    office.peer.login = refused(message="no")
    office.peer.transport.drop()
    office.reaches(SupervisorState.WAITING, 3)
    office.ask(Disconnect()).get(timeout=LIMIT)
    assert not any("secret" in text for text in [*log_lines, *office.details, repr(office.actor._session)])
