"""What a line of the log is made of, and how it is written: as text for people, or as a JSON object."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from relay_actors.kit.deferred_log import DeferredLine
from relay_actors.wire.plain import plain_scalar
from relay_runtime.settings.config import MASK
from relay_runtime.watch.escaping import escaped, escaped_json
from relay_runtime.watch.masking import Masker

if TYPE_CHECKING:
    from loguru import Message

__all__ = ["OVERHEAD", "JsonFormat", "LogLine", "TextFormat"]

OVERHEAD: Final = 1_000
"""Bytes of what a line is besides its texts."""
_LARGEST: Final = 2**63 - 1
_BOUND: Final = ("call_id", "context", "actor", "worker")


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line, apart from whoever logged it: it can be written later, in another thread.

    Attributes:
        time: when it was logged, aware of its time zone.
        level: the name of its level, in capitals.
        logger: the module or the standard library's logger that it comes from.
        line: the number of the line there.
        message: its text.
        exception: a traceback, or an empty string.
        bound: the call it belongs to, and the worker.
        extra: what else was bound to it, as plain values.
        size: bytes that it takes while it waits.
    """

    time: datetime
    level: str
    logger: str | None
    line: int
    message: str
    exception: str = ""
    bound: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    size: int = OVERHEAD

    @classmethod
    def of(cls, message: Message) -> LogLine:
        """Return what loguru hands to a sink; its layout is the traceback alone."""
        record = message.record
        extra, extra_size = _kept(record["extra"])
        exception = str(message) if record["exception"] else ""
        size = sys.getsizeof(record["message"]) + sys.getsizeof(exception) + OVERHEAD
        return cls(
            time=record["time"],
            level=record["level"].name,
            logger=record["name"],
            line=record["line"],
            message=record["message"],
            exception=exception,
            bound=_taken_from(extra),
            extra=extra,
            size=size + extra_size,
        )

    @classmethod
    def of_deferred(cls, line: DeferredLine) -> LogLine:
        """Return what was noted to be said."""
        extra = dict(line.fields)
        return cls(
            time=datetime.fromtimestamp(line.time).astimezone(),
            level="INFO",
            logger=line.logger,
            line=line.line,
            message=line.message,
            bound=_taken_from(extra),
            extra=extra,
        )


def _taken_from(extra: dict[str, Any]) -> dict[str, Any]:
    """Take what is bound to every line of a call or a worker out of what is bound to one."""
    return {key: extra.pop(key) for key in _BOUND if key in extra}


def _kept(extra: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Return what is bound to a line, as plain values, and about how many bytes that takes."""
    try:
        plain = _plain(extra)
        return plain, sys.getsizeof(str(plain)) if plain else 0
    except Exception as error:  # noqa: BLE001 - it holds itself, say
        return {"extra": f"<{type(error).__name__}>"}, 0


def _plain(value: Any) -> Any:
    """Return a value of the app's as it is now, in types that JSON has: nobody changes it before it is written."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return plain_scalar(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, int) and -_LARGEST <= value <= _LARGEST:
        return int(value)
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - it is the app's, and costs its line no more than the value
        return f"<{type(value).__name__}: {type(error).__name__}>"


class TextFormat:
    """Writes lines for people: a record begins at the margin, and whatever belongs to it is indented.

    Args:
        masker: masks each line.
        colours: whether they are coloured, for a terminal.
    """

    def __init__(self, masker: Masker, *, colours: bool = False) -> None:
        self._masker = masker
        self._paint: Callable[[str, str], str] = _painted if colours else lambda text, _: text

    def __call__(self, line: LogLine) -> str:
        """Return the line, with its end, and its traceback on lines of its own."""
        mask, paint = self._masker, self._paint
        message, *trace = _TRACEBACK.split(mask(line.message), 1)
        colour = _COLOURS.get(line.level, "1")
        bound = "".join(f" {key}={line.bound[key]}" for key in _BOUND if line.bound.get(key))
        first = (
            f"{paint(line.time.isoformat(' ', 'milliseconds')[:23], '32')} "
            f"{paint(escaped(f'{line.level:<7}'), colour)} {paint(escaped(message), colour)}"
        )
        if bound:
            first += paint(escaped(mask(bound)), "2")
        below = [each for text in (*trace, mask(line.exception)) if text for each in text.rstrip("\n").split("\n")]
        return "\n".join([first, *((_MARGIN + escaped(each)).rstrip() for each in below), ""])


_MARGIN: Final = "    "
_TRACEBACK: Final = re.compile(r"\n(?=(?:  \+ Exception Group )?Traceback \(most recent call last\):\n)")
"""Where the traceback begins in a message that has one; see `relay_actors.kit.crash_log.log_crash`."""
_COLOURS: Final = {
    "TRACE": "1;36",
    "DEBUG": "1;34",
    "SUCCESS": "1;32",
    "WARNING": "1;33",
    "ERROR": "1;31",
    "CRITICAL": "1;41",
}


def _painted(text: str, colour: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m"


class JsonFormat:
    """Writes one JSON object a line.

    Args:
        masker: masks each line.
        encoding: what the lines will be written in.
    """

    def __init__(self, masker: Masker, encoding: str = "utf-8") -> None:
        self._masker = masker
        self._encoding = encoding

    def __call__(self, line: LogLine) -> str:
        """Return the object, with the end of its line."""
        fields = {
            "time": line.time.astimezone(UTC).isoformat(timespec="milliseconds"),
            "level": line.level.lower(),
            "logger": line.logger,
            "line": line.line,
            "message": self._mask(line.message),  # before it becomes JSON, so that a masked line is JSON still
            **{key: self._mask(value) for key, value in line.bound.items()},
        }
        if line.exception:
            fields["exception"] = self._mask(line.exception)
        if line.extra:
            fields["extra"] = self._mask(line.extra)
        return escaped_json(msgspec.json.encode(fields).decode(), self._encoding) + "\n"

    def _mask(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._masker(value).encode(errors="backslashreplace").decode()  # UTF-8 has no halves of characters
        if isinstance(value, dict):
            return {
                self._mask(key): MASK if self._masker.hides(key) else self._mask(item) for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._mask(item) for item in value]
        return value
