from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from doubles.hub import LIMIT, turns
from doubles.started import Started

from relay_actors.kit.server import ServerActor


class Calculator(ServerActor):
    def __init__(self) -> None:
        super().__init__()
        self.total = 0
        self.handles({int: self._add, str: self._refuse})

    def _add(self, number: int) -> int:
        self.total += number
        return self.total

    def _refuse(self, text: str) -> None:
        raise ValueError(text)


class Doubling(Calculator):
    def __init__(self) -> None:
        super().__init__()
        self.handles({int: lambda number: self._add(2 * number), float: round})


def test_a_message_goes_to_the_handler_of_its_type_whose_value_is_the_answer(started: Started) -> None:
    actor = started(Calculator())
    actor.ref.tell(1)
    assert actor.ref.ask(2, timeout=LIMIT) == 3
    with pytest.raises(ValueError, match="no number"):
        actor.ref.ask("no number", timeout=LIMIT)


def test_a_subclass_adds_handlers_and_replaces_some(started: Started) -> None:
    actor = started(Doubling())
    assert actor.ref.ask(2, timeout=LIMIT) == 4
    assert actor.ref.ask(2.2, timeout=LIMIT) == 2
    with pytest.raises(ValueError, match="as before"):
        actor.ref.ask("as before", timeout=LIMIT)


@pytest.mark.parametrize("message", [b"bytes", True], ids=["of no type in the table", "of a subclass of one"])
def test_a_message_that_nobody_expects_is_logged_and_answered_by_none(
    started: Started, message: Any, log_lines: list[str]
) -> None:
    actor = started(Calculator())
    assert actor.ref.ask(message, timeout=LIMIT) is None
    assert any(f"got an unexpected {type(message).__name__}" in line for line in log_lines)


def test_a_stopped_actor_goes_without_the_garbage_collector() -> None:
    actor = Calculator()
    actor.launch()
    turns()
    gone = weakref.ref(actor)
    gc.disable()
    try:
        actor.ref.stop(timeout=LIMIT)
        del actor
        turns()
        assert gone() is None
    finally:
        gc.enable()
