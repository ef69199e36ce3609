"""What is still to be dialled: what comes first, and what is left."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.campaign import items

from relay_runtime.campaign.backlog import Backlog, Entry


def taken(backlog: Backlog, now: float = 0.0) -> list[Any]:
    found = []
    while (entry := backlog.take(now)) is not None:
        found.append(entry.item.key)
    return found


def test_who_is_due_again_comes_first_then_single_items_then_iterables() -> None:
    zero, one, two, three = items(4)
    backlog = Backlog()
    backlog.add_source([three])
    backlog.add(two)
    backlog.keep_until(5.0, Entry(one))
    backlog.keep_until(3.0, Entry(zero))
    assert len(backlog) == 3
    assert taken(backlog, now=5.0) == [0, 1, 2, 3]
    assert not backlog


def test_who_was_put_back_is_the_next() -> None:
    backlog = Backlog()
    for item in items(2):
        backlog.add(item)
    entry = backlog.take(0.0)
    assert entry is not None
    backlog.put_back(entry)
    assert taken(backlog) == [0, 1]


def test_an_entry_waits_until_its_moment() -> None:
    (item,) = items(1)
    backlog = Backlog()
    assert backlog.delay(0.0) is None
    backlog.keep_until(60.0, Entry(item))
    assert (backlog.delay(15.0), backlog.take(59.9)) == (45.0, None)
    assert (backlog.delay(61.0), taken(backlog, 60.0)) == (0.0, [0])


def test_an_iterable_is_known_to_be_empty_only_when_it_was_asked() -> None:
    backlog = Backlog()
    backlog.add_source(iter(()))
    backlog.add_source(items(1))
    assert backlog
    assert backlog.unread
    assert (len(backlog), backlog.delay(0.0)) == (0, 0.0)
    assert taken(backlog) == [0]
    assert not backlog
    assert not backlog.unread


def test_the_rest_gives_each_item_once_however_often_it_is_asked() -> None:
    backlog = Backlog()
    backlog.add_source(items(5)[2:])
    backlog.keep_until(9.0, Entry(items(2)[1]))
    backlog.add(items(1)[0])
    first, second = backlog.rest(), backlog.rest()
    assert [next(first).key, next(second).key, next(first).key] == [0, 1, 2]
    assert [item.key for item in second] == [3, 4]
    assert list(first) == []
    assert not backlog


def test_what_is_no_item_is_refused() -> None:
    backlog = Backlog()
    wrong: Any = [5]
    backlog.add_source(wrong)
    with pytest.raises(TypeError, match="gave a int; accepted are CampaignItems"):
        backlog.take(0.0)
