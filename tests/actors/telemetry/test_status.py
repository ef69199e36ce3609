"""The values in which a client tells of its state: they cannot change, and travel as JSON."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from doubles.watched import Watched

from relay_actors.telemetry import status
from relay_actors.telemetry.status import CallStatus

CALL = CallStatus(
    call_id="c1",
    kind="CallActor",
    direction="inbound",
    context="office",
    state="answered",
    age=2.5,
    actions=({"method": "calling.play", "state": "playing"},),
    timeline=((0.0, "created"), (1.5, "answered")),
)


@pytest.mark.parametrize("value", [Watched().status(), CALL], ids=["a client", "a call"])
def test_a_status_that_went_through_json_is_the_same(value: Any) -> None:
    assert msgspec.json.decode(msgspec.json.encode(value), type=type(value)) == value


@pytest.mark.parametrize("name", status.__all__)
def test_a_status_is_of_one_moment_and_cannot_change(name: str) -> None:
    kind = getattr(status, name)
    assert kind.__struct_config__.frozen
    assert all(field.type not in (list, dict, set) for field in msgspec.structs.fields(kind))


@pytest.mark.parametrize("name", status.__all__)
def test_no_status_has_room_for_the_number_of_a_caller_or_a_secret(name: str) -> None:
    fields = getattr(status, name).__struct_fields__
    assert not [field for field in fields for word in ("number", "device", "token", "body", "params") if word in field]


def test_a_call_whose_code_runs_nothing_is_idle() -> None:
    call = CallStatus(call_id="c1", kind="Call", direction="inbound", context="", state="created", age=0.0)
    assert (call.doing, call.where, call.actions, call.mailbox, call.jobs) == ("idle", "", (), 0, 0)
