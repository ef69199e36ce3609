"""The live calls of a client, from outside of their code."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest

from relay_runtime import CallActor, RelayClient
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
