"""A running process, drawn for a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from relay_actors.telemetry.status import CallStatus, ConnectionStatus
from relay_runtime.inspection.reports import Report, WorkerReport, not_answering
from relay_runtime.watch.escaping import escaped_in

__all__ = ["draw", "draw_call", "duration", "megabytes"]

_STYLES = {
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


def megabytes(size: int | None) -> str:
    """Return a size for people, or ``-``."""
    return "-" if size is None else f"{size / 1e6:.0f} MB"


def draw(report: Report, *, calls: int, rate: float | None = None) -> RenderableType:
    """Return a process with its workers, its actors, and some of its calls.

    Args:
        report: the process.
        calls: how many calls are listed at most.
        rate: calls admitted a second, when it is known.
    """
    report = escaped_in(report)  # ids, contexts, reasons: most of it came over the wire
    parts: list[RenderableType] = [_head(report, rate)]
    if report.supervised:
        parts += [Text(), _workers(report.workers)]
    for worker in report.workers:
        if worker.status is not None:
            parts += [Text(), _client(worker), _actors(worker)]
    if calls:
        parts += [Text(), *_calls(report, calls)]
    return Group(*parts)


def _head(report: Report, rate: float | None) -> Text:
    state = "draining" if report.draining else "serving"
    words = Text.assemble(
        (report.app, "bold"),
        f"  process {report.pid}  relay-runtime {report.version}  up {duration(report.uptime)}  ",
        f"memory {megabytes(report.memory)}  ",
    )
    if report.supervised or report.draining:
        words.append(f"{state}  ", _STYLES[state])
    if rate is not None:
        words.append(f"{rate:.1f} calls/s")
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
    text.append(_link(status.connection))
    text.append(
        f"\ncalls: {calls.live} live, {calls.active} of {calls.limit} inbound slots taken, {calls.dials} dials open"
        f"{', draining' if calls.draining else ''}; "
        f"waiting: {queues.outbox} of {queues.outbox_limit} in the outbox, {queues.pending} replies, "
        f"{queues.messages} messages"
    )
    return text


def _link(connection: ConnectionStatus) -> str:
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
    table = _table("actor", "class", "state", "mailbox", "restarts", "next start", "last error")
    assert worker.status is not None
    for actor in worker.status.actors:
        *parents, name = actor.name.split("/")
        due = "" if actor.next_try_in is None else f"in {duration(actor.next_try_in)}"
        table.add_row(
            "  " * len(parents) + name,
            actor.kind,
            _state(actor.state),
            str(actor.mailbox),
            str(actor.restarts_total),
            due,
            actor.last_error,
        )
    return table


def _calls(report: Report, limit: int) -> list[RenderableType]:
    every = sorted((call for worker in report.workers for call in worker.calls), key=lambda call: -call.age)
    silent = [worker.name for worker in report.workers if worker.silent]
    unknown: list[RenderableType] = []
    if silent:
        unknown.append(Text(f"calls not known: {not_answering(silent)}", _STYLES["silent"]))
    if not every:
        return unknown or [Text("no live calls")]
    table = _table("call", "class", "direction", "context", "state", "age", "doing", "stands at")
    for call in every[:limit]:
        table.add_row(
            call.call_id,
            call.kind,
            call.direction,
            call.context,
            _state(call.state),
            duration(call.age),
            call.doing,
            call.where,
        )
    more = len(every) - limit
    younger = [Text(f"… and {more} more, which are younger")] if more > 0 else []
    return [table, *younger, *unknown]


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
    return Text(state, _STYLES.get(state, ""))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, justify="right" if name in {"mailbox", "restarts", "calls"} else "left")
    return table
