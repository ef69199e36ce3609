"""Dialling out: the devices, the wait for an answer, and what becomes of those who were not needed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from doubles.client import LIMIT, OFFICE, client_of

from relay_runtime import CallActor, DialFailed, RelayClient, RelayTimeout
from relay_runtime.sandbox import Callee, Sandbox
from relay_runtime.testing.in_process import reaching
from relay_runtime.testing.virtual import virtual_time


def phone(number: str, **params: Any) -> dict[str, Any]:
    return {"type": "phone", "params": {"from_number": OFFICE, "to_number": number, **params}}


def test_a_dial_is_answered_spoken_to_and_hung_up(sandbox: Sandbox) -> None:
    sandbox.on_dial("+15550100009", Callee().rings(1).answers().hears("reminder").waits_for_hangup())
    with client_of(sandbox) as client:
        call = client.dial([[phone("+15550100009")]], dial_timeout=LIMIT)
        assert (call.state, call.direction, call.to_number) == ("answered", "outbound", "+15550100009")
        assert call.play_tts("This is a reminder.").wait(timeout=LIMIT).params["state"] == "finished"
        call.hangup()
        assert call.wait_for_ended(timeout=LIMIT).params["end_reason"] == "hangup"
        assert call.hangup() == {}
    assert sandbox.runs("+15550100009")[0].wait(timeout=LIMIT).ok


def test_a_dial_that_fails_says_why(sandbox: Sandbox) -> None:
    sandbox.on_dial("+15550100009", Callee().is_busy())
    with client_of(sandbox) as client, pytest.raises(DialFailed) as error:
        client.dial([[phone("+15550100009")]], dial_timeout=LIMIT)
    assert error.value.reason == "busy"


def test_serial_devices_are_tried_in_order_and_parallel_ones_together(sandbox: Sandbox) -> None:
    sandbox.on_dial("+15550100011", Callee().is_busy())
    sandbox.on_dial("+15550100012", Callee().rings(50).answers())
    sandbox.on_dial("+15550100013", Callee().rings(1).answers())
    with client_of(sandbox) as client:
        call = client.dial([[phone("+15550100011")], [phone("+15550100012"), phone("+15550100013")]], dial_timeout=10)
        assert call.to_number == "+15550100013"
        assert sandbox.runs("+15550100012")[0].wait(timeout=LIMIT).end_reason == "cancel"
        call.hangup()


def test_a_dial_that_times_out_leaves_nobody_ringing(sandbox: Sandbox) -> None:
    sandbox.on_dial("+15550100009", Callee().rings(10_000).answers())
    with client_of(sandbox) as client:
        with pytest.raises(RelayTimeout, match="nobody answered"):
            client.dial([[phone("+15550100009", timeout=10_000)]], dial_timeout=0.1)
        assert sandbox.runs("+15550100009")[0].wait(timeout=LIMIT).end_reason == "cancel"


def test_the_time_of_a_dial_counts_from_its_beginning_not_from_its_reply() -> None:
    with virtual_time() as clock, Sandbox(port=None, any_credentials=True) as sandbox, reaching(sandbox):
        sandbox.on_dial("+15550100009", Callee().never_answers())
        sandbox.arm("calling.dial", delay=5.0)
        client = RelayClient(project="p", token="t", host="example.com", contexts=["office"])
        client.connect()
        began = clock.now()
        with pytest.raises(RelayTimeout, match="nobody answered"):
            client.dial([[phone("+15550100009", timeout=100)]], dial_timeout=8.0)
        assert clock.now() - began == pytest.approx(8.0)
        client.disconnect()


def test_a_dialled_call_can_be_served_by_a_call_actor(sandbox: Sandbox) -> None:
    class Reminder(CallActor):
        def run(self) -> None:
            self.play_tts("Do not forget.").wait()

    with client_of(sandbox) as client:
        call = client.dial([[phone("+15550100009")]], dial_timeout=10, call_actor=Reminder)
        assert call.wait_for_ended(timeout=LIMIT).params["end_reason"] == "hangup"


@pytest.mark.parametrize(
    ("devices", "words"),
    [
        ([], "devices is empty"),
        ([[]], r"devices\[0\] is empty"),
        ([phone("+15550100009")], r"devices\[0\] is dict"),
        ([[phone("5550100009")]], "E.164"),
    ],
)
def test_bad_devices_are_refused_before_anything_is_sent(sandbox: Sandbox, devices: Any, words: str) -> None:
    with client_of(sandbox) as client, pytest.raises(ValueError, match=words) as error:
        client.dial(devices)
    assert "5550100009" not in str(error.value)
    assert sandbox.counters.dialed == 0


@pytest.mark.parametrize(("given", "sent"), [("mine", "mine"), ("", None), (None, None)])
def test_a_dial_has_the_tag_that_was_given_or_a_new_one(sandbox: Sandbox, given: str | None, sent: str | None) -> None:
    dials: list[dict[str, Any]] = []

    def see(direction: str, data: str | bytes) -> None:
        frame = msgspec.json.decode(data)
        if direction == "out" and frame.get("method") == "calling.dial":
            dials.append(frame["params"])

    with client_of(sandbox) as client:
        client.tap.watch(see)
        client.dial([[phone("+15550100009")]], tag=given, dial_timeout=LIMIT).hangup()
    (params,) = dials
    assert params["tag"] == sent if sent else len(params["tag"]) == 36
    assert "max_duration" not in params


@pytest.mark.parametrize("limit", [0, -1.0])
def test_a_dial_without_time_is_refused(sandbox: Sandbox, limit: float) -> None:
    with pytest.raises(ValueError, match="number of seconds above 0"):
        client_of(sandbox).dial([[phone("+15550100009")]], dial_timeout=limit)
