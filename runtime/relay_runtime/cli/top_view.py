"""What ``relay-runtime top`` shows: the calls, or the actors, in as many lines and columns as a terminal has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.segment import Segment, SegmentLines
from rich.text import Text

from relay_runtime.cli.call_table import STYLES, CallTable, duration
from relay_runtime.cli.report_view import link, machinery, megabytes
from relay_runtime.inspection.reports import Report, WorkerReport, not_answering
from relay_runtime.watch.escaping import escaped_in

__all__ = ["View", "picture", "pressed"]

_HELP: Final = (
    "q quit   t {other}   i {ids} ids   arrows, j k, PgUp PgDn scroll",
    "q quit  t {other}  i ids  j k scroll",
    "q t i j k",
)
_LOW, _VERY_LOW = 9, 5
"""Lines of a terminal below which all but the first line of the head gives way to calls, and then the help too."""


class View(msgspec.Struct, frozen=True):
    """What somebody wants to see.

    Attributes:
        actors: the workers and actors, in the place of the calls.
        whole_ids: whether ids are whole; None: where there is room.
        first: the first line that is shown of those that scroll.
        shows_whole: whether ids were whole when it was drawn.
    """

    actors: bool = False
    whole_ids: bool | None = None
    first: int = 0
    shows_whole: bool = False


def pressed(view: View, key: str, page: int) -> View:
    """Return what is wanted after a key, if a page has so many lines; `picture` bounds how far it scrolls."""
    change = msgspec.structs.replace
    match key:
        case "t":
            return change(view, actors=not view.actors, first=0)
        case "i":
            return change(view, whole_ids=not view.shows_whole)
        case "up":
            return change(view, first=max(0, view.first - 1))
        case "down":
            return change(view, first=view.first + 1)
        case "page up":
            return change(view, first=max(0, view.first - page))
        case "page down":
            return change(view, first=view.first + page)
        case "home":
            return change(view, first=0)
        case "end":
            return change(view, first=1 << 30)
    return view


def picture(report: Report, view: View, console: Console, rate: float | None) -> tuple[RenderableType, View, int]:
    """Return what fits a terminal, the view as far as it could be had, and how many lines a page has.

    Args:
        report: the process.
        view: what is wanted of it.
        console: the terminal.
        rate: calls admitted a second, when it is known.
    """
    report = escaped_in(report)
    width, height = console.size
    low = height < _LOW
    head = [*_lines(console, _summary(report, rate)[: 1 if low else 3]), *([] if low else [[]])]
    foot = 0 if height < _VERY_LOW else 1
    room = max(1, height - len(head) - foot)
    shows_whole = False
    if view.actors:
        rows = _lines(console, machinery(report))
        first, last, told = _window(len(rows), view.first, room)
        body = rows[first:last]
        page = room
    else:
        table = CallTable([call for worker in report.workers for call in worker.calls], width, whole_ids=view.whole_ids)
        shows_whole = table.whole
        fixed = [*_unknown(report), table.head()] if table.calls else _unknown(report) or [Text("no live calls")]
        page = max(1, room - len(fixed))
        first, last, told = _window(len(table.calls), view.first, page)
        body = _lines(console, [*fixed, *map(table.row, table.calls[first:last])])
    body += _lines(console, told)
    body += [[] for _ in range(room - len(body))]
    view = msgspec.structs.replace(view, first=first, shows_whole=shows_whole)
    lines = [*head, *body[:room], *_lines(console, [_help(view, width)])[:foot]]
    return SegmentLines(lines[:height], new_lines=True), view, page


def _window(total: int, first: int, room: int) -> tuple[int, int, list[Text]]:
    """Return which rows are shown, from the first one to before the last one, and the line that tells of the others."""
    if total <= room:
        return 0, total, []
    shown = max(1, room - 1)
    first = max(0, min(first, total - shown))
    below = total - first - shown
    parts = [f"+{below} more"] if below else []
    parts += [f"{first} above"] if first else []
    return first, first + shown, [Text(", ".join(parts), "dim")]


def _lines(console: Console, parts: Sequence[RenderableType]) -> list[list[Segment]]:
    return [line for part in parts for line in console.render_lines(part, pad=False)]


def _summary(report: Report, rate: float | None) -> list[Text]:
    """Return three lines about the process, its connections and its calls."""
    facts = [f"process {report.pid}"] if report.pid else []
    facts += [f"up {duration(report.uptime)}", megabytes(report.memory)]
    facts += [] if rate is None else [f"{rate:.1f} calls/s"]
    first = Text.assemble((report.app, "bold"), "  ", "  ".join(facts))
    if report.draining:
        first.append("  draining", STYLES["draining"])
    second = _workers(report.workers) if report.supervised else Text("  ").join(map(_connection, report.workers))
    lines = [first, second, Text(_counts(report.workers))]
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    return lines


def _workers(workers: Sequence[WorkerReport]) -> Text:
    states = Counter(worker.state for worker in workers)
    told = Text(", ").join(Text(f"{count} {state}", STYLES.get(state, "")) for state, count in states.items())
    return Text(f"workers: {len(workers)}, ").append_text(told)


def _connection(worker: WorkerReport) -> Text:
    if worker.status is None:
        return Text(worker.problem)
    connection = worker.status.connection
    return Text(connection.state, STYLES.get(connection.state, "")).append(f"{link(connection)}; {connection.endpoint}")


def _counts(workers: Sequence[WorkerReport]) -> str:
    known = [worker.status for worker in workers if worker.status is not None]
    calls, queues = [status.calls for status in known], [status.queues for status in known]
    return (
        f"calls: {sum(each.live for each in calls)} live, {sum(each.active for each in calls)} of "
        f"{sum(each.limit for each in calls)} slots taken, {sum(each.dials for each in calls)} dials open; "
        f"waiting: {sum(each.outbox for each in queues)} commands, {sum(each.pending for each in queues)} replies"
    )


def _unknown(report: Report) -> list[Text]:
    silent = [worker.name for worker in report.workers if worker.silent]
    told = f"calls not known: {not_answering(silent)}" if silent else ""
    return [Text(told, STYLES["silent"], no_wrap=True, overflow="ellipsis")] if silent else []


def _help(view: View, width: int) -> Text:
    """Return the keys, in as many words as there is room for."""
    words = {"other": "calls" if view.actors else "actors", "ids": "short" if view.shows_whole else "whole"}
    told = next((each for line in _HELP if cell_len(each := line.format(**words)) < width), "q")
    return Text(told, "dim", no_wrap=True, overflow="crop")
