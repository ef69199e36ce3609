"""Writing results to stdout: lines, JSON and tables, whoever reads them.

Whatever they hold, it controls nothing, and what the encoding of stdout does not have is escaped.
"""

from __future__ import annotations

import errno
import os
import sys
from io import TextIOWrapper
from shlex import quote
from typing import Any, Final

from rich.console import Console, RenderableType

from relay_runtime.cli.failure import Failure
from relay_runtime.process.process import ExitCode
from relay_runtime.watch.escaping import encoded_json, escaped, escaped_json

__all__ = [
    "CONTROL_TOKEN_VARIABLE",
    "check_written",
    "escape_what_does_not_fit",
    "place_call_with",
    "print_json",
    "print_line",
    "print_rich",
    "terminal_width",
]

CONTROL_TOKEN_VARIABLE: Final = "RELAY_SANDBOX_CONTROL_TOKEN"  # noqa: S105 - the name of a variable
"""What a sandbox's control port wants to be brought, for the sandbox and for who uses it."""
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_WIDE: Final = 160
"""Columns where there is no terminal: nothing is cut off in a file or a pipe."""


def escape_what_does_not_fit() -> None:
    r"""Have whatever is printed show as an escape (``\u20ac``) what the encoding of stdout does not have.

    Python would raise there, in the middle of a line.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def print_line(text: str) -> bool:
    """Write one line at once; return False when nobody reads any more (``| head``). Never raises for that.

    Raises:
        Failure: it can't be written, to a disk that is full for instance.
    """
    return _write(escaped(text))


def _write(text: str) -> bool:
    if sys.stdout is None:  # closed from the beginning
        return False
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_the_rest()
        return False
    except OSError as error:
        raise _unwritten(error) from None
    return True


def check_written(error: OSError) -> None:
    """Do nothing unless an error is that of something that others have printed, such as help.

    Raises:
        Failure: stdout can't be written; the text says why.
    """
    if error.errno not in _FULL or sys.stdout is None:
        return
    try:
        sys.stdout.write("\n")  # an error does not say of which file it is: this one has it again, or has not
        sys.stdout.flush()
    except OSError as again:
        raise _unwritten(again) from None


def _unwritten(error: OSError) -> Failure:
    _forget_the_rest()
    return Failure(ExitCode.FAILED, f"stdout can't be written: {error.strerror or type(error).__name__}")


def _forget_the_rest() -> None:
    """Have what was not written go nowhere: Python flushes stdout once more when it ends, and would complain then."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(value: Any) -> bool:
    """Write a value as one line of JSON; see `print_line`."""
    line = encoded_json(value).decode()
    return _write(escaped_json(line, sys.stdout.encoding or "utf-8"))


def print_rich(picture: RenderableType) -> None:
    """Write a table or the like, as wide as the terminal. What comes from outside has to be escaped in it."""
    width = terminal_width() or _WIDE
    console = Console(markup=False, highlight=False, emoji=False, soft_wrap=True, width=width)
    with console.capture() as captured:
        console.print(picture)
    _write("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))


def terminal_width() -> int | None:
    """Return the columns of the terminal that stdout is; None where it is a file or a pipe."""
    return Console().width if sys.stdout.isatty() else None


def place_call_with(control_url: str, context: str, token: str | None = None) -> str:
    """Return the shell command that places a call.

    Args:
        control_url: the URL of a sandbox's control port.
        context: the context that is dialled.
        token: what the port wants to be brought; the command takes it from the environment.
    """
    steps = '[{"waits": 2}, {"presses": "1"}, {"waits_for_hangup": 30}]'
    body = f'{{"context": "{context}", "steps": {steps}}}'
    bearer = f' -H "Authorization: Bearer ${CONTROL_TOKEN_VARIABLE}"' if token else ""
    return f"curl -s {quote(f'{control_url}/calls')} -H 'Content-Type: application/json'{bearer} -d '{body}'"
