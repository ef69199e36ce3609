"""Code that crashes, blocks or outlives its call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from doubles.one_process import in_one_process
from gevent.event import Event

from relay_runtime import Call, CallActor, RelayClient, Say, Timing, Transfer
from relay_runtime.sandbox import Caller, Sandbox, Status

pytestmark = pytest.mark.scenario

LIMIT = 60.0


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with in_one_process() as sandbox:
        yield sandbox
        assert sandbox.counters.calls_up == 0


def client_of(sandbox: Sandbox, **arguments: Any) -> RelayClient:
    login = {"project": sandbox.project, "token": sandbox.token, "host": sandbox.url}
    return RelayClient(**login, contexts=["office"], **arguments)


def caller(number: int = 1) -> Caller:
    return Caller(f"+1555010{number:04d}").dials("office")


class Crashing(CallActor):
    when_crashed = Say("Sorry, please call again.")

    def run(self) -> None:
        self.answer()
        self.play_tts("Welcome.").wait()
        raise ZeroDivisionError


class HandingOn(Crashing):
    when_crashed = Transfer("context:fallback")


def test_a_caller_of_a_crashed_call_hears_a_sentence_and_is_hung_up(sandbox: Sandbox) -> None:
    with client_of(sandbox, call_actor=Crashing) as client:
        script = caller().hears("Welcome").hears("please call again").waits_for_hangup()
        outcome = sandbox.place(script).wait(LIMIT)
        assert outcome.ok, outcome
        assert outcome.end_reason == "error"
        assert client.stats.calls_crashed == 1


def test_a_caller_of_a_crashed_call_is_handed_on(sandbox: Sandbox) -> None:
    with client_of(sandbox, call_actor=HandingOn):
        outcome = sandbox.place(caller().hears("Welcome").waits_for_hangup()).wait(LIMIT)
        assert outcome.status is Status.TRANSFERRED


def test_the_clients_policy_is_for_plain_handlers(sandbox: Sandbox) -> None:
    client = client_of(sandbox, when_crashed=Say("Sorry about that."))

    @client.on_call
    def serve(call: Call) -> None:
        call.answer()
        raise KeyError("no such customer")

    with client:
        outcome = sandbox.place(caller().hears("Sorry about that").waits_for_hangup()).wait(LIMIT)
        assert outcome.ok, outcome


def test_a_policy_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="argument when_crashed= is 'shout'; accepted is"):
        RelayClient("p", "t", when_crashed="shout")


def test_a_constructor_that_never_returns_stops_neither_the_others_nor_its_own_end(sandbox: Sandbox) -> None:
    class Stuck(CallActor):
        def __init__(self, setup: Any) -> None:
            super().__init__(setup)
            if self.from_number.endswith("0001"):
                Event().wait()

        def run(self) -> None:
            self.answer()

    with client_of(sandbox, call_actor=Stuck, timing=Timing()) as client:
        stuck = sandbox.place(caller(1).abandons(5))
        assert sandbox.place(caller(2).waits_for_hangup()).wait(LIMIT).answered
        assert stuck.wait(LIMIT).status is Status.ABANDONED
        with gevent.Timeout(LIMIT):
            while client.stats.calls_outlived < 1:
                gevent.sleep(0.005)


def test_code_that_sleeps_for_ever_after_its_call_is_ended(sandbox: Sandbox) -> None:
    ended: list[BaseException] = []

    class Sleeper(CallActor):
        def run(self) -> None:
            self.answer()
            try:
                Event().wait()
            except BaseException as error:
                ended.append(error)
                raise

    with client_of(sandbox, call_actor=Sleeper, timing=Timing()) as client:
        assert sandbox.place(caller().waits(1).hangs_up()).wait(LIMIT).answered
        with gevent.Timeout(LIMIT):
            while not ended:
                gevent.sleep(0.005)
        assert client.stats.calls_outlived == 1
        assert client.stats.calls_crashed == 0
