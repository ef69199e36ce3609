"""Draws the rooms of the code and who imports whom, from the import graph as it is now.

A room is a folder or a module right under ``relay_runtime`` (the machine) or ``relay_actors`` (the model). Each stands
one floor above the highest room that it imports, imports for the type checker included; so every arrow points down,
and a circle can't be drawn. An arrow that a longer way down implies is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import Final

import grimp

from drawings.canvas import Canvas

__all__ = ["HOUSES", "drawing", "floors", "imports", "reduced"]

HOUSES: Final = {"relay_runtime": "the machine", "relay_actors": "the model"}
"""The packages from top to bottom, and what each is."""

Imports = Mapping[str, frozenset[str]]
"""From each room to the rooms that it imports."""

WIDTH: Final = 860
_BOX: Final = (112, 34)  # width and height of a room
_LANE: Final = 26  # width of the way of an arrow past a room
_GAP: Final = 22  # between rooms on one floor
_FLOOR: Final = 66  # from one floor to the next


def imports(package: str) -> Imports:
    """Return what each room of a package imports of its other rooms."""
    graph = grimp.build_graph(package, exclude_type_checking_imports=False, cache_dir=None)
    found: dict[str, set[str]] = {room.removeprefix(f"{package}."): set() for room in graph.find_children(package)}
    for module in graph.modules - {package}:
        room = module.split(".")[1]
        for imported in graph.find_modules_directly_imported_by(module) - {package}:
            found[room].add(imported.split(".")[1])
    return {room: frozenset(below - {room}) for room, below in sorted(found.items())}


def floors(rooms: Imports) -> list[list[str]]:
    """Return the rooms by floors, the ground floor first.

    Raises:
        graphlib.CycleError: rooms import each other in a circle.
    """
    level: dict[str, int] = {}
    for room in TopologicalSorter(rooms).static_order():
        level[room] = 1 + max((level[below] for below in rooms[room]), default=-1)
    return [sorted(room for room in level if level[room] == floor) for floor in range(max(level.values()) + 1)]


def reduced(rooms: Imports) -> Imports:
    """Return the imports without those that a longer way down implies."""
    reach: dict[str, frozenset[str]] = {}
    for room in TopologicalSorter(rooms).static_order():
        reach[room] = rooms[room].union(*(reach[below] for below in rooms[room]))
    return {
        room: frozenset(to for to in below if not any(to in reach[other] for other in below))
        for room, below in rooms.items()
    }


class _House:
    """One package, laid out: each room and each bend of a long arrow has its place on a floor."""

    def __init__(self, rooms: Imports) -> None:
        self.rows = [list(row) for row in reversed(floors(rooms))]  # the top floor first
        self._row_of = {room: row for row, names in enumerate(self.rows) for room in names}
        self.ways: list[list[str]] = []
        for room, below in reduced(rooms).items():
            for to in sorted(below):
                self.ways.append(self._way(room, to))
        self._below: dict[str, list[str]] = {}
        self._above: dict[str, list[str]] = {}
        for way in self.ways:
            for upper, lower in pairwise(way):
                self._below.setdefault(upper, []).append(lower)
                self._above.setdefault(lower, []).append(upper)
        self._untangle()

    @property
    def height(self) -> int:
        return (len(self.rows) - 1) * _FLOOR + _BOX[1]

    def _way(self, room: str, to: str) -> list[str]:
        """Return the stops of an arrow, with one bend on each floor that it passes."""
        bends = []
        for row in range(self._row_of[room] + 1, self._row_of[to]):
            bends.append(f"{room}>{to}@{row}")
            self.rows[row].append(bends[-1])
        return [room, *bends, to]

    def _untangle(self) -> None:
        """Order each floor so that few arrows cross: by the middle of what stands next to it, down and up in turns."""
        best, fewest = [list(row) for row in self.rows], self._crossings()
        for turn in range(24):
            down = turn % 2 == 0
            neighbours = self._above if down else self._below
            pairs = list(pairwise(self.rows))
            for upper, lower in pairs if down else reversed(pairs):
                fixed, free = (upper, lower) if down else (lower, upper)
                place = {name: (index + 0.5) / len(fixed) for index, name in enumerate(fixed)}
                own = {name: (index + 0.5) / len(free) for index, name in enumerate(free)}
                free.sort(key=lambda name: _mean([place[n] for n in neighbours.get(name, ()) if n in place], own[name]))
            if (crossings := self._crossings()) < fewest:
                best, fewest = [list(row) for row in self.rows], crossings
        self.rows = best

    def _crossings(self) -> int:
        count = 0
        for upper, lower in pairwise(self.rows):
            place = {name: index for index, name in enumerate(lower)}
            lines = [(index, place[to]) for index, name in enumerate(upper) for to in self._below.get(name, ())]
            count += sum((a - c) * (b - d) < 0 for at, (a, b) in enumerate(lines) for c, d in lines[at + 1 :])
        return count

    def places(self, top: int) -> dict[str, tuple[float, int]]:
        """Return the middle of the upper edge of everything, its floors centred."""
        found = {}
        for row, names in enumerate(self.rows):
            widths = [_LANE if "@" in name else _BOX[0] for name in names]
            left = (WIDTH - sum(widths) - _GAP * (len(names) - 1)) / 2
            for name, width in zip(names, widths, strict=True):
                found[name] = (left + width / 2, top + row * _FLOOR)
                left += width + _GAP
        return found


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _way(stops: list[tuple[float, int]]) -> str:
    """Return a line from under the first stop, through the bends, down to the last."""
    x, y = stops[0]
    y += _BOX[1]
    path = f"M{x:.0f},{y}"
    for index, (to_x, to_y) in enumerate(stops[1:], 1):
        end = to_y - 5 if index == len(stops) - 1 else to_y
        half = (y + end) / 2
        path += f" C{x:.0f},{half:.0f} {to_x:.0f},{half:.0f} {to_x:.0f},{end}"
        x, y = to_x, end
        if index < len(stops) - 1:
            y += _BOX[1]
            path += f" V{y}"
    return path


def _draw_house(canvas: Canvas, package: str, top: int) -> int:
    """Draw one house; return where it ends."""
    house = _House(imports(package))
    places = house.places(top + 40)
    bottom = top + 40 + house.height + 18
    canvas.box(10, top, WIDTH - 20, bottom - top, "panel")
    canvas.text(26, top + 26, f"{package}: {HOUSES[package]}", "name")
    for way in house.ways:
        canvas.arrow(_way([places[stop] for stop in way]))
    for name, (x, y) in places.items():
        if "@" not in name:
            canvas.box(x - _BOX[0] / 2, y, *_BOX)
            canvas.text(x, y + 22, name, "room")
    return bottom


def drawing() -> str:
    """Return the picture of today."""
    canvas = Canvas(
        "The rooms of the code; each arrow goes from a room to one that it imports",
        "The rooms of relay_runtime, the machine, by floors, and below it those of relay_actors, the model. "
        "Every arrow points down.",
        WIDTH,
    )
    top = 0
    for package in HOUSES:
        if top:
            canvas.arrow(f"M{WIDTH // 2},{top} v30", "broad")
            canvas.text(WIDTH // 2 + 16, top + 24, "the machine imports the model, never the reverse", "note")
        top = _draw_house(canvas, package, top + (42 if top else 10))
    return canvas.svg(top + 10)
