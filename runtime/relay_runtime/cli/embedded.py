"""The sandbox that ``relay-runtime start --sandbox`` brings with it; loaded only when it is asked for."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final, Self

import gevent

from relay_runtime.cli.console import place_call_with, print_line
from relay_runtime.client.client import RelayClient
from relay_runtime.process.appload import App
from relay_runtime.sandbox import Caller, Outcome, Run, Sandbox
from relay_runtime.settings.config import Found, Layer
from relay_runtime.settings.proxy import OFF

__all__ = ["Embedded"]

_CONTEXT: Final = "office"
_GAP: Final = 1.0  # line seconds from one example caller to the next
_LONGEST: Final = 300.0  # real seconds after which an example caller's story is told as it stands


class Embedded:
    """A sandbox in the process that it serves.

    Args:
        time_scale: real seconds per line second.
        callers: how many example callers dial in.
    """

    def __init__(self, time_scale: float, callers: int) -> None:
        self._sandbox = Sandbox(time_scale=time_scale)
        self._scale = time_scale
        self._callers = callers
        self._context = _CONTEXT
        self._announced = False

    default_contexts: Final = (_CONTEXT,)

    def __enter__(self) -> Self:
        self._sandbox.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sandbox.stop()

    def settings(self) -> dict[str, str]:
        """Return the settings that lead to the sandbox, by option name; they go before all others."""
        sandbox = self._sandbox
        return {"host": sandbox.url, "project": sandbox.project, "token": sandbox.token, "proxy": OFF}

    def layer(self) -> Layer:
        """Return the settings that lead to the sandbox, as a layer."""
        return {name: Found(value, "--sandbox") for name, value in self.settings().items()}

    def contexts_for(self, app: App) -> tuple[str, ...]:
        """Return the contexts of an app that names none: one of the sandbox's own."""
        return () if isinstance(app, RelayClient) and app.contexts else self.default_contexts

    def announce(self, contexts: list[str]) -> None:
        """Print where the sandbox is and how to place a call."""
        self._context = contexts[0] if contexts else _CONTEXT
        print_line(f"sandbox       {self._sandbox.url}")
        print_line(f"control port  {self._sandbox.control_url}")
        print_line(f"place a call  {place_call_with(self._sandbox.control_url, self._context)}")

    def announce_once(self, facts: dict[str, Any]) -> None:
        """Announce, when the first of several workers has said what its contexts are."""
        if not self._announced and "contexts" in facts:
            self._announced = True
            self.announce(facts["contexts"])

    def let_callers_dial(self) -> None:
        """Start the example callers. Never blocks."""
        if self._callers:
            gevent.spawn(self._dial_one_after_another).name = "example callers"

    def _dial_one_after_another(self) -> None:
        for number in range(1, self._callers + 1):
            run = self._sandbox.place(_example_caller(number, self._context))
            gevent.spawn(self._tell, number, run).name = f"example caller {number}"
            gevent.sleep(_GAP * self._scale)

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
