"""The log, as actors write it: a sink that fails ends nobody who logs.

loguru hands what a sink, a filter, a format or a patcher raises to whoever logs, if the sink was added with
``catch=False``, and `BaseException` always. Here it is told of on stderr, every ten seconds at most, and the line is
lost.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import Any, Final

import gevent
import loguru

from relay_actors.kit.throttle import Throttle

__all__ = ["GuardedLogger", "logger"]

_DEPTH: Final = 1  # frames between who logs and loguru
_failures = Throttle()


def _at(level: str) -> Callable[..., None]:
    """Return the method that logs at a level: loguru's, but for what it may raise."""

    def log(self: GuardedLogger, message: str, *args: object) -> None:
        try:
            self._loguru.log(level, message, *args)
        except (gevent.GreenletExit, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - who looks on must end nothing
            _tell(error)

    return log


class GuardedLogger:
    """What actors need of loguru's logger; it goes to the same sinks.

    Args:
        to: where the lines go.
    """

    __slots__ = ("_loguru",)

    def __init__(self, to: loguru.Logger) -> None:
        self._loguru = to

    def bind(self, **context: object) -> GuardedLogger:
        """Return a logger whose lines have these as ``extra`` too."""
        return GuardedLogger(self._loguru.bind(**context))

    def opt(self, *, depth: int = 0, exception: Any = None) -> GuardedLogger:
        """Return a logger whose lines are those of a caller so many frames above, or have an exception's traceback."""
        return GuardedLogger(self._loguru.opt(depth=depth + _DEPTH, exception=exception))

    debug = _at("DEBUG")
    info = _at("INFO")
    warning = _at("WARNING")
    error = _at("ERROR")
    critical = _at("CRITICAL")


def _tell(error: BaseException) -> None:
    """Say on stderr that a line could not be logged. Raises nothing."""
    with contextlib.suppress(Exception):
        if count := _failures.tell():
            reason = f"{type(error).__name__}: {error}"
            sys.stderr.write(
                f"relay-runtime: {count} lines of the log were lost: a sink of loguru failed: {reason!r}\n"
            )


logger: Final = GuardedLogger(loguru.logger.opt(depth=_DEPTH))
