"""``relay-runtime send-message``: send a text and tell what became of it."""

from __future__ import annotations

import msgspec
import pytest
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Sandbox

TO, FROM = "+15550100001", "+15550100099"


def test_a_message_is_delivered(sandbox: Sandbox, output: Output) -> None:
    assert run(["send-message", TO, "Your table is ready.", "--from", FROM, "--json"]) == ExitCode.OK
    (sent,) = sandbox.messages()
    outcome = msgspec.json.decode(output()[0])
    assert outcome == {"message_id": sent.message_id, "state": "delivered", "reason": None}


def test_a_message_that_is_not_delivered_has_an_exit_code_of_its_own(sandbox: Sandbox, output: Output) -> None:
    sandbox.on_text(TO, "undelivered", "blocked")
    assert run(["send-message", TO, "hello", "--from", FROM]) == ExitCode.NEGATIVE
    assert output()[0].startswith("undelivered (blocked)  message ")


@pytest.mark.slow
def test_a_message_without_a_terminal_state_ends_the_wait(sandbox: Sandbox, output: Output) -> None:
    sandbox.on_text(TO, "never")
    assert run(["send-message", TO, "hello", "--from", FROM, "--timeout", "0.3"]) == ExitCode.NEGATIVE
    assert "no terminal state after 0.3 s" in output()[0]


def test_a_message_need_not_be_waited_for(sandbox: Sandbox, output: Output) -> None:
    sandbox.on_text(TO, "never")
    assert run(["send-message", TO, "hello", "--from", FROM, "--no-wait"]) == ExitCode.OK


def test_a_message_of_nothing_is_refused(sandbox: Sandbox, output: Output) -> None:
    assert run(["send-message", TO, "--from", FROM]) == ExitCode.USAGE
    assert sandbox.messages() == []
