"""What outlives a connection: commands, contexts, the session; and the end of the supervisor."""

from __future__ import annotations

import pytest
from doubles.frames import frame
from doubles.hub import LIMIT, active_watchers, turns, until
from doubles.office import Office
from doubles.started import Started
from doubles.transport import Dropped, refused

from relay_actors.errors import (
    ClientStopped,
    CommandTooLarge,
    ConnectionLost,
    NotConnected,
    RelayError,
    RequestTimeout,
)
from relay_actors.session.messages import ChangeContexts, Connect, Disconnect
from relay_actors.session.supervisor import ConnectionState
from relay_actors.timing import Timing


@pytest.fixture
def office(started: Started) -> Office:
    return Office(started)


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


class TooBig(Dropped):
    """The server closed the connection over the size of a frame."""

    code = 1009


def test_what_is_too_large_for_the_server_is_refused_before_it_cuts_the_next_connection(office: Office) -> None:
    office.connect()
    office.peer.withheld = {"calling.play"}
    first = office.execute(text="x" * 3000)
    office.peer.request("calling.play")
    office.peer.gate.clear()
    office.peer.transport.drop(TooBig("closed"))
    with pytest.raises(CommandTooLarge):
        first.get(timeout=LIMIT)
    turns()
    large, small = office.execute(text="x" * 3000), office.execute("calling.answer")
    office.peer.gate.set()
    assert small.get(timeout=LIMIT)
    with pytest.raises(CommandTooLarge, match="was not sent"):
        large.get(timeout=LIMIT)
    assert len(office.peer.requests("calling.play")) == 1
    office.peer.transport.drop()  # for another reason: it is known still
    office.reaches(ConnectionState.CONNECTED, 3)
    with pytest.raises(CommandTooLarge, match="was not sent"):
        office.execute(text="x" * 3000).get(timeout=LIMIT)
    office.ask(Disconnect()).get(timeout=LIMIT)
    assert office.link.session.frame_limit < 4000


def test_a_command_in_flight_is_not_sent_again(office: Office) -> None:
    office.connect()
    office.peer.withheld = {"calling.play"}
    waiting = office.execute()
    office.peer.request("calling.play")
    office.peer.transport.drop()
    with pytest.raises(ConnectionLost) as lost:
        waiting.get(timeout=LIMIT)
    assert lost.value.sent
    office.reaches(ConnectionState.CONNECTED, 2)
    turns()
    assert len(office.peer.requests("calling.play")) == 1


def test_commands_issued_before_the_login_wait_behind_it(office: Office) -> None:
    """Protocol 17.2: nothing goes in front of signalwire.connect."""
    office.peer.gate.clear()
    office.ask(Connect())
    turns()
    waiting = office.execute()
    turns()
    office.peer.gate.set()
    assert waiting.get(timeout=LIMIT)
    assert [request["method"] for request in office.peer.requests()] == ["signalwire.connect", "calling.play"]


def test_an_offline_command_ends_at_its_own_deadline(office: Office) -> None:
    """Protocol 17.5."""
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
    office.reaches(ConnectionState.CONNECTED, 2)
    office.peer.login = lambda _: {"result": {"protocol": "signalwire_new"}}
    office.peer.transport.drop()
    office.reaches(ConnectionState.CONNECTED, 3)
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
    office.reaches(ConnectionState.CONNECTED, 2)
    assert [params["contexts"] for params in office.logins()] == [["office"], ["home", "garden"]]


def test_without_contexts_none_are_sent(office: Office) -> None:
    office.actor.ref.tell(ChangeContexts(()))
    office.connect()
    assert "contexts" not in office.logins()[0]


# State belongs to one connection (law 7)


def test_nothing_of_an_old_connection_touches_the_new_one(office: Office) -> None:
    """Protocol 17.3."""
    office.connect()
    old = office.peer.transport
    office.peer.withheld = {"calling.play"}
    waiting = office.execute()
    identity = office.peer.request("calling.play")["id"]
    old.drop()
    office.reaches(ConnectionState.CONNECTED, 2)
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
    office.actor._observer = lambda *_: 1 / 0
    office.connect()
    assert office.link.up
    assert any("an observer of client/connection-supervisor failed" in line for line in log_lines)


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
    office.reaches(ConnectionState.CONNECTED, 2)
    office.peer.login = refused(message="no")
    office.peer.transport.drop()
    office.reaches(ConnectionState.WAITING, 3)
    office.ask(Disconnect()).get(timeout=LIMIT)
    assert not any("secret" in text for text in [*log_lines, *office.details, repr(office.actor._session)])
