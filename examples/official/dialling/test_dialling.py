"""The dial, with people who answer, are busy, or never pick up."""

from __future__ import annotations

from pathlib import Path

import pytest
from official_app import running

from relay_runtime.sandbox import Callee, Sandbox

APP = Path(__file__).with_name("app.py")
A, B = "+15550100001", "+15550100002"
ANSWERS = Callee().rings(2).answers().hears("call for you").waits_for_hangup()


def whoever_answers(sandbox: Sandbox, a: Callee, b: Callee) -> None:
    sandbox.on_dial(A, a)
    sandbox.on_dial(B, b)


@pytest.mark.parametrize("order", ["serial", "parallel"])
def test_the_second_number_answers_when_the_first_does_not(order: str) -> None:
    with running(APP, order, A, B) as (sandbox, app):
        whoever_answers(sandbox, Callee().is_busy(), ANSWERS)
        app.wait_for_line(f"\\{B} answered", "stdout")
        app.wait_for_line("the call ended", "stdout")
        assert app.exit_code() == 0
        assert sandbox.runs(B)[0].wait(15).ok


def test_of_two_that_ring_the_slower_one_is_given_up() -> None:
    with running(APP, "parallel", A, B) as (sandbox, app):
        whoever_answers(sandbox, Callee().rings(20).answers(), ANSWERS)
        app.wait_for_line(f"\\{B} answered", "stdout")
        assert sandbox.runs(A)[0].wait(15).end_reason == "cancel"
        assert app.exit_code() == 0


def test_when_nobody_answers_it_says_why() -> None:
    with running(APP, "serial", A, B) as (sandbox, app):
        whoever_answers(sandbox, Callee().declines(), Callee().is_busy())
        app.wait_for_line("nobody answered: (busy|decline)", "stdout")
        assert app.exit_code() == 0
