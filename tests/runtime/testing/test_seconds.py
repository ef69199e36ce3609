"""Seconds that somebody gave are looked at before anything waits for them."""

from __future__ import annotations

from typing import Any

import pytest

from relay_runtime.testing.seconds import checked_seconds


@pytest.mark.parametrize("seconds", [0, 2.5, 1e9])
def test_seconds_are_numbers_from_nought(seconds: float) -> None:
    assert checked_seconds("within", seconds) == seconds


@pytest.mark.parametrize("seconds", [-1, -0.1, float("inf"), float("nan"), True, "5", None])
def test_what_is_none_is_refused(seconds: Any) -> None:
    with pytest.raises(ValueError, match=r"within is .*; accepted is a number of seconds from 0"):
        checked_seconds("within", seconds)
