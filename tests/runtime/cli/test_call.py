"""``relay-runtime call``: one live call, from the outside."""

from __future__ import annotations

import msgspec
import pytest
from doubles.looked import Looked
from doubles.output import Output

from relay_actors.telemetry.status import CallStatus
from relay_runtime.cli import run
from relay_runtime.inspection.protocol import Problem
from relay_runtime.process.process import ExitCode

CALL = CallStatus(call_id="cc1e54", kind="It", direction="inbound", context="office", state="answered", age=1.0)


@pytest.mark.slow
def test_a_call_is_asked_for_by_the_beginning_of_its_id(looked: Looked, output: Output) -> None:
    looked.answers["call"] = CALL
    assert run(["call", "cc1"]) == ExitCode.OK
    assert [(request.op, request.id) for request in looked.asked] == [("call", "cc1")]
    assert "cc1e54" in output()[0]


def test_a_script_gets_all_of_it(looked: Looked, output: Output) -> None:
    looked.answers["call"] = CALL
    assert run(["call", "cc1", "--json"]) == ExitCode.OK
    assert msgspec.json.decode(output()[0], type=CallStatus) == CALL


def test_a_call_that_is_not_there_is_a_no(looked: Looked, output: Output) -> None:
    looked.answers["call"] = Problem("unknown_call", "no live call begins with 'x'")
    assert run(["call", "x"]) == ExitCode.NEGATIVE
    assert output() == ("", "relay-runtime: no live call begins with 'x'\n")
