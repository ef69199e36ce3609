"""A running process, drawn for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from relay_actors.telemetry.status import CallStatus, ConnectionStatus, FleetStatus
from relay_runtime.cli.call_table import STYLES, CallTable, duration
from relay_runtime.inspection.reports import Report, WorkerReport, not_answering
from relay_runtime.watch.escaping import escaped_in

__all__ = ["draw", "draw_call", "draw_calls", "link", "machinery", "megabytes"]


def megabytes(size: int | None) -> str:
    """Return a size for people, or ``-``."""
    return "-" if size is None else f"{size / 1e6:.0f} MB"


def draw(report: Report, *, calls: int, width: int | None = None) -> RenderableType:
    """Return a process with its workers, its actors, and some of its calls.

    Args:
        report: the process.
        calls: how many calls are listed at most.
        width: the columns that the calls have to fit in; None: nothing of them is left out.
    """
    report = escaped_in(report)  # ids, contexts, reasons: most of it came over the wire
    parts: list[RenderableType] = [_head(report), *machinery(report)]
    if calls:
        parts += [Text(), *draw_calls(report, calls, width)]
    return Group(*parts)


def machinery(report: Report) -> list[RenderableType]:
    """Return the workers, the connections and the actors of a process, without what would control a terminal."""
    parts: list[RenderableType] = [Text(), _workers(report.workers)] if report.supervised else []
    for worker in report.workers:
        if worker.status is not None:
            parts += [Text(), _client(worker), _actors(worker)]
    return parts


def _head(report: Report) -> Text:
    state = "draining" if report.draining else "serving"
    words = Text.assemble(
        (report.app, "bold"),
        f"  process {report.pid}  relay-runtime {report.version}  up {duration(report.uptime)}  ",
        f"memory {megabytes(report.memory)}  ",
    )
    if report.supervised or report.draining:
        words.append(f"{state}  ", STYLES[state])
    words.rstrip()
    return words


def _workers(workers: tuple[WorkerReport, ...]) -> Table:
    table = _table("worker", "process", "state", "up", "memory", "calls", "restarts", "last problem")
    for worker in workers:
        calls = "-" if worker.status is None else f"{worker.status.calls.live}"
        table.add_row(
            str(worker.number),
            str(worker.pid or "-"),
            _state(worker.state),
            duration(worker.uptime) if worker.pid else "-",
            megabytes(worker.memory),
            calls,
            str(worker.restarts),
            worker.problem,
        )
    return table


def _client(worker: WorkerReport) -> Text:
    """Return the connection and the queues of one client in two lines."""
    status = worker.status
    assert status is not None
    calls, queues = status.calls, status.queues
    head = f"worker {worker.number}: " if worker.number else ""
    text = Text.assemble(f"{head}{status.connection.endpoint} ", _state(status.connection.state))
    text.append(link(status.connection))
    text.append(
        f"\ncalls: {calls.live} live, {calls.active} of {calls.limit} inbound slots taken, {calls.dials} dials open"
        f"{', draining' if calls.draining else ''}; "
        f"waiting: {queues.outbox} of {queues.outbox_limit} in the outbox, {queues.pending} replies, "
        f"{queues.messages} messages"
    )
    if status.fleet is not None:
        text.append(f"\n{_fleet(status.fleet)}")
    return text


def _fleet(fleet: FleetStatus) -> str:
    """Return what is known of a client in its fleet."""
    if not fleet.connected:
        return f"fleet: out of it as host {fleet.host}: {fleet.problem}"
    drained = ", drained" if fleet.away else ""
    return f"fleet: host {fleet.host}{drained}, {fleet.members} processes; ledgers taken over: {fleet.claims}"


def link(connection: ConnectionStatus) -> str:
    """Return what is known of a connection besides its state: for how long, of which contexts, why not."""
    text = ""
    if connection.up_for is not None:
        text += f" for {duration(connection.up_for)}"
    if connection.next_try_in is not None:
        text += f", next try in {duration(connection.next_try_in)}"
    if connection.attempts:
        text += f", {connection.attempts} tries failed"
    if connection.contexts:
        text += f"; {'contexts' if connection.subscribed else 'not subscribed to'} {', '.join(connection.contexts)}"
    if connection.last_error:
        text += f"; last error: {connection.last_error}"
    return text


def _actors(worker: WorkerReport) -> Table:
    assert worker.status is not None
    actors = worker.status.actors
    # What no actor has takes no room: 80 columns are enough for the others.
    due, failed = any(actor.next_try_in is not None for actor in actors), any(actor.last_error for actor in actors)
    columns = ["actor", "class", "state", "mailbox", "restarts"]
    table = _table(*columns, *(["next start"] if due else []), *(["last error"] if failed else []))
    for actor in actors:
        *parents, name = actor.name.split("/")
        waits = "" if actor.next_try_in is None else f"in {duration(actor.next_try_in)}"
        table.add_row(
            "  " * len(parents) + name,
            actor.kind,
            _state(actor.state),
            str(actor.mailbox),
            str(actor.restarts_total),
            *([waits] if due else []),
            *([actor.last_error] if failed else []),
        )
    return table


def draw_calls(
    report: Report, limit: int, width: int | None, hosts: Mapping[str, str] | None = None
) -> list[RenderableType]:
    """Return the calls of a process, oldest first, so many at most, and what is not known of them.

    Args:
        report: of the process.
        limit: how many calls.
        width: of the terminal; None for a file or a pipe.
        hosts: in a fleet, from the id of each call to its host.
    """
    every = sorted((call for worker in report.workers for call in worker.calls), key=lambda call: -call.age)
    silent = [worker.name for worker in report.workers if worker.silent]
    unknown: list[RenderableType] = []
    if silent:
        unknown.append(Text(f"calls not known: {not_answering(silent)}", STYLES["silent"]))
    if not every:
        return unknown or [Text("no live calls")]
    more = len(every) - limit
    younger = [Text(f"… and {more} more, which are younger")] if more > 0 else []
    if width is None:
        return [_whole_calls(every[:limit], hosts), *younger, *unknown]
    table = CallTable(every, width, hosts=hosts)
    return [table.head(), *map(table.row, table.calls[:limit]), *younger, *unknown]


def _whole_calls(calls: Sequence[CallStatus], hosts: Mapping[str, str] | None) -> Table:
    host = [] if hosts is None else ["host"]
    table = _table("call", *host, "class", "direction", "context", "state", "age", "doing", "stands at")
    for call in calls:
        table.add_row(
            call.call_id,
            *([] if hosts is None else [hosts[call.call_id]]),
            call.kind,
            call.direction,
            call.context,
            _state(call.state),
            duration(call.age),
            call.doing,
            call.where,
        )
    for column in table.columns:
        # Else a long path gives way to the width that a file or a pipe is taken to have, and the line is lost with it.
        column.min_width = max(map(cell_len, map(str, (column.header, *column.cells))))
    table.width = sum(column.min_width or 0 for column in table.columns) + 2 * (len(table.columns) - 1)
    return table


def draw_call(call: CallStatus) -> RenderableType:
    """Return one call with all that is known of it."""
    call = escaped_in(call)
    table = Table(box=None, show_header=False, pad_edge=False)
    rows = [
        ("call", call.call_id),
        ("class", call.kind),
        ("direction", call.direction),
        ("context", call.context or "-"),
        ("state", call.state),
        ("age", duration(call.age)),
        ("doing", call.doing),
        ("stands at", call.where or "-"),
        ("open", ", ".join(f"{each['method']} ({each['state']})" for each in call.actions) or "-"),
        ("waiting", f"{call.mailbox} messages, {call.jobs} hooks and callbacks"),
        ("timeline", ", ".join(f"{state} at {duration(at)}" for at, state in call.timeline) or "-"),
    ]
    for name, value in rows:
        table.add_row(name, _state(value) if name == "state" else value)
    return table


def _state(state: str) -> Text:
    return Text(state, STYLES.get(state, ""))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, justify="right" if name in {"mailbox", "restarts", "calls"} else "left")
    return table
