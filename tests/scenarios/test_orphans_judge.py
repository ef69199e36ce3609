"""The judge behind the proof of the orphans tells who serves whom, shown by raw clients."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from doubles.raw_client import RawClient, connect, dial, phone, resume, tts
from proof.orphans_judge import Judge, Witness

from relay_runtime.sandbox import Callee, Caller, Run, Sandbox

pytestmark = pytest.mark.scenario

_PEER, _RINGS = "+15550120001", "+15550120003"


class Scene:
    """A client with one call of each kind, which dies, and a successor."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.clients: list[RawClient] = []
        self.witness = Witness()
        sandbox.on_dial(_PEER, Callee().answers().waits_for_hangup(None))
        sandbox.on_dial(_RINGS, Callee().never_answers())

    def log_in(self, **extra: Any) -> RawClient:
        client = RawClient(self.sandbox.url)
        self.clients.append(client)
        client.login(self.sandbox, "office", **extra)
        return client

    def place(self) -> Run:
        return self.sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup(None))

    def answered(self, client: RawClient) -> Run:
        run = self.place()
        assert client.code(self.address(run), "calling.answer") == "200"
        return run

    def address(self, run: Run) -> dict[str, str]:
        return {"node_id": self.sandbox.session().ground.node_id, "call_id": run.call_id}

    def die(self, client: RawClient) -> Judge:
        """Let a client lose its socket; return the judge of what follows, who has seen it."""
        judge = Judge(self.sandbox, self.witness)
        session = next(each for each in self.sandbox.sessions() if each.protocol == client.session["protocol"])
        client.close()
        while session.peer is not None:
            gevent.sleep(0.001)
        judge.look(None)
        return judge

    def ends(self, judge: Judge) -> dict[str, tuple[str, str]]:
        """What became of each call that is judged, with what it was."""
        return {fate.call.call_id: (fate.kind, judge.end_of(fate)) for fate in judge.judged()}


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Sandbox(time_scale=0.01, control_port=None, ping_interval=None, resume_window=600.0) as sandbox:
        scene = Scene(sandbox)
        with scene.witness.watching():
            yield scene
        for client in scene.clients:
            client.close()


def test_who_is_not_taken_care_of_is_an_orphan_and_everybody_else_is_none(scene: Scene) -> None:
    dead = scene.log_in()
    talking, alone, bridged = (scene.answered(dead) for _ in range(3))
    assert connect(dead, scene.address(bridged), [phone(_PEER)])["code"] == "200"
    dial(dead, [phone(_RINGS)])
    dead.event("calling.call.state", call_state="ringing", tag="T")
    ringing = scene.sandbox.runs(_RINGS)[0]
    offered = scene.place()
    dead.event("calling.call.receive", call_id=offered.call_id)
    assert dead.result("signalwire.ping", {}) == {}  # the acknowledgement is there
    dead.acks = False
    repeated = scene.place()
    judge = scene.die(dead)
    heir = scene.log_in(**resume(dead))
    scene.log_in()  # who is offered what is passed on
    assert judge.look(time.monotonic())
    heir.do(scene.address(talking), "calling.play", control_id="sorry", play=[tts("Sorry")])
    heir.do(scene.address(offered), "calling.pass")
    heir.do(scene.address(repeated), "calling.pass")
    heir.do(scene.address(ringing), "calling.end")
    assert judge.look(time.monotonic())
    ends = scene.ends(judge)
    (peer,) = scene.sandbox.runs(_PEER)
    assert ends == {
        talking.call_id: ("talking", "adopted"),
        alone.call_id: ("talking", "orphan"),
        bridged.call_id: ("at the server", "watched"),
        peer.call_id: ("at the server", "watched"),
        ringing.call_id: ("ringing for a dial", "ended"),
        offered.call_id: ("offer", "passed on"),
        repeated.call_id: ("offer, not acknowledged", "passed on"),
    }
    heir.do(scene.address(alone), "calling.end")
    assert not judge.look(time.monotonic())
    assert scene.ends(judge)[alone.call_id] == ("talking", "ended")


def test_a_call_of_a_session_that_nobody_has_resumed_is_alone_whatever_it_does(scene: Scene) -> None:
    dead = scene.log_in()
    bridged = scene.answered(dead)
    assert connect(dead, scene.address(bridged), [phone(_PEER)])["code"] == "200"
    judge = scene.die(dead)
    scene.log_in()
    assert judge.look(time.monotonic())
    assert set(scene.ends(judge).values()) == {("at the server", "orphan")}


def test_a_bridged_call_that_is_free_is_alone_from_then_on(scene: Scene) -> None:
    dead = scene.log_in()
    bridged = scene.answered(dead)
    assert connect(dead, scene.address(bridged), [phone(_PEER)])["code"] == "200"
    judge = scene.die(dead)
    heir = scene.log_in(**resume(dead))
    begun = time.monotonic()
    assert not judge.look(begun)
    gevent.sleep(0.05)
    scene.sandbox.exchange.call(scene.sandbox.runs(_PEER)[0].call_id).end("hangup", "inbound")
    assert judge.look(begun)
    gevent.sleep(0.02)
    assert judge.look(begun)
    heir.do(scene.address(bridged), "calling.end")
    assert not judge.look(begun)
    longest = {fate.call.call_id: fate.longest for fate in judge.judged()}[bridged.call_id]
    assert 0.02 <= longest <= time.monotonic() - begun - 0.05


def test_what_the_dead_asked_for_before_counts_for_nothing(scene: Scene) -> None:
    dead = scene.log_in()
    run = scene.answered(dead)
    judge = scene.die(dead)
    scene.log_in(**resume(dead))
    assert judge.look(time.monotonic())
    assert scene.ends(judge) == {run.call_id: ("talking", "orphan")}
    assert judge.orphaned() == set(scene.sandbox.sessions())


def test_a_command_that_the_server_refuses_serves_nobody(scene: Scene) -> None:
    dead = scene.log_in()
    run = scene.place()
    judge = scene.die(dead)
    heir = scene.log_in(**resume(dead))
    assert heir.code(scene.address(run), "calling.play", control_id="sorry", play=[tts("Sorry")]) == "409"
    assert judge.look(time.monotonic())


def test_a_caller_who_is_passed_on_to_nobody_was_turned_away(scene: Scene) -> None:
    dead = scene.log_in()
    run = scene.place()
    judge = scene.die(dead)
    heir = scene.log_in(**resume(dead))
    heir.do(scene.address(run), "calling.pass")
    assert not judge.look(time.monotonic())
    assert scene.ends(judge) == {run.call_id: ("offer, not acknowledged", "turned away")}


def test_the_calls_of_those_who_live_are_not_judged_and_stay_when_the_judge_tidies_up(scene: Scene) -> None:
    living, dead = scene.log_in(), scene.log_in()
    theirs = scene.place()
    living.do(scene.address(theirs), "calling.answer")
    lost = scene.answered(dead)
    judge = scene.die(dead)
    assert judge.look(time.monotonic())
    judge.tidy_up()
    assert set(scene.ends(judge)) == {lost.call_id}
    assert lost.outcome is not None
    assert theirs.status == "answered"
    assert theirs.outcome is None
