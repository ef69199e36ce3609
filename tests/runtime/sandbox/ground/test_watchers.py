"""Watchers: told in order, until they want no more."""

from __future__ import annotations

from relay_runtime.sandbox.ground.watchers import Watchers


def test_all_are_told_in_order_until_they_want_no_more() -> None:
    watchers: Watchers[int] = Watchers()
    told: list[tuple[str, int]] = []
    end = watchers.add(lambda value: told.append(("first", value)))
    watchers.add(lambda value: told.append(("second", value)))
    watchers.tell(1)
    end()
    end()
    watchers.tell(2)
    assert told == [("first", 1), ("second", 1), ("second", 2)]
    assert len(watchers) == 1
    watchers.clear()
    watchers.tell(3)
    assert len(told) == 3


def test_who_is_added_or_leaves_meanwhile_changes_nothing_of_this_round() -> None:
    watchers: Watchers[int] = Watchers()
    told: list[str] = []

    def first(_: int) -> None:
        told.append("first")
        end()
        watchers.add(lambda _: told.append("late"))

    end = watchers.add(first)
    watchers.add(lambda _: told.append("second"))
    watchers.tell(1)
    assert told == ["first", "second"]
