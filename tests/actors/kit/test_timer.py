from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from doubles.hub import active_watchers, turns, until

from relay_actors.kit.timer import Timer


@pytest.fixture
def mail() -> list[Any]:
    return []


@pytest.fixture
def to(mail: list[Any]) -> Any:
    return SimpleNamespace(offer=mail.append)


def test_the_message_comes_once_when_its_time_is_over(mail: list[Any], to: Any) -> None:
    timer = Timer()
    assert not timer.started
    timer.send_after(0.001, to, "due")
    assert timer.started
    assert mail == []
    until(lambda: mail)
    turns()
    assert mail == ["due"]
    assert timer.started  # until somebody has seen to it
    timer.cancel()
    assert not timer.started


@pytest.mark.parametrize("seconds", [0, -1.0])
def test_no_time_is_at_once_but_not_before_the_hub_has_its_turn(mail: list[Any], to: Any, seconds: float) -> None:
    timer = Timer()
    timer.send_after(seconds, to, "due")
    assert mail == []
    until(lambda: mail == ["due"])
    timer.cancel()


def test_what_is_cancelled_never_comes_and_may_be_cancelled_again(mail: list[Any], to: Any) -> None:
    before, timer = active_watchers(), Timer()
    timer.cancel()
    timer.send_after(0, to, "never")
    timer.cancel()
    timer.cancel()
    assert active_watchers() == before
    assert mail == []


def test_started_again_it_forgets_the_former_message(mail: list[Any], to: Any) -> None:
    before, timer = active_watchers(), Timer()
    timer.send_after(0, to, "former")
    timer.send_after(0, to, "newest")
    until(lambda: mail)
    turns()
    assert mail == ["newest"]
    timer.cancel()
    assert active_watchers() == before


def test_a_message_may_come_again_and_again(mail: list[Any], to: Any) -> None:
    timer = Timer()
    timer.send_after(0.001, to, "again", repeat=True)
    until(lambda: len(mail) >= 3)
    timer.cancel()
    assert set(mail) == {"again"}


def test_a_function_is_called_with_its_arguments_again_and_again_until_it_is_cancelled() -> None:
    before, timer, seen = active_watchers(), Timer(), list[tuple[str, int]]()
    timer.call_after(0.001, lambda *given: seen.append(given), "a", 1, repeat=True)
    until(lambda: len(seen) >= 3)
    timer.cancel()
    assert set(seen) == {("a", 1)}
    assert active_watchers() == before
