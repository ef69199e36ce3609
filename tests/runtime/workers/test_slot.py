"""One place for a worker process."""

from __future__ import annotations

from collections.abc import Callable

import gevent
import pytest
from doubles.placed import Placed

from relay_actors.kit.restarts import Backoff
from relay_runtime.workers import Parent
from relay_runtime.workers.slot import Slot
from relay_runtime.workers.worker import State


def test_a_place_that_nobody_has_is_empty_and_serves_nobody() -> None:
    slot = Slot(1, Backoff())
    assert (slot.empty, slot.serving, slot.living) == (True, False, [])


@pytest.mark.parametrize("state", State)
def test_a_place_serves_when_its_worker_does(parent: Parent, placed: Callable[..., Placed], state: State) -> None:
    worker, slot = placed(1, state), parent.slots[0]
    assert not slot.empty
    assert slot.serving == (state is State.SERVING)
    assert slot.living == ([] if state is State.DEAD else [worker])


def test_a_replacement_lives_beside_the_worker(parent: Parent, placed: Callable[..., Placed]) -> None:
    first, second = placed(1, State.DRAINING), placed(2, State.LOADED)
    slot = parent.slots[0]
    slot.successor = second  # type: ignore[assignment]
    assert slot.living == [first, second]
    assert not slot.serving


def test_a_start_that_is_cancelled_does_not_come() -> None:
    slot = Slot(1, Backoff())
    started: list[str] = []
    slot.due = 0.0
    slot.timer.call_after(0.0, started.append, "start")
    slot.cancel()
    slot.cancel()
    gevent.sleep(0.001)
    assert (slot.due, started) == (None, [])
