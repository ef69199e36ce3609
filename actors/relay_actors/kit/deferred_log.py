"""Lines of the log whose text is made later, by somebody else: those that come with every call.

loguru makes the text of a line while whoever logs waits. A program whose log makes it in a thread of its own says so by
`defer_to`; then whoever logs only notes what is to be said.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

import msgspec

from relay_actors.kit import clock
from relay_actors.kit.log import logger

__all__ = ["DeferredLine", "defer_to", "log_deferred"]


class DeferredLine(msgspec.Struct, frozen=True):
    """What is to be said at ``info``.

    Attributes:
        time: when it was logged, in epoch seconds.
        logger: the module that logged it.
        line: the number of the line there.
        template: its text, with a place for some of the fields.
        fields: what happened; nobody changes them any more.
    """

    time: float
    logger: str
    line: int
    template: str
    fields: dict[str, Any]

    @property
    def message(self) -> str:
        """Its text."""
        return self.template.format_map(self.fields)


_at_once: Final = logger.opt(depth=1)


class _Log:
    take: Callable[[DeferredLine], bool] | None = None


def defer_to(take: Callable[[DeferredLine], bool] | None) -> None:
    """Have deferred lines taken by a function, which must neither block nor raise; None: all go to loguru at once.

    Args:
        take: returns whether it has taken the line; what it leaves goes to loguru.
    """
    _Log.take = take


def log_deferred(template: str, more: str = "", /, **fields: Any) -> None:
    """Log a line at ``info``, with its fields bound to it. Never blocks where lines are deferred.

    Args:
        template: its text, with a place for some of the fields.
        more: what is at its end.
        fields: what happened: plain values, which nobody changes any more.
    """
    template += more
    if _Log.take is not None:
        caller = sys._getframe(1)
        line = DeferredLine(clock.real_wall(), caller.f_globals["__name__"], caller.f_lineno, template, fields)
        if _Log.take(line):
            return
    _at_once.info(template, **fields)
