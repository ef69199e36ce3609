"""How often a login may be refused, and what it comes to then."""

from __future__ import annotations

from typing import Any

import pytest

from relay_actors.errors import AuthenticationFailed, ConnectFailed, ConnectionLost
from relay_actors.session.refusals import Refusals
from relay_actors.session.replies import LoginRefused
from relay_actors.timing import Timing

TIMING = Timing(refusals_allowed=2, refusals_allowed_later=4)


def refused() -> LoginRefused:
    return LoginRefused(-32002, "Authentication failed", {"hint": 1}, permanent=True)


class Unusable(Exception):
    """The server can't be used as configured."""

    retryable = False


@pytest.mark.parametrize(("ever_up", "allowed"), [(False, 2), (True, 4)])
def test_after_a_success_more_of_them_are_allowed(ever_up: bool, allowed: int) -> None:
    refusals = Refusals(TIMING, ever_up=ever_up)
    assert [refusals.last(refused()) for _ in range(allowed - 1)] == [None] * (allowed - 1)
    assert isinstance(refusals.last(refused()), AuthenticationFailed)


def test_a_success_makes_more_of_them_allowed_from_then_on() -> None:
    refusals = Refusals(TIMING, ever_up=False)
    assert refusals.last(refused()) is None
    refusals.ever_up = True
    refusals.forget()
    assert [refusals.last(refused()) for _ in range(3)] == [None] * 3
    assert refusals.last(refused()) is not None


def test_the_last_one_says_how_many_there_were_and_what_the_server_has_said() -> None:
    refusals = Refusals(TIMING, ever_up=False)
    refusals.last(refused())
    error: Any = refusals.last(refused())
    assert (error.code, error.data) == (-32002, {"hint": 1})
    assert "login refused 2 times: Authentication failed" in str(error)


def test_a_server_that_cannot_be_used_counts_too_and_is_named_as_the_cause() -> None:
    refusals = Refusals(TIMING, ever_up=False)
    refusals.last(refused())
    why = Unusable("its certificate is of somebody else")
    error = refusals.last(why)
    assert isinstance(error, ConnectFailed)
    assert "could not connect in 2 tries: its certificate is of somebody else" in str(error)
    assert error.__cause__ is why


@pytest.mark.parametrize(
    "reason", [ConnectionLost(), OSError("refused"), LoginRefused(-32000, "busy", permanent=False)]
)
def test_what_may_be_better_the_next_time_does_not_count(reason: Any) -> None:
    refusals = Refusals(Timing(refusals_allowed=1), ever_up=False)
    assert [refusals.last(reason) for _ in range(5)] == [None] * 5
    assert refusals.last(refused()) is not None


def test_without_a_limit_it_is_never_enough() -> None:
    refusals = Refusals(Timing(refusals_allowed_later=None), ever_up=True)
    assert [refusals.last(refused()) for _ in range(20)] == [None] * 20
