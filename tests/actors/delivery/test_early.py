from __future__ import annotations

from typing import Any

import pytest

from relay_actors.delivery.early import EarlyEvents
from relay_actors.telemetry.stats import Stats


@pytest.fixture
def vain() -> list[Any]:
    return []


@pytest.fixture
def stats() -> Stats:
    return Stats()


@pytest.fixture
def early(stats: Stats, vain: list[Any]) -> EarlyEvents:
    return EarlyEvents(10.0, stats, vain.append)


def test_events_are_claimed_in_order_and_once(early: EarlyEvents) -> None:
    for event in ("first", "second"):
        early.keep("a", event)
    early.keep("b", "another's")
    assert "a" in early.kept
    assert early.claim("a") == ["first", "second"]
    assert early.claim("a") == []
    assert "a" not in early.kept


def test_beyond_a_thousand_ids_those_of_the_oldest_are_given_up(early: EarlyEvents, vain: list[Any]) -> None:
    for number in range(1_002):
        early.keep(str(number), number)
    assert vain == [0, 1]
    assert len(early.kept) == 1_000


def test_beyond_fifty_events_of_an_id_they_are_dropped_and_counted(
    early: EarlyEvents, stats: Stats, vain: list[Any]
) -> None:
    for number in range(60):
        early.keep("a", number)
    assert early.claim("a") == list(range(50))
    assert stats.events_unrouted == 10
    assert vain == []


def test_what_was_kept_for_too_long_is_given_up_all_of_it(stats: Stats, vain: list[Any]) -> None:
    early = EarlyEvents(-1.0, stats, vain.append)
    early.keep("a", 1)
    assert vain == []
    early.keep("b", 2)
    assert vain == [1]
    early.expire()
    assert vain == [1, 2]
    assert len(early.kept) == 0
