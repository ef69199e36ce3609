"""The picture of the rooms is what the import graph says, and every arrow in it points down."""

from __future__ import annotations

import graphlib
import importlib
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


PICTURE = (ROOT / "docs" / "img" / "rooms.svg").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rooms() -> Iterator[Any]:
    """What draws it; its path is gone again behind the tests, and what was imported by it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "docs")
        yield importlib.import_module("drawings.rooms")
    for name in [name for name in sys.modules if name.partition(".")[0] == "drawings"]:
        del sys.modules[name]


def test_the_picture_is_what_the_graph_says_today(rooms: Any) -> None:
    assert rooms.drawing() == PICTURE, "run: make rooms"


def test_every_folder_and_module_of_both_packages_is_a_room() -> None:
    drawn = set(re.findall(r'<text class="room" x="\d+" y="\d+">(\w+)</text>', PICTURE))
    there = {
        path.stem
        for folder in (ROOT / "actors" / "relay_actors", ROOT / "runtime" / "relay_runtime")
        for path in folder.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert drawn == there - {"__init__"}


def test_every_arrow_points_down() -> None:
    arrows = re.findall(r'class="arrow" d="([^"]+)"', PICTURE)
    assert len(arrows) > 20
    for arrow in arrows:
        heights = [float(y) for y in re.findall(r"[ M][\d.]+,([\d.]+)", arrow)]
        assert all(upper <= lower for upper, lower in pairwise(heights)), arrow


def test_an_arrow_that_a_longer_way_implies_is_left_out_and_every_other_is_drawn(rooms: Any) -> None:
    chain = {"a": frozenset("bc"), "b": frozenset("c"), "c": frozenset(), "d": frozenset("c")}
    assert rooms.reduced(chain) == {"a": {"b"}, "b": {"c"}, "c": set(), "d": {"c"}}
    assert rooms.floors(chain) == [["c"], ["b", "d"], ["a"]]


def test_rooms_that_import_each_other_cannot_be_drawn(rooms: Any) -> None:
    with pytest.raises(graphlib.CycleError):
        rooms.floors({"a": frozenset("b"), "b": frozenset("a")})
