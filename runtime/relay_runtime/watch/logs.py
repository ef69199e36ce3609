"""Logs of the ``relay-runtime`` process: one stream of text or JSON lines, with the call's id, without secrets.

Only the process calls `setup_logging`. As a library, relay-runtime writes to loguru's logger and leaves its sinks to
the program: it adds none and removes none.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TextIO

from gevent.hub import get_hub
from greenlet import greenlet
from loguru import logger

from relay_actors.call.facts import CallFacts
from relay_actors.kit.crash_log import keep_crash
from relay_actors.kit.deferred_log import DeferredLine, defer_to
from relay_actors.kit.turns import running_actor
from relay_runtime.watch.escaping import escaped
from relay_runtime.watch.log_lines import JsonFormat, LogLine, TextFormat
from relay_runtime.watch.log_writer import LogWriter, encoding_of
from relay_runtime.watch.masking import Masker

if TYPE_CHECKING:
    from loguru import Message, Record

__all__ = [
    "InterceptHandler",
    "call_at_hand",
    "complain",
    "flush_logs",
    "lines_dropped",
    "log_failures_of",
    "setup_logging",
]

_QUIET: Final = ("websockets", "urllib3", "asyncio")
"""Libraries whose debug lines repeat whole frames: they stay at info."""

call_at_hand: Final[ContextVar[CallFacts | None]] = ContextVar("call_at_hand", default=None)
"""The facts of the call whose code runs, where that is in no greenlet of the call: in a task of asyncio."""


def setup_logging(
    level: str = "info", log_format: str = "text", secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Send all logs of the process to one stream: loguru's, the standard library's, and what Python and gevent print.

    The latter are exceptions that nobody caught: in greenlets, in threads, in destructors. Whoever logs never waits for
    the stream: a thread writes, and what it can't write in time is dropped and counted, see `LogWriter`.
    Replaces every sink of loguru and every handler of the root logger. Variables are never shown in tracebacks.
    An app that removes the sink, by ``logger.remove()`` or ``logger.configure(handlers=…)``, has the say from then on:
    all lines go to the sinks that it adds, and nowhere if it adds none.

    Args:
        level: ``trace``, ``debug``, ``info``, ``warning`` or ``error``: the least severe lines that are written.
        log_format: ``text``, or ``json`` for one object a line.
        secrets: values that are masked wherever they appear.
        stream: where to write; default stderr.
    """
    global _writer  # noqa: PLW0603 - as there is one logger in a process
    target = sys.stderr if stream is None else stream
    severity = level.upper()
    _writer = LogWriter(target, _layout(target, log_format, Masker(secrets)))
    handler: Any = {
        "sink": _Sink(_writer),
        "level": severity,
        "format": lambda _: "{exception}",  # alone: the rest is taken from the record
        "colorize": False,
        "diagnose": False,
        "backtrace": False,
    }
    logger.remove()
    _core.handlers_count = 0  # that of loguru's own sink: by this number too an app may remove what stands in its place
    logger.configure(handlers=[handler], patcher=bind_call)
    defer_to(_taker(_writer, wanted=logger.level(severity).no <= logger.level("INFO").no))
    logging.basicConfig(handlers=[InterceptHandler()], level=logger.level(severity).no, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.INFO, logger.level(severity).no))
    logging.captureWarnings(capture=True)
    log_failures_of(get_hub())
    threading.excepthook = _log_thread_failure
    sys.unraisablehook = _log_unraisable


def _layout(stream: TextIO, log_format: str, masker: Masker) -> Callable[[LogLine], str]:
    """Return what makes the text of a line for a stream."""
    if log_format == "json":
        return JsonFormat(masker, encoding_of(stream))
    colours = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return TextFormat(masker, colours=colours)


def flush_logs() -> bool:
    """Wait until what was logged is written; return whether it is. Blocks the thread, for a second at most."""
    return _writer is None or _writer.flush()


def lines_dropped() -> int:
    """Return how many lines of this process were dropped; 0 where it is a program of somebody else's."""
    return 0 if _writer is None else _writer.dropped


