"""What a live call is told from outside, and the client that its own code uses."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.client import LIMIT, client_of
from doubles.hub import until
from gevent.event import Event

from relay_actors.call.call import CallClient
from relay_runtime import Call, CallActor, CallEnded, running_actor
from relay_runtime.sandbox import Callee, Caller, Sandbox

FROM, TO = "+15550100099", "+15550100002"
PHONE = [[{"type": "phone", "params": {"from_number": FROM, "to_number": TO}}]]


# Telling


class Listens(CallActor):
    """Answers, and notes what it is told; each in its own turn."""

    def __init__(self, setup: Any) -> None:
        super().__init__(setup)
        self.told: list[Any] = []
        self.running = 0

    def run(self) -> None:
        self.answer()
        self.wait_for_ended()

    def on_told(self, value: Any) -> None:
        self.running += 1
        assert self.running == 1
        gevent.sleep(0)
        self.told.append((value, running_actor() is self))
        self.running -= 1
        if value == "go":
            self.hangup()


def test_a_call_is_told_something_in_its_own_turn(sandbox: Sandbox) -> None:
    made: list[Listens] = []

    def make(setup: Any) -> Listens:
        made.append(Listens(setup))
        return made[0]

    with client_of(sandbox, call_actor=make) as client:
        run = sandbox.place(Caller().dials("office").waits_for_hangup(6000))
        until(lambda: made and made[0].state == "answered")
        call_id = made[0].call_id
        gevent.joinall([gevent.spawn(client.tell, call_id, number) for number in range(20)], raise_error=True)
        client.tell(call_id, "go")
        run.wait(LIMIT)
        assert made[0].told == [(number, True) for number in range(20)] + [("go", True)]
        for gone in (call_id, "nobody"):
            with pytest.raises(CallEnded, match=f"no live call has the id '{gone}': it is over, or never was"):
                until(lambda gone=gone: client.tell(gone, "late"))


def test_who_can_not_be_told_says_so(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        calls: list[Call] = []

        @client.on_call
        def serve(call: Call) -> None:
            calls.append(call)
            call.answer()
            call.wait_for_ended()

        sandbox.place(Caller().dials("office").waits_for_hangup(6000))
        until(lambda: calls and calls[0].state == "answered")
        with pytest.raises(
            TypeError, match=r"serve is no CallActor class with on_told\(self, value\), so call .* can't be told"
        ):
            client.tell(calls[0].call_id, "x")


def test_a_call_that_is_being_made_is_told_when_it_is_there(sandbox: Sandbox) -> None:
    may_go_on, told = Event(), list[Any]()
    ids: list[str] = []

    class Slow(CallActor):
        def __init__(self, setup: Any) -> None:
            ids.append(setup.facts.call_id)
            may_go_on.wait(LIMIT)
            super().__init__(setup)

        def on_told(self, value: Any) -> None:
            told.append(value)
            self.hangup()

    with client_of(sandbox, call_actor=Slow) as client:
        sandbox.place(Caller().dials("office").waits_for_hangup(6000))
        until(lambda: ids)
        telling = gevent.spawn(client.tell, ids[0], "early")
        gevent.sleep(0)
        may_go_on.set()
        telling.get(timeout=LIMIT)
        until(lambda: told)
    assert told == ["early"]


def test_a_client_that_is_stopped_has_nobody_to_tell(sandbox: Sandbox) -> None:
    with pytest.raises(CallEnded, match="no live call has the id"):
        client_of(sandbox).tell("c1", "x")


# The client in a call


def test_the_code_of_a_call_dials_and_texts_by_its_client(sandbox: Sandbox) -> None:
    sandbox.on_dial("+15550100002", Callee().answers().waits_for_hangup())
    said: list[str] = []

    class Forwards(CallActor):
        def run(self) -> None:
            self.answer()
            other = self.client.dial(PHONE, dial_timeout=LIMIT)
            said.append(other.direction)
            message = self.client.send_message(to_number=TO, from_number=FROM, body="Somebody calls.")
            said.append(message.wait(LIMIT).event_type)
            other.hangup()

    with client_of(sandbox, call_actor=Forwards) as client:
        sandbox.place(Caller().dials("office").waits_for_hangup(6000)).wait(LIMIT)
        typed: CallClient = client  # the type that a call's code sees
        assert typed is client
    assert said == ["outbound", "messaging.state"]


def test_who_tells_a_call_that_can_not_be_made_is_told_so(sandbox: Sandbox) -> None:
    may_go_on, ids = Event(), list[str]()

    class Broken(CallActor):
        def __init__(self, setup: Any) -> None:
            ids.append(setup.facts.call_id)
            may_go_on.wait(LIMIT)
            raise LookupError("a defect of the app")
            super().__init__(setup)

        def on_told(self, value: Any) -> None:
            """Never called."""

    with client_of(sandbox, call_actor=Broken) as client:
        sandbox.place(Caller().dials("office").waits_for_hangup(6000))
        until(lambda: ids)
        telling = gevent.spawn(client.tell, ids[0], "early")
        gevent.sleep(0)
        may_go_on.set()
        with pytest.raises(CallEnded, match="no actor could be made"):
            telling.get(timeout=LIMIT)
