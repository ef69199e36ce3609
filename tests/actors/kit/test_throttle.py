from __future__ import annotations

from relay_actors.kit.throttle import Throttle


def test_what_happens_often_is_told_at_once_and_then_every_ten_seconds() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    assert [throttle.tell() for _ in range(3)] == [1, 0, 0]
    now[0] = 10.0
    assert [throttle.tell() for _ in range(2)] == [3, 0]
