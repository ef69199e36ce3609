"""The picture of the rooms is what the import graph says, and every arrow in it points down."""

from __future__ import annotations

import graphlib
import importlib.util
import re
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def rooms() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rooms", ROOT / "docs" / "rooms.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def picture(rooms: Any) -> str:
    text: str = rooms.PICTURE.read_text(encoding="utf-8")
    return text


def test_the_picture_is_what_the_graph_says_today(rooms: Any, picture: str) -> None:
    assert picture == rooms.drawing(), "run: make rooms"


def test_every_folder_and_module_of_both_packages_is_a_room(picture: str) -> None:
    drawn = set(re.findall(r'<text x="\d+" y="\d+">(\w+)</text>', picture))
    there = {
        path.stem
        for folder in (ROOT / "actors" / "relay_actors", ROOT / "runtime" / "relay_runtime")
        for path in folder.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert drawn == there - {"__init__"}


def test_every_arrow_points_down(picture: str) -> None:
    arrows = re.findall(r'class="arrow" d="([^"]+)"', picture)
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
