"""Somebody whom the app dials: the test says who answers a number, and has the line once it is dialled."""

from __future__ import annotations

from typing import Self

from gevent.queue import Empty, SimpleQueue

from relay_runtime.sandbox.script.script import Callee
from relay_runtime.testing.facts import Facts
from relay_runtime.testing.failure import LineFailure
from relay_runtime.testing.line import Line
from relay_runtime.testing.seconds import checked_seconds
from relay_runtime.testing.switchboard import FarEnd, Switchboard

__all__ = ["LiveCallee"]


class LiveCallee(Facts[Callee], Line):
    """Who answers a number, and the line of a call to it.

    What it is like (`rings`, `answers`, `is_busy`, `is_machine`, ...) holds from now on, for each dial. What happens on
    the line waits for the number to be dialled first; it goes on with that call until `is_dialled` has waited for the
    next one.

    Args:
        board: the switchboard of the test.
        number: the number, or SIP or resource address; ``*`` is every number that nobody else answers.
    """

    def __init__(self, board: Switchboard, number: str) -> None:
        Facts.__init__(self, Callee())
        Line.__init__(self, board)
        self._number = number
        self._scripts: list[Callee] = []  # that have answered it
        self._dials: SimpleQueue[FarEnd] = SimpleQueue()
        board.take(self._take)
        self._known_as(self._script)

    def _known_as(self, script: Callee) -> Self:
        self._board.check_open()
        self._script = script
        self._scripts.append(script)  # every method of a script makes a new one: its calls are known by it
        self._board.sandbox.on_dial(self._number, script)
        return self

    def _take(self, far_end: FarEnd) -> bool:
        if not any(far_end.run.script is script for script in self._scripts):
            return False
        self._dials.put(far_end)
        return True

    # What it is like

    def rings(self, seconds: float) -> Self:
        """Let it ring for so many seconds before what follows."""
        return self._known_as(self._script.rings(seconds))

    def answers(self) -> Self:
        """Answer; what else a test does not say."""
        return self._known_as(self._script.answers())

    def is_busy(self) -> Self:
        """Be busy."""
        return self._known_as(self._script.is_busy())

    def declines(self) -> Self:
        """Refuse the call."""
        return self._known_as(self._script.declines())

    def never_answers(self) -> Self:
        """Let it ring until the app gives up, or `hangs_up` declines the call."""
        return self._known_as(self._script.never_answers())

    def does_not_exist(self) -> Self:
        """Be a number that is not in use."""
        return self._known_as(self._script.does_not_exist())

    def fails(self) -> Self:
        """Let the network fail."""
        return self._known_as(self._script.fails())

    # The calls to it

    def is_dialled(self, within: float = 10.0) -> Line:
        """Wait for the next dial to this number and return its line, which goes on beside those of other dials.

        Args:
            within: seconds to wait at most. A dial that came earlier, and that nobody has waited for, counts.

        Raises:
            ValueError: the seconds are none.
            LineFailure: nobody has dialled it in this time.
            RuntimeError: the test is over.
        """
        __tracebackhide__ = True
        self._board.check_open()
        try:
            self._far_end = self._dials.get(timeout=checked_seconds("within", within))
        except Empty:
            raise self._not_dialled(within) from None
        return Line(self._board, self._far_end)

    def _reached(self, within: float) -> FarEnd:
        __tracebackhide__ = True
        if self._far_end is None:
            self.is_dialled(within)
        return super()._reached(within)

    def _not_dialled(self, within: float) -> LineFailure:
        others = self._board.dialled()
        instead = f"what was dialled is {', '.join(others)}" if others else "nothing was dialled"
        return LineFailure(
            f"the app to dial {self._number} within {within:g} s", instead, where=self._board.all_stand()
        )
