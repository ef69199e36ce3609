"""What happens often is told of rarely, and nothing that happened is left out of the count."""

from __future__ import annotations

from typing import Any

from loguru import logger

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


def test_each_line_has_a_pace_of_its_own_and_ends_with_how_often_it_came(log_lines: list[str]) -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    for number in range(3):
        throttle.warning("guest {} is late", number, call_id=f"c{number}")
        throttle.info("the door is open")
        now[0] += 6.0
    assert [line.rstrip() for line in log_lines] == [
        "WARNING guest 0 is late {'call_id': 'c0'}",
        "INFO the door is open {}",
        "WARNING guest 2 is late; 1 more since the last word {'call_id': 'c2'}",
        "INFO the door is open; 1 more since the last word {}",
    ]


def test_a_line_names_the_place_that_logs_it_and_takes_no_brace_of_what_it_tells_for_a_place() -> None:
    records: list[Any] = []
    sink = logger.add(lambda message: records.append(message.record))
    try:
        Throttle().error("{} failed", "{0}")
    finally:
        logger.remove(sink)
    assert [(each["name"], each["message"], each["level"].name) for each in records] == [
        (__name__, "{0} failed", "ERROR")
    ]
