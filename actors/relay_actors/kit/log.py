"""The log, as actors write it: a sink that fails ends nobody who logs, and what comes often is told of rarely.

loguru hands what a sink, a filter, a format or a patcher raises to whoever logs, if the sink was added with
``catch=False``, and `BaseException` always. Here it is told of on stderr, every ten seconds at most, and the line is
lost.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import Any, Final

import loguru

from relay_actors.kit.stack import was_killed
from relay_actors.kit.throttle import Throttle

__all__ = ["GuardedLogger", "ThrottledLogger", "logger"]

_DEPTH: Final = 1  # frames between who logs and loguru
_failures = Throttle()


def _at(level: str) -> Callable[..., None]:
    """Return the method that logs at a level: loguru's, but for what it may raise."""

    def log(self: GuardedLogger, message: str, *args: object, **fields: object) -> None:
        try:
            self._loguru.log(level, message, *args, **fields)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if was_killed(error):
                raise
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


class ThrottledLogger:
    """Logs a line at its first time, then every ten seconds at most, with how often it came meanwhile.

    For lines that may come with every frame. A line is known by its text, before what differs is put into it. Its
    methods never block.

    Args:
        throttle: says when it is time.
    """

    __slots__ = ("_throttle",)

    def __init__(self, throttle: Throttle | None = None) -> None:
        self._throttle = Throttle() if throttle is None else throttle

    def info(self, line: str, *args: object, **bound: object) -> None:
        """Log a line of the life of the process.

        Args:
            line: with a place for each of ``args``.
            args: what differs.
            bound: bound to the line, such as ``call_id``.
        """
        self._log(GuardedLogger.info, line, args, bound)

    def warning(self, line: str, *args: object, **bound: object) -> None:
        """As `info`, a warning."""
        self._log(GuardedLogger.warning, line, args, bound)

    def error(self, line: str, *args: object, **bound: object) -> None:
        """As `info`, an error."""
        self._log(GuardedLogger.error, line, args, bound)

    def tell(self, line: str) -> int:
        """Count a line that is logged otherwise; return how often it came, or 0 when it is not its time."""
        return self._throttle.tell(line)

    def _log(self, log: Callable[..., None], line: str, args: tuple[object, ...], bound: dict[str, object]) -> None:
        count = self._throttle.tell(line)
        if count:
            more = f"; {count - 1} more since the last word" if count > 1 else ""
            log(logger.bind(**bound).opt(depth=2), f"{line}{{}}", *args, more)
