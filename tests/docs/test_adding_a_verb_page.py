"""The verb of the page about adding one: what is to be written is accepted, and does what it is for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from walkthrough import block_with

from relay_actors.call.actions import base
from relay_actors.call.verbs import media
from relay_actors.wire import methods
from relay_actors.wire.checks import check_params
from relay_actors.wire.events import RelayEvent
from relay_actors.wire.rules import Shape

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-verb.md").read_text(encoding="utf-8")
ROW = block_with(PAGE, '"calling.whistle": _takes(')
METHOD = block_with(PAGE, "def whistle(self")
ACTION = block_with(PAGE, "class WhistleAction(")
WHISTLE = "calling.whistle"


class Operator:
    """A call that notes what it is asked to send."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def refuse_elsewhere(self) -> None: ...

    def command(self, method: str, _params: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(method)
        return {}


class Verbs:
    """Where the method of a verb stands."""

    _relay = Operator()


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> dict[str, Shape]:
    """The table of methods, with the row of the page."""
    row: dict[str, Shape] = eval(f"{{{ROW}}}", dict(vars(methods)))
    changed = {**methods.METHODS, **row}
    monkeypatch.setattr("relay_actors.wire.checks.METHODS", changed)
    return changed


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("params", [{"tune": "up"}, {"tune": "down", "volume": -4.5}])
def test_the_method_sends_what_the_row_takes(monkeypatch: pytest.MonkeyPatch, params: dict[str, Any]) -> None:
    sent: list[tuple[str, dict[str, Any]]] = []

    def invoke(_relay: object, method: str, given: dict[str, Any]) -> dict[str, Any]:
        sent.append((method, check_params(method, given)))
        return {}

    names = {**vars(media), "invoke": invoke}
    exec(METHOD, names)
    names["whistle"](Verbs(), **params)
    assert sent == [(WHISTLE, params)]


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("params", [{}, {"tune": "sideways"}, {"tune": "up", "volume": 41}])
def test_the_row_refuses_what_it_says(params: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"tune|volume"):
        check_params(WHISTLE, params)


def test_the_action_can_be_stopped_by_a_method_of_its_own() -> None:
    class WhistleEvent(RelayEvent, frozen=True, kw_only=True):
        EVENT_TYPE = "calling.call.whistle"

    names = {**vars(base), "WhistleEvent": WhistleEvent}
    exec(ACTION, names)
    operator = Operator()
    action = names["WhistleAction"](operator, "control-1", None)
    action.stop()
    assert operator.asked == [f"{WHISTLE}.stop"]


@pytest.mark.parametrize("path", re.findall(r"`((?:actors|runtime|tests|tools|docs)/[\w/.-]+)`", PAGE))
def test_every_file_that_it_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()
