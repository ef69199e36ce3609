"""The call, taken by a person, a machine, and something unheard of."""

from __future__ import annotations

from pathlib import Path

import pytest
from official_app import running

from relay_runtime.sandbox import Callee

APP = Path(__file__).with_name("app.py")
ANSWERS = Callee().rings(1).answers()


@pytest.mark.parametrize(
    ("callee", "said", "told"),
    [
        (ANSWERS.is_human(), "Hello! Your order", "HUMAN answered"),
        (ANSWERS.is_machine(beep_after=4), "This is a message", "left a message"),
        (ANSWERS.is_unknown(), "", "UNKNOWN answered"),
    ],
)
def test_each_answer_gets_what_suits_it(callee: Callee, said: str, told: str) -> None:
    script = (callee.hears(said) if said else callee).waits_for_hangup()
    with running(APP, before=lambda sandbox: sandbox.on_dial("+15550100001", script)) as (sandbox, app):
        app.wait_for_line(told, "stdout")
        app.wait_for_line("the call ended: hangup", "stdout")
        assert app.exit_code() == 0
        assert sandbox.runs("+15550100001")[0].wait(15).ok
