"""``relay-runtime dial``: call somebody, say a text, tell the outcome."""

from __future__ import annotations

import msgspec
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Callee, Sandbox

LIMIT = 60.0
TO, FROM = "+15550100001", "+15550100099"


def dial(*arguments: str) -> int:
    return run(["dial", TO, "--from", FROM, "--timeout", "5", *arguments])


def test_a_dial_says_its_text_hangs_up_and_tells_so(sandbox: Sandbox, output: Output) -> None:
    sandbox.on_dial(TO, Callee().answers().hears("Your table").waits_for_hangup())
    assert dial("--say", "Your table is ready.", "--json") == ExitCode.OK
    outcome = msgspec.json.decode(output()[0])
    (held,) = sandbox.runs(TO)
    assert held.wait(LIMIT).ok
    assert outcome.pop("seconds") >= 0
    assert outcome == {"outcome": "answered", "call_id": held.call_id, "reason": "hangup", "said": True}


def test_a_callee_who_hangs_up_in_mid_sentence_was_reached_but_not_told(sandbox: Sandbox, output: Output) -> None:
    sandbox.on_dial(TO, Callee().answers().hangs_up_while_hearing("Your"))
    assert dial("--say", "Your table is ready.", "--json") == ExitCode.OK
    outcome = msgspec.json.decode(output()[0])
    assert (outcome["outcome"], outcome["said"]) == ("answered", False)


def test_a_dial_that_nobody_answers_has_an_exit_code_of_its_own(sandbox: Sandbox, output: Output) -> None:
    sandbox.on_dial(TO, Callee().is_busy())
    assert dial() == ExitCode.NEGATIVE
    out, err = output()
    assert out.startswith("failed (busy) after ")
    assert err == ""


def test_a_dial_that_the_server_refuses_says_why(sandbox: Sandbox, output: Output) -> None:
    sandbox.arm("calling.dial", reply={"code": "422", "message": "no such number"})
    assert dial("--json") == ExitCode.NEGATIVE
    outcome = msgspec.json.decode(output()[0])
    assert outcome["outcome"] == "refused"
    assert "no such number" in outcome["reason"]


def test_a_number_that_is_none_is_refused_before_anything_is_sent(sandbox: Sandbox, output: Output) -> None:
    assert run(["dial", "5550100001", "--from", FROM]) == ExitCode.USAGE
    out, err = output()
    assert out == ""
    assert "E.164" in err
    assert sandbox.runs() == []
