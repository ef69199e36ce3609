"""Which retries are accepted."""

from __future__ import annotations

from typing import Any

import pytest

from relay_runtime import END_REASON_DECLINE, Retry


def test_busy_and_no_answer_are_tried_again_unless_others_are_named() -> None:
    assert Retry(delays=(60, 300)).on == ("busy", "noAnswer")
    assert Retry(delays=[0.5], on=(END_REASON_DECLINE, "refused")).on == ("decline", "refused")  # type: ignore[arg-type]


@pytest.mark.parametrize("delays", [(), 60, (-1,), (float("inf"),), (float("nan"),), (True,), ("60",), None])
def test_delays_that_are_none_are_refused(delays: Any) -> None:
    with pytest.raises(ValueError, match=r"^delays is .*; accepted are seconds from 0, one number for each further"):
        Retry(delays=delays)


@pytest.mark.parametrize("on", [(), "busy", ("no_answer",), ("Busy",), (5,), None])
def test_reasons_that_are_not_known_are_refused_and_the_known_ones_named(on: Any) -> None:
    with pytest.raises(ValueError, match=r"^on is .*; accepted are reasons, .*busy.*noAnswer.*refused"):
        Retry(delays=(1,), on=on)