def complain(text: str) -> None:
    """Write a line behind what was logged, as it is but for what would control a terminal. Blocks as `flush_logs`."""
    assert _writer is not None, "a command sets up the logs before it can fail"
    _writer.put(f"{escaped(text)}\n")
    _writer.flush()


_writer: LogWriter | None = None
_core: Any = logger._core  # type: ignore[attr-defined]  # loguru tells of its sinks and its extra nowhere else


def log_failures_of(hub: Any) -> None:
    """Log what gevent would print of the greenlets of a hub: each thread has its own."""
    hub.print_exception = _log_greenlet_failure


def bind_call(record: Record) -> None:
    """Bind a line that is logged by a call's code to the call: its id, its context and its actor's class."""
    actor, facts = running_actor(), call_at_hand.get()
    call_id = getattr(actor, "call_id", None)
    if call_id is not None:
        _bind(record, call_id, getattr(actor, "context", ""), type(actor).__name__)
    elif facts is not None:
        _bind(record, facts.call_id, facts.context, facts.kind)


def _bind(record: Record, call_id: str, context: str, actor: str) -> None:
    extra = record["extra"]
    extra.setdefault("call_id", call_id)
    extra.setdefault("context", context)
    extra.setdefault("actor", actor)


class _Sink:
    """Hands loguru's lines to the writer; the layout and the masks are for its thread.

    Args:
        writer: writes them.
    """

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer

    def write(self, message: Message) -> None:
        """Have a line written. Never blocks."""
        self._writer.put(LogLine.of(message))

    def stop(self) -> None:
        """Write what was logged before. loguru calls this when the sink is removed, and at the end of the process."""
        self._writer.close()


def _taker(writer: LogWriter, *, wanted: bool) -> Callable[[DeferredLine], bool]:
    """Return what takes deferred lines for a writer, if it is to write lines at ``info``."""

    def take(line: DeferredLine) -> bool:
        if writer.closed or len(_core.handlers) > 1:
            return False  # the app has sinks of its own: they get it from loguru
        if wanted:
            line.fields.update(_core.extra)  # the number of a worker
            writer.put(line)
        return True

    return take


class InterceptHandler(logging.Handler):
    """Hands lines of the standard library's loggers to loguru, with their own origin."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hand one line over."""
        try:
            message = record.getMessage()
            level: str | int = record.levelname if record.levelname in _LEVEL_NAMES else record.levelno
            trace = record.exc_info if record.exc_info and record.exc_info[0] else None

            def keep_origin(line: Record) -> None:
                line["name"], line["function"], line["line"] = record.name, record.funcName, record.lineno

            logger.patch(keep_origin).opt(exception=trace).log(level, "{}", message)
        except Exception:  # noqa: BLE001 - a bad line of somebody's must not end what they do
            where = f"{record.pathname}:{record.lineno}"
            logger.opt(exception=True).error("what {} logs at {} can't be made a line", record.name, where)


_LEVEL_NAMES: Final = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})


def _log_greenlet_failure(context: object, kind: Any, error: Any, trace: Any) -> None:
    """Log what gevent's hub would print: an exception that left a greenlet (whose repr would show its arguments)."""
    if kind is not None and issubclass(kind, KeyboardInterrupt):
        return
    name = getattr(context, "name", None) or type(context).__name__
    if not (isinstance(context, greenlet) and keep_crash(error.with_traceback(trace), f"{name} failed")):
        logger.opt(exception=(kind, error, trace)).error("{} failed", name)


def _log_thread_failure(failure: threading.ExceptHookArgs) -> None:
    """Log what Python would print: an exception that left a thread."""
    name = "a thread" if failure.thread is None else failure.thread.name
    if failure.exc_value is not None and keep_crash(failure.exc_value, f"{name} failed"):
        return
    logger.opt(exception=(failure.exc_type, failure.exc_value, failure.exc_traceback)).error("{} failed", name)


def _log_unraisable(failure: sys.UnraisableHookArgs) -> None:
    """Log what Python would print: an exception where none can be raised (whose object's repr may show anything)."""
    name = f"the end of a {type(failure.object).__name__}"
    logger.opt(exception=(failure.exc_type, failure.exc_value, failure.exc_traceback)).error("{} failed", name)
