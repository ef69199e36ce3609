"""``relay-runtime record``: the frames of one live call, for people and for a replay."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import gevent
import typer

from relay_runtime.cli.console import print_json
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.inspecting import Pid, Socket, the_process
from relay_runtime.inspection.protocol import Request
from relay_runtime.process.process import ExitCode, on_signals
from relay_runtime.recording.lines import LEFT_OUT, NO_END
from relay_runtime.watch.escaping import escaped

__all__ = ["record"]


def record(
    *,
    call: Annotated[str | None, typer.Option(metavar="ID", help="The call's id, or how it begins.")] = None,
    next_call: Annotated[bool, typer.Option("--next", help="The next call that begins, from its beginning.")] = False,
    context: Annotated[
        str | None,
        typer.Option("--context", "-c", metavar="NAME", help="With --next: an inbound one of this context."),
    ] = None,
    keep_words: Annotated[bool, typer.Option("--keep-words", help="Keep what is spoken and written.")] = False,
    mask_digits: Annotated[bool, typer.Option("--mask-digits", help="Mask the keys that are pressed too.")] = False,
    pid: Pid = None,
    socket: Socket = None,
) -> ExitCode:
    """Print the recording of a live call from now on, until it ends: JSON lines, for a file. Numbers are masked.

    Example: relay-runtime record --next > call.jsonl
    """
    if (call is None) is not next_call:
        raise Failure(ExitCode.USAGE, "say which call: either --call ID or --next")
    if context is not None and not next_call:
        raise Failure(ExitCode.USAGE, "--context goes with --next: a call is found by its id")
    request = Request(
        op="record_next" if next_call else "record",
        id=call or "",
        context=context or "",
        keep_words=keep_words,
        mask_digits=mask_digits,
    )
    printing = _Printing(the_process(pid, socket).follow(request), context)
    reader = gevent.spawn(printing.run)
    with on_signals(lambda _: reader.kill()):
        reader.join()
    return printing.finish()


class _Printing:
    """Prints the lines of a recording, and one in the place of a last line that does not come.

    Args:
        items: what the process sends.
        context: whose next call is waited for, for people.
    """

    def __init__(self, items: Iterator[Any], context: str | None) -> None:
        self._items = items
        self._context = context
        self._at = 0.0
        self._frames = 0
        self._dropped = 0
        self._began = self._ended = self._over = False
        self._error: Exception | None = None

    def run(self) -> None:
        """Print what comes; keep what goes wrong: gevent prints the traceback of what a greenlet raises."""
        try:
            for item in self._items:
                if not self._take(item):
                    break
            self._over = True
        except Exception as error:  # noqa: BLE001 - raised by the caller
            self._error = error

    def finish(self) -> ExitCode:
        """Print what is missing, and return the exit code.

        Raises:
            Exception: what went wrong.
        """
        if self._error is not None:
            raise self._error
        if self._began and not self._ended:
            missed = {"whole": False, "not_replayable": [NO_END]}
            print_json(self._amended({"end": "cut off" if self._over else "stopped", "at": self._at, **missed}))
        if self._ended or not self._over:
            return ExitCode.OK
        why = "the call: the recording is cut off" if self._began else "there was a call"
        raise Failure(ExitCode.UNREACHABLE, f"the process ended before {why}")

    def _take(self, item: dict[str, Any]) -> bool:
        """Print an item, and return whether more may come."""
        if "recording" in item:
            _tell(item["recording"], self._context)
            return True
        if "dropped" in item:  # on its way from a worker
            self._dropped += item["dropped"]
            return True
        line = item["line"]
        self._began = True
        if "end" in line:
            self._ended = True
            return print_json(self._amended(line))
        if "frame" in line:
            self._frames += 1
            self._at = line["at"]
        return print_json(line)

    def _amended(self, end: dict[str, Any]) -> dict[str, Any]:
        """Return the last line with what this side knows."""
        missed = list(end.get("not_replayable", ()))
        left_out = end.get("left_out", 0) + self._dropped
        if self._dropped and LEFT_OUT not in missed:
            missed.append(LEFT_OUT)
        whole = end["whole"] and not left_out
        return {**end, "whole": whole, "frames": self._frames, "left_out": left_out, "not_replayable": missed}


def _tell(call_id: str, context: str | None) -> None:
    """Say on stderr what is recorded, or waited for."""
    of = f" of {escaped(context)}" if context else ""
    what = f"recording {escaped(call_id)}" if call_id else f"waiting for the next call{of}"
    sys.stderr.write(f"{what} until it ends, or Ctrl-C\n")
