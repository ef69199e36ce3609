"""The example callers of ``start --sandbox --sandbox-callers N``, and where others can be placed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import gevent

from relay_runtime.cli.console import place_call_with, print_line
from relay_runtime.sandbox import Caller, Outcome, Run, Sandbox

__all__ = ["ExampleCallers"]

_GAP: Final = 1.0  # line seconds from one example caller to the next
_LONGEST: Final = 300.0  # real seconds after which an example caller's story is told as it stands


class ExampleCallers:
    """Says where the sandbox is, and has callers dial in; see `Guest`.

    Args:
        number: how many dial in.

    Attributes:
        end: see `Guest`; the process serves on when they have called.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._sandbox: Sandbox | None = None
        self._context = ""
        self.end: Callable[[str], object] = lambda _: None

    def open(self) -> None:
        """Do nothing: there is nothing to say of the app yet."""

    def loaded(self, sandbox: Sandbox, contexts: list[str]) -> None:
        """Print where the sandbox is and how to place a call, the first time."""
        if self._sandbox is not None:
            return
        self._sandbox, self._context = sandbox, contexts[0]
        print_line(f"sandbox       {sandbox.url}")
        print_line(f"control port  {sandbox.control_url}")
        print_line(f"place a call  {place_call_with(sandbox.control_url, self._context)}")

    def failed(self, why: str) -> None:
        """Do nothing: the log has said why."""

    def begin(self) -> None:
        """Have them dial. Never blocks."""
        if self._number and self._sandbox is not None:
            gevent.spawn(self._dial_one_after_another, self._sandbox).name = "example callers"

    def stop(self) -> None:
        """Do nothing: the sandbox ends their calls."""

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""

    def _dial_one_after_another(self, sandbox: Sandbox) -> None:
        for number in range(1, self._number + 1):
            run = sandbox.place(_example_caller(number, self._context))
            gevent.spawn(self._tell, number, run).name = f"example caller {number}"
            gevent.sleep(_GAP * sandbox.settings.time_scale)

    def _tell(self, number: int, run: Run) -> None:
        """Print how a caller fared, once the call is over."""
        try:
            story = _story(run.wait(_LONGEST))
        except TimeoutError as error:
            story = str(error)
        print_line(f"caller {number}: {story}")


def _example_caller(number: int, context: str) -> Caller:
    """Return a caller for any app: some press 1, some 2, some nothing, and some hang up early."""
    caller = Caller(f"+1555010{number % 10_000:04d}").dials(context).waits(2)
    kind = number % 4
    if kind == 0:
        return caller.hangs_up()
    if kind != 3:
        caller = caller.presses(str(kind))
    return caller.waits_for_hangup(timeout=_LONGEST)


def _story(outcome: Outcome) -> str:
    parts = [str(outcome.status)]
    if outcome.heard:
        parts.append("heard " + ", ".join(f'"{words}"' for words in outcome.heard))
    if outcome.digits:
        parts.append(f"pressed {outcome.digits}")
    ender = {"inbound": "the caller", "outbound": "the app"}.get(outcome.end_source, "the network")
    parts.append(f"ended by {ender} ({outcome.end_reason}) after {outcome.seconds:.1f} s")
    return "; ".join(parts)
