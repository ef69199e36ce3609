"""The tree of a client's actors: started in order, started again when one fails, stopped in reverse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gevent
import msgspec
import pytest
from doubles.connected import CREDENTIALS
from doubles.hub import LIMIT, active_watchers, turns, until
from doubles.transport import ScriptedPeer, accepted, refused
from doubles.waiting import Waiting

from relay_actors.errors import AuthenticationFailed, ClientStopped, NotConnected
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.supervisor import Change, Inspect
from relay_actors.messaging.actor import TrackMessage
from relay_actors.messaging.message import Message
from relay_actors.routing.admission import Admission
from relay_actors.routing.inheritance import Inheritance
from relay_actors.routing.messages import BeginDial, FindCall
from relay_actors.session.login import Login
from relay_actors.session.state import Session
from relay_actors.telemetry.stats import Stats
from relay_actors.timing import Timing
from relay_actors.tree import Tree

QUICK = Timing(
    backoff_first=0.001,
    backoff_limit=0.002,
    close_timeout=0.05,
    request_timeout=LIMIT,
    stop_timeout=0.05,
    call_linger=0.05,
)


class Forest:
    """A tree whose server is a scripted peer; ``changes`` is what it told of itself."""

    def __init__(self, timing: Timing = QUICK) -> None:
        self.peer = ScriptedPeer()
        self.changes: list[Change] = []
        self.calls: list[Waiting] = []
        self.stats = Stats()
        self.tree = Tree(
            lambda session: Login(self.peer.connect, lambda: CREDENTIALS, session, "tests/1.0"),
            Admission(10),
            self.stats,
            timing,
            ("office",),
            self.changes.append,
        )
        self.tree.serve_calls(self.make)

    def make(self, setup: Any) -> Waiting:
        self.calls.append(Waiting(setup))
        return self.calls[-1]

    def connects(self) -> None:
        self.tree.connect().get(timeout=LIMIT)

    def offered(self, call_id: str = "c1") -> Waiting:
        """Have the server offer a call, and wait until it is served."""
        body = {
            "call_id": call_id,
            "node_id": "n1",
            "call_state": "created",
            "direction": "inbound",
            "context": "office",
        }
        self.peer.push("calling.call.receive", body)
        until(lambda: self.calls, "the call")
        turns()
        return self.calls[-1]

    def ended(self, call_id: str = "c1") -> None:
        self.peer.push("calling.call.state", {"call_id": call_id, "node_id": "n1", "call_state": "ended"})

    def names(self) -> list[str]:
        return [status.name for status in self.tree.root.request(Inspect()).get(timeout=LIMIT)]

    def crash(self, name: str) -> None:
        """Have the actor of a name fail, and wait until there is another."""
        address = getattr(self.tree, name)
        failing = address.ref
        failing.actor().on_receive = lambda _: 1 / 0
        address.offer("crash")
        until(lambda: address.ref is not failing, f"another {name}")


@pytest.fixture
def forest() -> Iterator[Forest]:
    forest = Forest()
    yield forest
    forest.tree.stop()
    assert forest.tree.root.join(LIMIT)


def test_every_actor_but_the_connection_is_there_before_anybody_connects(forest: Forest) -> None:
    assert forest.names() == ["client/messaging", "client/subscription", "client/connection-supervisor"]
    assert forest.peer.attempts == 0


def test_a_client_connects_and_serves(forest: Forest) -> None:
    forest.connects()
    call = forest.offered()
    assert forest.tree.subscription.ask(FindCall("c1"), timeout=LIMIT) is not None
    forest.ended()
    until(lambda: call.is_ended)


@pytest.mark.parametrize("name", ["messaging", "subscription", "supervisor"])
def test_an_actor_that_fails_is_started_again_and_the_calls_live_on(forest: Forest, name: str) -> None:
    forest.connects()
    call = forest.offered()
    forest.crash(name)
    until(lambda: forest.tree.link.up, "the connection")
    forest.ended()
    until(lambda: call.is_ended)
    assert len(forest.calls) == 1
    assert [change.child for change in forest.changes if change.supervisor == "client" and change.child]


def test_a_client_whose_actors_fail_again_and_again_fails_and_leaves_nobody_on_the_line() -> None:
    forest = Forest(Timing(restart_intensity=0, close_timeout=0.05, stop_timeout=0.05, request_timeout=LIMIT))
    forest.connects()
    call = forest.offered()
    message = Message(message_id="m1", direction="outbound", state="queued")
    forest.tree.messaging.offer(TrackMessage(message))
    turns()
    forest.tree.messaging.ref.actor().on_receive = lambda _: 1 / 0
    forest.tree.messaging.offer("crash")
    assert forest.tree.root.join(LIMIT)
    until(lambda: call.is_ended)
    assert [request["params"]["reason"] for request in forest.peer.requests("calling.end")] == ["error"]
    with pytest.raises(ClientStopped):
        message.wait(LIMIT)
    assert forest.changes[-1].supervisor == "client"
    assert forest.tree.failed
    forest.tree.stop()
    assert forest.tree.left_up == ()


@pytest.mark.parametrize("why", ["refused", "unanswered", "offline"])
def test_a_client_that_fails_names_the_calls_that_it_leaves_up(why: str) -> None:
    forest = Forest(Timing(restart_intensity=0, close_timeout=0.05, stop_timeout=0.05, request_timeout=LIMIT))
    forest.connects()
    forest.offered()
    if why == "refused":
        forest.peer.answers["calling.end"] = {"result": {"code": "500", "message": "not now"}}
    elif why == "unanswered":
        forest.peer.withheld.add("calling.end")
    else:
        forest.peer.connect_error = OSError("no route")
        forest.peer.transport.drop()
        until(lambda: not forest.tree.link.up, "the loss of the connection")
    forest.tree.messaging.ref.actor().on_receive = lambda _: 1 / 0
    forest.tree.messaging.offer("crash")
    assert forest.tree.root.join(LIMIT)
    forest.tree.stop()
    assert forest.tree.left_up == ("c1",)


def test_a_stop_hangs_up_closes_the_socket_and_leaves_nothing(forest: Forest) -> None:
    before = active_watchers()
    other = Forest()
    other.connects()
    call = other.offered()
    other.tree.stop()
    assert [request["params"]["call_id"] for request in other.peer.requests("calling.end")] == ["c1"]
    assert call.is_ended
    assert other.peer.transport.closed == 1
    assert other.tree.root.join(LIMIT)
    with pytest.raises(NotConnected):
        other.tree.link.execute("calling.play", {})
    until(lambda: active_watchers() <= before)


PATIENT = msgspec.structs.replace(QUICK, backoff_first=1e3, backoff_limit=1e3, backoff_limit_live=0.01)


def test_with_a_live_call_the_next_try_comes_soon() -> None:
    other = Forest(PATIENT)
    other.connects()
    other.offered()
    other.peer.transport.drop()
    until(lambda: other.stats.connections == 2, "the next connection")
    other.tree.stop()


def test_a_dial_while_no_call_is_live_brings_the_next_try_forward() -> None:
    other = Forest(PATIENT)
    other.connects()
    other.peer.transport.drop()
    until(lambda: other.changes[-1].state == "waiting", "the wait")
    future: GreenletFuture[Any] = GreenletFuture()
    other.tree.subscription.ask(BeginDial("T", Waiting, future), timeout=LIMIT)
    other.tree.link.submit("calling.dial", {"tag": "T"})
    assert other.peer.request("calling.dial")["params"] == {"tag": "T"}
    other.tree.stop()


def test_a_stop_without_a_connection_waits_for_one_and_hangs_up() -> None:
    other = Forest(msgspec.structs.replace(QUICK, hangup_timeout=LIMIT))
    other.connects()
    other.offered()
    other.peer.connect_error = OSError("no route")
    other.peer.transport.drop()
    until(lambda: not other.tree.link.up, "the loss of the connection")
    stopping = gevent.spawn(other.tree.stop)
    until(lambda: other.tree.failed, "the beginning of the stop")
    other.peer.connect_error = None
    stopping.get(timeout=LIMIT)
    assert [request["params"]["call_id"] for request in other.peer.requests("calling.end")] == ["c1"]
    assert "contexts" not in other.peer.requests("signalwire.connect")[-1]["params"]  # it asks for no calls
    assert other.tree.left_up == ()


def test_calls_that_no_hangup_was_taken_of_are_named(log_lines: list[str]) -> None:
    other = Forest(msgspec.structs.replace(QUICK, hangup_timeout=0.01))
    other.connects()
    other.offered()
    other.peer.connect_error = OSError("no route")
    other.peer.transport.drop()
    until(lambda: not other.tree.link.up, "the loss of the connection")
    other.tree.stop()
    assert other.tree.left_up == ("c1",)
    (line,) = [line for line in log_lines if "may be up still" in line]
    assert "calls may be up still, since the server took no hang-up of them: c1" in line


def test_a_tree_can_be_stopped_twice_and_without_a_connection(forest: Forest) -> None:
    forest.tree.stop()
    forest.tree.stop()


def test_a_drain_leaves_the_contexts_and_lasts_until_the_last_call_has_ended(forest: Forest) -> None:
    forest.connects()
    forest.offered()
    assert not forest.tree.drain(("office",), 0.01)
    assert forest.peer.request("signalwire.unreceive")["params"] == {"contexts": ["office"]}
    forest.ended()
    assert forest.tree.drain((), LIMIT)
    assert forest.tree.draining
    forest.peer.transport.drop()
    assert "contexts" not in forest.peer.request("signalwire.connect", 2)["params"]


def test_messages_and_events_go_to_the_handlers_of_the_moment_through_a_failure(forest: Forest) -> None:
    arrived: list[Any] = []
    forest.tree.serve_messages(arrived.append)
    forest.connects()
    forest.crash("messaging")
    forest.peer.push("messaging.receive", {"message_id": "m1", "message_state": "received", "body": "hello"})
    until(lambda: arrived, "the message")
    assert arrived[0].message_id == "m1"


@pytest.mark.parametrize("error", [ZeroDivisionError(), gevent.Timeout(1), SystemExit(1)], ids=type)
def test_an_observer_or_a_watcher_that_raises_keeps_no_change_from_the_others(
    forest: Forest, error: BaseException
) -> None:
    def fail(*_: Any) -> None:
        raise error

    tree = forest.tree
    told: list[bool] = []
    tree._on_change = fail
    for watcher in (fail, lambda: told.append(tree.link.up), lambda: fail()):
        tree.watch(watcher)
    forest.connects()
    until(lambda: told and told[-1])
    forest.peer.transport.drop()
    until(lambda: False in told[told.index(True) :])
    until(lambda: told[-1])
    tree.drain((), LIMIT)


def test_who_watches_is_told_when_calls_can_be_made_and_when_no_more(forest: Forest) -> None:
    tree = forest.tree
    told: list[tuple[bool, bool, bool]] = []
    unwatch = tree.watch(lambda: told.append((tree.link.up, tree.draining, tree.failed)))
    forest.connects()
    until(lambda: told and told[-1] == (True, False, False))
    forest.peer.transport.drop()
    until(lambda: (False, False, False) in told[1:])
    until(lambda: told[-1] == (True, False, False))
    tree.drain((), LIMIT)
    assert told[-1] == (True, True, False)
    tree.stop()
    assert told[-1][1:] == (True, True)
    unwatch()
    count = len(told)
    tree.stop()
    assert len(told) == count


def test_a_connection_that_is_refused_for_good_fails_the_tree_until_it_is_asked_again(forest: Forest) -> None:
    forest.peer.login = refused()
    with pytest.raises(AuthenticationFailed):
        forest.tree.connect().get(timeout=LIMIT)
    assert forest.tree.failed
    forest.peer.login = accepted()
    forest.connects()
    assert not forest.tree.failed


def test_a_tree_goes_on_with_what_another_process_has_left(forest: Forest) -> None:
    tree = forest.tree
    left = Inheritance(session=Session(protocol="signalwire_9", authorization_state="blob"), limit=5, tags=("t1",))
    forest.peer.gate.clear()
    login = tree.adopt(left)
    turns()
    assert tree.draining
    assert tree.awaits_session
    forest.peer.gate.set()
    login.get(timeout=LIMIT)
    until(lambda: not tree.awaits_session)
    assert forest.peer.request("signalwire.connect")["params"]["protocol"] == "signalwire_9"
    assert tree.drain((), LIMIT)


def test_it_awaits_the_session_no_longer_when_the_server_has_forgotten_it(forest: Forest) -> None:
    forest.peer.login = lambda _: {"result": {"protocol": "signalwire_10", "session_restored": False}}
    forest.tree.adopt(Inheritance(session=Session(protocol="signalwire_9"), limit=5)).get(timeout=LIMIT)
    until(lambda: not forest.tree.awaits_session)
    assert forest.tree.drain((), LIMIT)
