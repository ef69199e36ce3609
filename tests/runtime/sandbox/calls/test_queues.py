"""Queues: places in order, and who takes whom."""

from __future__ import annotations

from typing import Any

from relay_runtime.sandbox.calls.queues import Queues


class Place:
    """A place that leaves the queue when its call is taken."""

    def __init__(self, queues: Queues, call: Any) -> None:
        self.queues = queues
        self.call = call

    def taken(self) -> None:
        self.queues.leave("support", self)


def test_the_first_who_waits_is_taken_first_and_nobody_takes_himself() -> None:
    queues, first, second = Queues(), object(), object()
    assert [queues.join("support", Place(queues, call)) for call in (first, second)] == [1, 2]
    taker: Any = first
    assert queues.take("support", taker) is second
    assert queues.take("support", taker) is None
    other: Any = object()
    assert queues.take("support", other) is first
    assert queues.take("nobody waits here", other) is None


def test_a_queue_keeps_its_id_and_leaving_twice_is_harmless() -> None:
    queues = Queues()
    assert queues.id_of("support") == queues.id_of("support") != queues.id_of("sales")
    place = Place(queues, object())
    queues.join("support", place)
    queues.leave("support", place)
    queues.leave("support", place)
    queues.leave("never opened", place)
    assert queues.waiting["support"] == []
