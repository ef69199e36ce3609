"""What a client tells of itself."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from doubles.running import the_running

from relay_actors.messaging.actor import MessagingActor
from relay_runtime import CallActor, RelayClient, Timing
from relay_runtime.sandbox import Caller, Sandbox

LIMIT = 60.0


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
    monkeypatch.setattr("relay_runtime.client.question._PATIENCE", 0.02)
    messaging = the_running(MessagingActor).actor()
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
