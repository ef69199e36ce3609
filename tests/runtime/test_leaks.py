"""The census behind the proof finds what it is meant to find."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from gevent.hub import get_hub
from proof import leaks

from relay_actors.kit.actor import GreenletActor
from relay_actors.kit.future import GreenletFuture

pytestmark = pytest.mark.slow


def a_timer() -> Any:
    timer = get_hub().loop.timer(60)
    timer.start(lambda: None)
    return timer


LEAKS: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "greenlet": (lambda: gevent.spawn(gevent.sleep, 60), lambda each: each.kill()),
    "actor": (lambda: GreenletActor.start(), lambda each: each.kill()),
    "futures": (lambda: GreenletFuture(), lambda each: each.resolve(None)),
    "watchers": (a_timer, lambda each: each.close()),
    "descriptors": (lambda: os.open("/", os.O_RDONLY), os.close),
}


@pytest.mark.parametrize("kind", sorted(LEAKS))
def test_whatever_is_left_over_is_found_and_nothing_else(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "_SETTLING", 0.2)
    make, end = LEAKS[kind]
    before = leaks.census()
    leak = make()
    assert any(kind in found for found in leaks.left_over(before))
    end(leak)
    assert leaks.left_over(before) == []
