"""Which workers have had enough calls."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from relay_runtime.workers.recycling import Recycling
from relay_runtime.workers.tally import Tally
from relay_runtime.workers.worker import State


def place(number: int, serial: int, *, ended: int = 0, up: int = 0, state: State = State.SERVING) -> Any:
    """Return a place whose worker has had some calls."""
    tally = Tally(up=up, ended={"hangup": ended})
    return SimpleNamespace(number=number, worker=SimpleNamespace(serial=serial, state=state, tally=tally))


class Told(list[tuple[int, str]]):
    """Takes down whom to replace, and why."""

    def replace(self, slot: Any, why: str) -> None:
        self.append((slot.number, why))


def test_a_worker_that_has_had_so_many_calls_is_replaced() -> None:
    told = Told()
    slots = [place(1, 1, ended=3, up=2), place(2, 2, ended=4), place(3, 3, ended=7)]
    Recycling(5, slots, told.replace).look()
    assert told == [(1, "has had 5 calls"), (3, "has had 7 calls")]


def test_only_who_serves_is() -> None:
    told = Told()
    slots: list[Any] = [place(1, 1, ended=9, state=state) for state in State if state is not State.SERVING]
    Recycling(5, [*slots, SimpleNamespace(number=2, worker=None)], told.replace).look()
    assert told == []


def test_it_is_told_once_and_again_after_as_many_calls_more_or_when_another_worker_has_had_enough() -> None:
    told = Told()
    slot = place(1, 1, ended=5)
    recycling = Recycling(5, [slot], told.replace)
    for ended in (5, 6, 9, 10, 11):
        slot.worker.tally = Tally(ended={"hangup": ended})
        recycling.look()
    assert told == [(1, "has had 5 calls"), (1, "has had 10 calls")]
    slot.worker = place(1, 2, ended=6).worker
    recycling.look()
    assert told[2:] == [(1, "has had 6 calls")]
