"""A fleet, drawn for a terminal."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from relay_runtime.cli.call_table import STYLES, duration
from relay_runtime.cli.report_view import draw_calls
from relay_runtime.fleet.reach import Asked
from relay_runtime.inspection.reports import Report, WorkerReport
from relay_runtime.version import VERSION
from relay_runtime.watch.escaping import escaped, escaped_in

__all__ = ["draw_fleet", "fleet_report"]


def fleet_report(processes: Sequence[Asked], place: str) -> Report:
    """Return a fleet as if its processes were the workers of one.

    Args:
        processes: what each says of itself.
        place: where the engine is.
    """
    return Report(
        pid=0,
        app=f"fleet at {place}",
        version=VERSION,
        uptime=max((each.report.uptime for each in processes if each.report is not None), default=0.0),
        workers=tuple(_worker(number, each) for number, each in enumerate(processes, 1)),
        draining=False,
        supervised=True,
    )


def _worker(number: int, asked: Asked) -> WorkerReport:
    report = asked.report
    if report is None:
        return WorkerReport(pid=asked.member.pid, number=number, state="silent", problem=asked.problem)
    return WorkerReport(
        pid=asked.member.pid,
        number=number,
        state=_state(asked),
        uptime=report.uptime,
        status=report.status,
        stats={"calls_admitted": report.admitted},
        calls=report.calls,
    )


def _state(asked: Asked) -> str:
    if asked.report is None:
        return "silent"
    status = asked.report.status
    if status.calls.draining:
        return "draining"
    if status.fleet is not None and status.fleet.away:
        return "drained"
    return "serving" if status.connection.state == "connected" else "starting"


def draw_fleet(
    processes: Sequence[Asked], drained: Collection[str], place: str, *, calls: int, width: int | None = None
) -> RenderableType:
    """Return the processes of a fleet, and some of its calls.

    Args:
        processes: what each says of itself.
        drained: the hosts that get no new calls.
        place: where the engine is.
        calls: how many calls are listed at most.
        width: the columns that the calls have to fit in; None: nothing of them is left out.
    """
    answering = [each for each in processes if each.report is not None]
    report = escaped_in(fleet_report(answering, place))
    hosts = {each.member.host for each in processes}
    head = Text.assemble(
        (report.app, "bold"), f"  {_number(len(hosts), 'host')}, {_number(len(processes), 'process', 'es')}"
    )
    parts: list[RenderableType] = [head]
    if absent := sorted(set(drained) - hosts):
        parts.append(Text(f"drained, and not there: {escaped(', '.join(absent))}"))
    if processes:
        parts += [Text(), _table(processes)]
    if calls and processes:
        silent = [each.member for each in processes if each.report is None]
        if report.workers or not silent:
            having = zip(answering, report.workers, strict=True)
            of_calls = {call.call_id: escaped(each.member.host) for each, worker in having for call in worker.calls}
            parts += [Text(), *draw_calls(report, calls, width, of_calls)]
        for member in map(escaped_in, silent):
            told = f"calls not known: process {member.pid} of host {member.host} does not answer"
            parts.append(Text(told, STYLES["silent"]))
    return Group(*parts)


def _number(count: int, what: str, plural: str = "s") -> str:
    return f"{count} {what}{'' if count == 1 else plural}"


def _table(processes: Sequence[Asked]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("host", "process", "app", "version", "state", "up", "calls", "problem"):
        table.add_column(column, overflow="fold")
    for asked in processes:
        member, report, state = escaped_in(asked.member), asked.report, _state(asked)
        table.add_row(
            member.host,
            str(member.pid),
            member.app or "-",
            member.version,
            Text(state, STYLES.get(state, "")),
            "-" if report is None else duration(report.uptime),
            "-" if report is None else str(report.status.calls.live),
            escaped(asked.problem),
        )
    return table
