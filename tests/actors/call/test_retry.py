"""Trying a command again is the user's word."""

from __future__ import annotations

from typing import Any

import pytest

from relay_actors.call.retry import retrying
from relay_actors.errors import CallEnded, ConnectionLost, NotConnected, RelayError, RequestTimeout


class Step:
    """Fails with each of ``errors`` in turn, then returns what it was given."""

    def __init__(self, *errors: RelayError) -> None:
        self.errors = list(errors)
        self.tries = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        return args, kwargs


def test_a_step_that_works_is_done_once() -> None:
    step = Step()
    assert retrying(step, 1, two=2) == ((1,), {"two": 2})
    assert step.tries == 1


@pytest.mark.parametrize("sent", [True, False])
def test_a_step_is_done_again_each_time_the_connection_drops(sent: bool) -> None:
    step = Step(*(ConnectionLost(sent=sent) for _ in range(3)))
    assert retrying(step, "again") == (("again",), {})
    assert step.tries == 4


@pytest.mark.parametrize(
    "error", [CallEnded(), NotConnected("x"), RequestTimeout("x", sent=True), RelayError(500, "x")]
)
def test_any_other_error_is_raised_at_once(error: RelayError) -> None:
    step = Step(ConnectionLost(), error, ConnectionLost())
    with pytest.raises(type(error)):
        retrying(step)
    assert step.tries == 2
