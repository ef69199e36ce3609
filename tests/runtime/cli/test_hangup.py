"""``relay-runtime hangup``: end one live call from the outside."""

from __future__ import annotations

import pytest
from doubles.looked import Looked
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.inspection.protocol import Problem
from relay_runtime.process.process import ExitCode


@pytest.mark.parametrize(("more", "said"), [((), "hung up cc1e54\n"), (("--json",), '{"call_id":"cc1e54"}\n')])
def test_the_call_that_was_hung_up_is_told(looked: Looked, output: Output, more: tuple[str, ...], said: str) -> None:
    looked.answers["hangup"] = {"call_id": "cc1e54"}
    assert run(["hangup", "cc1", *more]) == ExitCode.OK
    assert output()[0] == said
    assert [(request.op, request.id) for request in looked.asked] == [("hangup", "cc1")]


def test_a_hang_up_that_the_server_refuses_is_a_no(looked: Looked, output: Output) -> None:
    looked.answers["hangup"] = Problem("refused", "call cc1e54 could not be hung up")
    assert run(["hangup", "cc1"]) == ExitCode.NEGATIVE
    assert "could not be hung up" in output()[1]
