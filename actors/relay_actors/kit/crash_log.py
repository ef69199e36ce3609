"""Logs crashes, each with its traceback; a test or a phone keeps them, and shows them itself."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from relay_actors.kit.log import logger

__all__ = ["Keeper", "keep_crash", "kept_by", "log_crash"]

Keeper = Callable[[BaseException, str, Mapping[str, object]], object]
"""Takes what was caught, what is logged of it, and what is bound to that line, such as ``call_id``.

It may be called in any thread, and neither blocks nor raises.
"""

_keepers: Final[list[tuple[Keeper, bool]]] = []


@contextmanager
def kept_by(keeper: Keeper, *, logged: bool = True) -> Iterator[None]:
    """Have each crash that is logged meanwhile given to a keeper; its line is logged without the traceback, or not."""
    entry = (keeper, logged)
    _keepers.append(entry)
    try:
        yield
    finally:
        _keepers.remove(entry)


def keep_crash(error: BaseException, what: str) -> bool:
    """Give a crash that belongs to no call to those who have it logged by nobody else; return whether there are any."""
    alone = [keeper for keeper, logged in tuple(_keepers) if not logged]
    for keeper in alone:
        keeper(error, what, {})
    return bool(alone)


def log_crash(error: BaseException, message: str, *args: object, **context: object) -> None:
    """Log an error with its traceback, and without the values of variables that loguru would show beside each line.

    Args:
        error: what was caught.
        message: what crashed, with a place for each of ``args``.
        args: the parts of the message.
        context: bound to the line, such as ``call_id``.
    """
    log = logger.bind(**context).opt(depth=1)
    if _keepers:
        keepers = tuple(_keepers)
        for keeper, _ in keepers:
            keeper(error, message.format(*args), context)
        if all(logged for _, logged in keepers):
            log.error(message, *args)
    else:
        lines = "".join(traceback.format_exception(error)).rstrip()
        log.error(f"{message}\n{{}}", *args, lines)
