"""Somebody who calls the app: said who they are, they dial, and the test has their line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn, Self

from relay_runtime.sandbox.script.script import Caller, GiveUp
from relay_runtime.testing.facts import Facts
from relay_runtime.testing.line import Line
from relay_runtime.testing.switchboard import FarEnd, Switchboard

__all__ = ["LiveCaller"]


class LiveCaller(Facts[Caller]):
    """A caller who has not dialled yet. Immutable: every method returns another one, so one may dial many times.

    Args:
        board: the switchboard of the test.
        caller: who they are.
    """

    def __init__(self, board: Switchboard, caller: Caller) -> None:
        super().__init__(caller)
        self._board = board

    def __repr__(self) -> str:
        return "<LiveCaller, who has not dialled yet>"

    def __getattr__(self, name: str) -> NoReturn:
        if hasattr(Line, name) and not name.startswith("_"):
            hint = f'; who has dialled has a line, which has it: caller.dials("office").{name}(...)'
        else:
            hint = ""
        raise AttributeError(f"a caller has no {name}{hint}")

    def _known_as(self, script: Caller) -> Self:
        return type(self)(self._board, script)

    def over_sip(self, headers: Iterable[tuple[str, str]] = ()) -> Self:
        """Call from a SIP address, with these headers."""
        return self._known_as(self._script.over_sip(headers))

    def abandons(self, after: float, reason: GiveUp = "abandoned") -> Self:
        """Give up, if there is no answer in so many seconds."""
        return self._known_as(self._script.abandons(after, reason))

    def dials(self, context: str, to_number: str = "+15550100099", patience: float | None = None) -> Line:
        """Place the call, and return its line; it is offered to the app when this returns.

        Args:
            context: the context that it arrives on.
            to_number: the number dialled.
            patience: seconds to wait for an answer; None takes the sandbox's setting.

        Raises:
            ValueError: there is no context.
            RuntimeError: the test is over.
        """
        board = self._board
        board.check_open()
        script = self._script.dials(context, to_number, patience)
        if board.on_dial is not None:
            board.on_dial(context)
        lines: list[Line] = []

        def take(far_end: FarEnd) -> bool:
            if far_end.run.script is not script:
                return False
            lines.append(Line(board, far_end))
            return True

        taken = board.take(take)
        try:
            board.sandbox.place(script)
        finally:
            taken()
        return lines[0]
