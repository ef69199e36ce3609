"""The dial, with people who answer, are busy, or never pick up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from official_app import running

from relay_runtime.sandbox import Callee, Sandbox

APP = Path(__file__).with_name("app.py")
A, B = "+15550100001", "+15550100002"
ANSWERS = Callee().rings(2).answers().hears("call for you").waits_for_hangup()


def people(a: Callee, b: Callee) -> Callable[[Sandbox], None]:
    def move_in(sandbox: Sandbox) -> None:
        sandbox.on_dial(A, a)
        sandbox.on_dial(B, b)

    return move_in


@pytest.mark.parametrize("order", ["serial", "parallel"])
def test_the_second_number_answers_when_the_first_does_not(order: str) -> None:
    with running(APP, order, A, B, before=people(Callee().is_busy(), ANSWERS)) as (sandbox, app):
        app.wait_for_line(f"\\{B} answered", "stdout")
        app.wait_for_line("the call ended", "stdout")
        assert app.exit_code() == 0
        assert sandbox.runs(B)[0].wait(15).ok


def test_of_two_that_ring_the_slower_one_is_given_up() -> None:
    with running(APP, "parallel", A, B, before=people(Callee().rings(20).answers(), ANSWERS)) as (sandbox, app):
        app.wait_for_line(f"\\{B} answered", "stdout")
        assert sandbox.runs(A)[0].wait(15).end_reason == "cancel"
        assert app.exit_code() == 0


def test_when_nobody_answers_it_says_why() -> None:
    with running(APP, "serial", A, B, before=people(Callee().declines(), Callee().is_busy())) as (_, app):
        app.wait_for_line("nobody answered: (busy|decline)", "stdout")
        assert app.exit_code() == 0
