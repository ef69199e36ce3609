"""The garbage collector of a process that serves calls."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from relay_runtime.process import collector
from relay_runtime.process.collector import ease_collector


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was done to the collector, in order; this process' own stays as it is."""
    done: list[str] = []
    before = gc.get_threshold()
    monkeypatch.setattr(collector, "_AS_STARTED", before)
    monkeypatch.setattr(gc, "collect", lambda: done.append("collect"))
    monkeypatch.setattr(gc, "freeze", lambda: done.append("freeze"))
    yield done
    gc.set_threshold(*before)


def test_what_start_up_has_made_is_frozen_without_its_garbage(frozen: list[str]) -> None:
    ease_collector()
    assert frozen == ["collect", "freeze"]


def test_it_looks_more_seldom(frozen: list[str]) -> None:
    before = gc.get_threshold()
    ease_collector()
    assert gc.get_threshold()[0] > before[0]


@pytest.mark.parametrize("own", [(50_000, 20, 100), (100, 10, 10), (0, 0, 0)])
def test_thresholds_of_the_apps_own_stay(frozen: list[str], own: Any) -> None:
    gc.set_threshold(*own)
    kept = gc.get_threshold()
    ease_collector()
    assert gc.get_threshold() == kept
