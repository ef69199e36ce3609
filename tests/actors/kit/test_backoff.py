"""The delay before the next try: clamped, and spread over its whole range."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_actors.kit.backoff import backoff_ceiling, backoff_delay


@pytest.mark.parametrize(("attempt", "ceiling"), [(0, 1.0), (1, 2.0), (2, 4.0), (4, 16.0), (5, 30.0), (10_000, 30.0)])
def test_the_ceiling_doubles_from_one_second_to_thirty(attempt: int, ceiling: float) -> None:
    assert backoff_ceiling(attempt) == ceiling


def test_an_attempt_of_any_size_has_a_finite_ceiling() -> None:
    assert backoff_ceiling(10**30, first=1e-300, limit=1e300) < float("inf")


@pytest.mark.parametrize("attempt", [0, 1, 10_000])
def test_the_jitter_is_full(attempt: int) -> None:
    assert backoff_delay(attempt, 0.0) == 0.0
    assert backoff_delay(attempt, 0.5) == backoff_ceiling(attempt) / 2
    assert backoff_delay(attempt, 0.999_999) < backoff_ceiling(attempt)


@given(
    attempt=st.integers(0, 10_000),
    chance=st.floats(0, 1, exclude_max=True),
    first=st.floats(1e-6, 1e3),
    limit=st.floats(1e-6, 1e3),
)
def test_no_delay_is_negative_or_above_the_limit(attempt: int, chance: float, first: float, limit: float) -> None:
    assert 0.0 <= backoff_delay(attempt, chance, first=first, limit=limit) <= limit


@given(first=st.floats(1e-6, 1e3), limit=st.floats(1e-6, 1e3))
def test_the_ceiling_never_falls(first: float, limit: float) -> None:
    ceilings = [backoff_ceiling(attempt, first=first, limit=limit) for attempt in range(80)]
    assert all(a <= b for a, b in itertools.pairwise(ceilings))


@pytest.mark.parametrize(
    ("attempt", "first", "limit"), [(-1, 1.0, 30.0), (0, 0.0, 30.0), (0, -1.0, 30.0), (0, 1.0, 0.0)]
)
def test_what_makes_no_sense_is_refused(attempt: int, first: float, limit: float) -> None:
    with pytest.raises(ValueError, match="attempt is|seconds above 0"):
        backoff_ceiling(attempt, first=first, limit=limit)
