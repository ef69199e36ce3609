"""What an actor is asked, and doing without its answer."""

from __future__ import annotations

import time

import gevent
import pykka
import pytest

from relay_actors.errors import ClientStopped
from relay_actors.kit import clock
from relay_actors.kit.future import GreenletFuture
from relay_runtime.client.question import Question, deadline


def test_an_answer_that_is_there_is_not_waited_for() -> None:
    future: GreenletFuture[int] = GreenletFuture()
    future.resolve(7)
    question = Question(future)
    question.wait(time.monotonic() - 1.0)
    assert question.answered
    assert question.answer(0) == 7


def test_an_answer_that_does_not_come_in_time_is_done_without() -> None:
    question = Question(GreenletFuture())
    question.wait(time.monotonic() + 0.001)
    assert not question.answered
    assert question.answer("nothing") == "nothing"


def test_an_answer_that_comes_while_it_is_waited_for_ends_the_wait() -> None:
    future: GreenletFuture[int] = GreenletFuture()
    gevent.spawn(future.resolve, 7)
    question = Question(future)
    question.wait(deadline() + 60.0)
    assert question.answer(0) == 7


@pytest.mark.parametrize("error", [pykka.ActorDeadError("gone"), ClientStopped()])
def test_an_actor_that_dies_has_answered_with_nothing(error: Exception) -> None:
    future: GreenletFuture[int] = GreenletFuture()
    future.fail(error)
    question = Question(future)
    assert question.answered
    assert question.answer(0) == 0


def test_actors_have_a_second_to_answer() -> None:
    with clock.run_by(lambda: 5.0, clock.real_wall):
        assert deadline() == 6.0
