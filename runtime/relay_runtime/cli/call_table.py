"""Live calls as a table that fits a terminal: which call it is, and where its code stands, are never left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from relay_actors.telemetry.status import CallStatus

__all__ = ["STYLES", "CallTable", "duration", "id_length", "shortened", "spoken"]

STYLES: Final = {
    "serving": "green",
    "running": "green",
    "connected": "green",
    "answered": "green",
    "starting": "yellow",
    "connecting": "yellow",
    "draining": "yellow",
    "waiting": "yellow",
    "ringing": "yellow",
    "silent": "red",
    "failed": "red",
    "unresponsive": "red",
}
"""How the states of processes, connections, actors and calls look."""
_SHORTEST_ID: Final = 8
_GAP: Final = 2
_LEAST_PLACE: Final = 20
"""Columns that a place gets before a whole id does."""
_LEFT_OUT_FIRST: Final = ("class", "context", "direction", "doing", "state", "age")


def duration(seconds: float) -> str:
    """Return seconds for people: ``3.2 s``, ``4m 05s``, ``2h 03m``, ``5d 01h``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h {minutes:02}m"
    return f"{hours // 24}d {hours % 24:02}h"


def id_length(ids: Sequence[str]) -> int:
    """Return how many characters tell the ids of some calls from each other, 8 at least."""
    longest = _SHORTEST_ID
    for one, other in pairwise(sorted(set(ids))):
        common = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
        longest = max(longest, common + 1)
    return longest


class _Column(NamedTuple):
    name: str
    cell: Callable[[CallStatus], str]


class CallTable:
    """The live calls of a process, oldest first, in as many columns as there is room for.

    Args:
        calls: all of them, without what would control a terminal.
        width: of the terminal, in columns.
        whole_ids: whether ids are shown whole; None: where there is room for all else too.
        hosts: in a fleet, from the id of each call to the host that has it.
    """

    def __init__(
        self,
        calls: Sequence[CallStatus],
        width: int,
        *,
        whole_ids: bool | None = None,
        hosts: Mapping[str, str] | None = None,
    ) -> None:
        self.calls = sorted(calls, key=lambda call: -call.age)
        self._facts = _facts(hosts)
        self._width = width
        self._length = id_length([call.call_id for call in calls])
        self._columns = self._fitting(whole_ids=whole_ids)
        self._widths = [self._natural(column) for column in self._columns]
        self._widths[-1] = max(0, width - sum(self._widths[:-1]) - _GAP * (len(self._widths) - 1))

    @property
    def whole(self) -> bool:
        """Whether ids are shown whole."""
        return self._columns[0] is _WHOLE

    def head(self) -> Text:
        """Return the names of the columns."""
        line = self._joined([column.name for column in self._columns])
        line.stylize("bold")
        return line

    def row(self, call: CallStatus) -> Text:
        """Return the line of a call."""
        return self._joined([column.cell(call) for column in self._columns], call.state)

    def _joined(self, cells: Sequence[str], state: str = "") -> Text:
        line = Text(no_wrap=True, overflow="ellipsis")
        for column, width, cell in zip(self._columns, self._widths, cells, strict=True):
            if column.name == "stands at":
                line.append(shortened(cell, width))
                continue
            text = Text(cell, STYLES.get(state, "") if column.name == "state" else "")
            text.truncate(width, overflow="ellipsis", pad=True)
            line.append_text(text).append(" " * _GAP)
        line.rstrip()
        return line

    def _fitting(self, *, whole_ids: bool | None) -> list[_Column]:
        """Return the columns: the whole of everything if that fits, else less and less of it."""
        if whole_ids is not False:
            for place in (_PATH, _PLACE):
                if self._fits([_WHOLE, *self._facts, place]):
                    return [_WHOLE, *self._facts, place]
        ident = _Column("call", lambda call: call.call_id[: self._length])
        if whole_ids and self._natural(_WHOLE) + _GAP + _LEAST_PLACE <= self._width:
            ident = _WHOLE
        if self._fits([ident, *self._facts, _PATH]):
            return [ident, *self._facts, _PATH]
        facts = list(self._facts)
        for name in _LEFT_OUT_FIRST:
            if self._fits([ident, *facts, _PLACE]):
                break
            facts = [column for column in facts if column.name != name]
        return [ident, *facts, _PLACE]

    def _fits(self, columns: Sequence[_Column]) -> bool:
        return sum(map(self._natural, columns)) + _GAP * (len(columns) - 1) <= self._width

    def _natural(self, column: _Column) -> int:
        """Return the width that a column wants."""
        return max(cell_len(column.name), *(cell_len(column.cell(call)) for call in self.calls), 0)


def spoken(where: str, *, whole: bool = False) -> str:
    """Return the place at which code stands as ``app.py:10 Greeter.run``, with the whole path or its last part."""
    file, known, function = where.rpartition(" in ")
    if not known:
        return where or "-"
    return f"{file if whole else file.rpartition('/')[2]} {function}"


def shortened(place: str, width: int) -> str:
    """Return a place in so many columns: the line stays, and of the file's and the function's name the end."""
    if cell_len(place) <= width:
        return place
    file, _, function = place.partition(" ")
    left = width - cell_len(file) - 1
    if left >= 2 and function:
        return f"{file} {_end_of(function, left)}"
    return _end_of(file, width)


def _end_of(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) >= width:
        text = text[1:]
    return set_cell_size(f"…{text}", max(0, width)).rstrip()


_WHOLE: Final = _Column("call", lambda call: call.call_id)
_PATH: Final = _Column("stands at", lambda call: spoken(call.where, whole=True))
_PLACE: Final = _Column("stands at", lambda call: spoken(call.where))
_FACTS: Final = (
    _Column("class", lambda call: call.kind),
    _Column("direction", lambda call: call.direction),
    _Column("context", lambda call: call.context),
    _Column("state", lambda call: call.state),
    _Column("age", lambda call: duration(call.age)),
    _Column("doing", lambda call: call.doing.removeprefix("calling.")),
)


def _facts(hosts: Mapping[str, str] | None) -> tuple[_Column, ...]:
    return _FACTS if hosts is None else (_Column("host", lambda call: hosts[call.call_id]), *_FACTS)
