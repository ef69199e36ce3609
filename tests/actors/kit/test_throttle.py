"""What happens often is told of rarely, and nothing that happened is left out of the count."""

from __future__ import annotations

from relay_actors.kit.throttle import Throttle


def test_what_happens_often_is_told_at_once_and_then_every_ten_seconds() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    assert [throttle.tell() for _ in range(3)] == [1, 0, 0]
    now[0] = 10.0
    assert [throttle.tell() for _ in range(2)] == [3, 0]


def test_whatever_the_pace_the_counts_that_are_told_add_up_to_what_happened() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    told = 0
    for step in range(100):
        now[0] += step % 7
        told += throttle.tell()
    now[0] += 10.0
    assert told + throttle.tell() == 101


def test_each_line_has_a_pace_of_its_own() -> None:
    throttle = Throttle(lambda: 0.0)
    assert [throttle.tell("a"), throttle.tell("b"), throttle.tell("a")] == [1, 1, 0]
