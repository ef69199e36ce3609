"""How a limit is shared out among workers."""

from __future__ import annotations

import pytest

from relay_actors.timing import Timing
from relay_runtime.workers.policy import Policy, share


@pytest.mark.parametrize(("limit", "workers", "parts"), [(10, 3, [4, 3, 3]), (2, 2, [1, 1]), (7, 1, [7])])
def test_the_shares_of_a_limit_are_the_limit(limit: int, workers: int, parts: list[int]) -> None:
    assert [share(limit, number, workers) for number in range(1, workers + 1)] == parts


def test_a_worker_without_a_connection_may_try_to_hang_up_before_it_is_killed() -> None:
    timing = Timing()
    assert Policy().kill_after > timing.hangup_timeout + timing.stop_timeout + timing.close_timeout
