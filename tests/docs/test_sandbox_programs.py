"""The programs of docs/sandbox.md, each run as it stands against a client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from doubles.client import client_of
from walkthrough import block_with

from relay_runtime import CallActor, DialFailed, PlayEvent, RelayClient, RelayError, phone
from relay_runtime.sandbox import Callee, Caller, Sandbox
from relay_runtime.sandbox.control import views

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
FIRST = block_with(PAGE, "start_your_program(")
WITHOUT_A_PORT = block_with(PAGE, "Sandbox(port=None, any_credentials=True)")
CALLEES = block_with(PAGE, "Callee().is_busy()")
BY_HAND = block_with(PAGE, "run.perform(")
ARMS = block_with(PAGE, 'sandbox.arm("signalwire.ping", withhold=True)')
EVENTS = block_with(PAGE, '"call_id": "{call_id}"')
ARMED_EVENTS = block_with(PAGE, 'sandbox.arm_event("calling.call.receive", again=True)')
GUEST = "+15550100002"


class Menu(CallActor):
    def run(self) -> None:
        self.answer()
        self.prompt_tts("Press 1 for sales.", {"digits": {"max": 1}}).wait()
        self.play_tts("Goodbye.").wait()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.01, control_port=None) as running:
        yield running


def test_a_program_is_called_as_the_page_begins() -> None:
    clients: list[RelayClient] = []

    def start_your_program(url: str, project: str, token: str) -> None:
        clients.append(RelayClient(project=project, token=token, host=url, contexts=["office"], call_actor=Menu))
        clients[0].connect(timeout=15)

    names: dict[str, Any] = {"start_your_program": start_your_program}
    exec(FIRST, names)
    first, second = names["outcome"].heard
    assert first.startswith("Press 1")
    assert second.startswith("Goodbye")
    clients[0].disconnect()


def test_a_client_of_the_real_host_reaches_a_sandbox_without_a_port() -> None:
    names: dict[str, Any] = {}
    exec(WITHOUT_A_PORT.replace("...", "state = client.state, len(sandbox.sessions())"), names)
    assert names["state"] == ("connected", 1)


def test_callees_answer_dials_as_they_are_told(sandbox: Sandbox) -> None:
    *scripts, wait = CALLEES.splitlines()
    with client_of(sandbox, call_actor=Menu) as client:
        exec("\n".join(scripts), {"sandbox": sandbox, "Callee": Callee})
        call = client.dial([[phone(GUEST, from_number="+15550100099")]])
        call.prompt_tts("This is a reminder. Press 1.", {"digits": {"max": 1}}).wait()
        exec(wait, {"sandbox": sandbox})
        assert sandbox.runs(GUEST)[0].wait(5).ok
        with pytest.raises(DialFailed, match="busy"):
            client.dial([[phone("+15550100003", from_number="+15550100099")]])


def test_a_far_end_is_driven_by_hand(sandbox: Sandbox) -> None:
    with client_of(sandbox, call_actor=Menu):
        names: dict[str, Any] = {"sandbox": sandbox, "Caller": Caller}
        exec(BY_HAND, names)
        assert names["run"].wait(15).heard[0].startswith("Press 1")
        assert names["run"].wait(15).end_source == "inbound"


def test_requests_are_answered_as_they_are_armed(sandbox: Sandbox) -> None:
    replies: list[object] = []

    class Asker(CallActor):
        def run(self) -> None:
            replies.append(self.answer()["code"])
            with pytest.raises(RelayError, match="busy"):
                self.play_tts("Hello.")

    exec(ARMS, {"sandbox": sandbox})
    assert len(views.arms(sandbox.exchange.faults)["arms"]) == ARMS.count("sandbox.arm(")
    with client_of(sandbox, call_actor=Asker):
        assert sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup()).wait(15).ok
    assert replies == [200]


def test_events_of_an_arm_come_behind_its_reply(sandbox: Sandbox) -> None:
    states: list[str] = []

    class Listener(CallActor):
        def run(self) -> None:
            self.answer()
            event = self.play_tts("Hello.").wait()
            assert isinstance(event, PlayEvent)
            states.append(event.state)

    exec(EVENTS, {"sandbox": sandbox})
    with client_of(sandbox, call_actor=Listener):
        assert sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup()).wait(15).ok
    assert states == ["error"]


def test_events_are_disturbed_as_they_are_armed(sandbox: Sandbox) -> None:
    exec(ARMED_EVENTS, {"sandbox": sandbox})
    with client_of(sandbox, call_actor=Menu):
        caller = Caller("+15550100001").dials("office").hears("Press 1").presses("1").hears("Goodbye")
        assert sandbox.place(caller.waits_for_hangup()).wait(15).ok
        events = [
            each["frame"]["params"].get("event_type")
            for each in sandbox.journal()
            if each["direction"] == "out" and "params" in each["frame"]
        ]
    assert events.count("calling.call.receive") == 2
