"""What a client tells of itself."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest

from relay_runtime import CallActor, RelayClient, Timing
from relay_runtime.sandbox import Caller, Sandbox

LIMIT = 10.0


class Talker(CallActor):
    """Says something long."""

    def run(self) -> None:
        self.answer()
        self.play_tts("A very long story.").wait()
        self.wait_for("calling.user_event")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.01) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[RelayClient]:
    client = RelayClient(
        sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"], call_actor=Talker, max_active_calls=7
    )
    client.connect(timeout=LIMIT)
    yield client
    client.disconnect()


def until(condition: object, what: str) -> None:
    with gevent.Timeout(LIMIT, AssertionError(f"{what} did not come true")):
        while not condition():  # type: ignore[operator]
            gevent.sleep(0.002)


def test_a_client_that_was_never_connected_has_a_status() -> None:
    client = RelayClient("p", "t", host="127.0.0.1:1", contexts=["office"])
    status = client.status()
    assert status.connection.state == "stopped"
    assert status.connection.endpoint == "127.0.0.1:1"
    assert status.connection.contexts == ("office",)
    assert not status.connection.subscribed
    assert status.actors == ()
    assert client.live_calls() == []
    assert client.call_status("c1") is None
    assert not client.hangup_call("c1")


def test_the_status_names_the_actors_of_the_tree_parents_first(client: RelayClient) -> None:
    status = client.status()
    assert [(actor.name, actor.kind, actor.state, actor.mailbox) for actor in status.actors] == [
        ("client", "Supervisor", "running", 0),
        ("client/messaging", "MessagingActor", "running", 0),
        ("client/subscription", "SubscriptionActor", "running", 0),
        ("client/connection-supervisor", "ConnectionSupervisor", "running", 0),
        ("client/connection-supervisor/connection", "ConnectionActor", "running", 0),
    ]
    assert status.connection.state == "connected"
    assert status.connection.subscribed
    assert status.connection.logins == 1
    assert status.connection.up_for is not None
    assert status.calls.limit == 7


def test_an_actor_that_does_not_answer_is_unresponsive_and_holds_nobody_up(
    client: RelayClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay_runtime.client.status._PATIENCE", 0.02)
    assert client._tree is not None
    assert client._tree.messaging.ref is not None
    messaging = client._tree.messaging.ref.actor()
    assert messaging is not None
    release = gevent.event.Event()
    messaging.on_receive = lambda _: release.wait(LIMIT)  # type: ignore[method-assign]
    states = {actor.name: actor.state for actor in client.status().actors}
    assert states["client/messaging"] == "unresponsive"
    assert states["client/subscription"] == "running"
    release.set()


def test_a_connection_that_is_being_made_again_shows_its_attempts(sandbox: Sandbox) -> None:
    timing = Timing(backoff_first=LIMIT, backoff_limit=LIMIT)
    client = RelayClient(sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"], timing=timing)
    client.connect(timeout=LIMIT)
    sandbox.faults.refuse("http", times=100)
    sandbox.cut()
    until(lambda: client.status().connection.state == "waiting", "the wait")
    status = client.status()
    assert status.connection.attempts == 1
    assert status.connection.next_try_in is not None
    assert status.connection.last_error
    assert not status.connection.subscribed
    connection = status.actors[-1]
    assert (connection.state, connection.restarts) == ("waiting", 1)
    waiting = gevent.spawn(client.execute, "calling.play", {})
    until(lambda: client.status().queues.outbox == 1, "the outbox")
    client.disconnect()
    waiting.join(LIMIT)


def test_a_live_call_tells_what_it_is_doing_and_where_its_code_stands(sandbox: Sandbox, client: RelayClient) -> None:
    run = sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup(timeout=3000))
    until(lambda: any(call.doing == "calling.play" for call in client.live_calls()), "the sentence")
    (call,) = client.live_calls()
    assert client.call_status(call.call_id) is not None
    assert call.kind == "Talker"
    assert call.direction == "inbound"
    assert call.context == "office"
    assert call.state == "answered"
    assert call.where.endswith(" in Talker.run")
    assert __file__ in call.where
    assert [action["method"] for action in call.actions] == ["calling.play"]
    assert [state for _, state in call.timeline] == ["created", "answered"]
    assert all(0 <= at <= call.age for at, _ in call.timeline)
    assert "+1555" not in repr(call)
    assert client.status().calls.live == client.status().calls.active == 1
    until(
        lambda: any(each.doing == "wait_for calling.user_event" for each in client.live_calls()),
        "the end of the sentence",
    )
    assert client.hangup_call(call.call_id)
    assert run.wait(LIMIT).end_reason == "hangup"
    until(lambda: client.call_status(call.call_id) is None, "the end of the call")
    assert not client.hangup_call(call.call_id)


def test_a_draining_client_is_not_subscribed(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup(timeout=3000))
    until(lambda: client.live_calls(), "the call")
    draining = gevent.spawn(client.drain, LIMIT)
    until(lambda: client.status().calls.draining, "the drain")
    assert not client.status().connection.subscribed
    client.hangup_call(client.live_calls()[0].call_id)
    assert draining.get(timeout=LIMIT)


def test_contexts_that_were_added_are_subscribed(client: RelayClient) -> None:
    client.receive(["home"])
    status = client.status().connection
    assert status.contexts == ("office", "home")
    assert status.subscribed


class SlowMaker(CallActor):
    """Blocks while it is made."""

    gate = gevent.event.Event()

    def __init__(self, setup: object) -> None:
        super().__init__(setup)  # type: ignore[arg-type]
        self.gate.wait(LIMIT)


def test_a_call_whose_actor_is_still_being_made_is_listed_so(sandbox: Sandbox) -> None:
    client = RelayClient(sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"], call_actor=SlowMaker)
    client.connect(timeout=LIMIT)
    run = sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup(timeout=3000))
    until(lambda: client.status().calls.live == 1, "the offer")
    (status,) = client.live_calls()
    assert status.doing == "making"
    assert "SlowMaker.__init__" in status.where
    assert client.call_status(run.call_id) is not None
    SlowMaker.gate.set()
    until(lambda: client.live_calls()[0].doing != "making", "the call")
    client.disconnect()


def test_a_call_whose_actor_is_still_being_made_can_be_hung_up(sandbox: Sandbox) -> None:
    SlowMaker.gate.clear()
    client = RelayClient(sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"], call_actor=SlowMaker)
    client.connect(timeout=LIMIT)
    run = sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup(timeout=3000))
    until(lambda: client.status().calls.live == 1, "the offer")
    with pytest.raises(ValueError, match="reason"):
        client.hangup_call(run.call_id, "because")
    assert client.hangup_call(run.call_id, "busy")
    assert run.wait(LIMIT).end_reason == "busy"
    assert client.hangup_call(run.call_id)  # it is over, and still being made: that is no error
    SlowMaker.gate.set()
    until(lambda: client.status().calls.live == 0, "the end of the call")
    client.disconnect()
