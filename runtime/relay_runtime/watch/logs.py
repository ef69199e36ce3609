"""Logs of the ``relay-runtime`` process: one stream of text or JSON lines, with the call's id, without secrets.

Only the process calls `setup_logging`. As a library, relay-runtime writes to loguru's logger and leaves its sinks to
the program: it adds none and removes none.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, TextIO

import msgspec
from gevent.hub import get_hub
from loguru import logger

from relay_actors.call.facts import CallFacts
from relay_actors.kit.turns import running_actor
from relay_runtime.settings.config import MASK
from relay_runtime.watch.masking import Masker

if TYPE_CHECKING:
    from loguru import Message, Record

__all__ = ["InterceptHandler", "call_at_hand", "log_failures_of", "setup_logging"]

_BOUND: Final = ("call_id", "context", "actor", "worker")
_QUIET: Final = ("websockets", "urllib3", "asyncio")
"""Libraries whose debug lines repeat whole frames: they stay at info."""

call_at_hand: Final[ContextVar[CallFacts | None]] = ContextVar("call_at_hand", default=None)
"""The facts of the call whose code runs, where that is in no greenlet of the call: in a task of asyncio."""


def setup_logging(
    level: str = "info", log_format: str = "text", secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Send all logs of the process to one stream: loguru's, the standard library's, and what Python and gevent print.

    The latter are exceptions that nobody caught: in greenlets, in threads, in destructors.
    Replaces every sink of loguru and every handler of the root logger. Variables are never shown in tracebacks.

    Args:
        level: ``trace``, ``debug``, ``info``, ``warning`` or ``error``: the least severe lines that are written.
        log_format: ``text``, or ``json`` for one object a line.
        secrets: values that are masked wherever they appear.
        stream: where to write; default stderr.
    """
    target = sys.stderr if stream is None else stream
    masker = Masker(secrets)
    severity = level.upper()
    sink: Any = JsonSink(target, masker) if log_format == "json" else TextSink(target, masker)
    logger.configure(
        handlers=[
            {"sink": sink, "level": severity, "format": sink.layout, "diagnose": False, "backtrace": False},
        ],
        patcher=bind_call,
    )
    logging.basicConfig(handlers=[InterceptHandler()], level=logger.level(severity).no, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.INFO, logger.level(severity).no))
    logging.captureWarnings(capture=True)
    log_failures_of(get_hub())
    threading.excepthook = _log_thread_failure
    sys.unraisablehook = _log_unraisable


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


class TextSink:
    """Writes lines for people, with colours on a terminal.

    Args:
        stream: where to write.
        masker: masks each line.
    """

    def __init__(self, stream: TextIO, masker: Masker) -> None:
        self._stream = stream
        self._masker = masker

    def write(self, text: str) -> None:
        """Write a formatted line. Blocks while the stream does."""
        self._stream.write(self._masker(text))
        self._stream.flush()

    def isatty(self) -> bool:
        """Return whether colours make sense."""
        return self._stream.isatty()

    @staticmethod
    def layout(record: Record) -> str:
        """Return loguru's template of a line."""
        bound = "".join(f" {key}={{extra[{key}]}}" for key in _BOUND if record["extra"].get(key))
        return (
            "<green>{time:YYYY-MM-DD HH:mm:ss.SSS}</green> <level>{level:<7}</level> "
            f"<level>{{message}}</level><dim>{bound}</dim>\n{{exception}}"
        )


class JsonSink:
    """Writes one JSON object a line.

    Args:
        stream: where to write.
        masker: masks each line.
    """

    def __init__(self, stream: TextIO, masker: Masker) -> None:
        self._stream = stream
        self._masker = masker

    def __call__(self, message: Message) -> None:
        """Write a line. Blocks while the stream does."""
        record = message.record
        extra = dict(record["extra"])
        line = {
            "time": record["time"].astimezone(UTC).isoformat(timespec="milliseconds"),
            "level": record["level"].name.lower(),
            "logger": record["name"],
            "line": record["line"],
            "message": record["message"],
            **{key: extra.pop(key) for key in _BOUND if key in extra},
        }
        trace = str(message)  # the layout is the traceback alone
        if trace.strip():
            line["exception"] = trace
        if extra:
            line["extra"] = extra
        # Masked before it becomes JSON, so that a masked line is JSON still.
        masked = {key: self._mask(value) for key, value in line.items()}
        self._stream.write(msgspec.json.encode(masked).decode() + "\n")
        self._stream.flush()

    def _mask(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._masker(value)
        if isinstance(value, dict):
            return {str(key): MASK if self._masker.hides(str(key)) else self._mask(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._mask(item) for item in value]
        if isinstance(value, int | float | None):
            return value
        return self._masker(str(value))

    @staticmethod
    def layout(_: Record) -> str:
        """Return loguru's template of a line: the traceback; the rest is taken from the record."""
        return "{exception}"


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
            self.handleError(record)


_LEVEL_NAMES: Final = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})


def _log_greenlet_failure(context: object, kind: Any, error: Any, trace: Any) -> None:
    """Log what gevent's hub would print: an exception that left a greenlet (whose repr would show its arguments)."""
    if kind is not None and issubclass(kind, KeyboardInterrupt):
        return
    name = getattr(context, "name", None) or type(context).__name__
    logger.opt(exception=(kind, error, trace)).error("{} failed", name)


def _log_thread_failure(failure: threading.ExceptHookArgs) -> None:
    """Log what Python would print: an exception that left a thread."""
    name = "a thread" if failure.thread is None else failure.thread.name
    logger.opt(exception=(failure.exc_type, failure.exc_value, failure.exc_traceback)).error("{} failed", name)


def _log_unraisable(failure: sys.UnraisableHookArgs) -> None:
    """Log what Python would print: an exception where none can be raised (whose object's repr may show anything)."""
    name = f"the end of a {type(failure.object).__name__}"
    logger.opt(exception=(failure.exc_type, failure.exc_value, failure.exc_traceback)).error("{} failed", name)
