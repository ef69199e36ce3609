"""Logs crashes, each with its traceback; a test keeps them, and shows them itself."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from relay_actors.kit.log import logger

__all__ = ["Keeper", "kept_by", "log_crash"]

Keeper = Callable[[BaseException, str, Mapping[str, object]], object]
"""Takes what was caught, what is logged of it, and what is bound to that line, such as ``call_id``.

It may be called in any thread, and neither blocks nor raises.
"""

_keepers: Final[list[Keeper]] = []


@contextmanager
def kept_by(keeper: Keeper) -> Iterator[None]:
    """Have each crash that is logged meanwhile given to a keeper; its line is logged without the traceback."""
    _keepers.append(keeper)
    try:
        yield
    finally:
        _keepers.remove(keeper)


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
        for keeper in tuple(_keepers):
            keeper(error, message.format(*args), context)
        log.error(message, *args)
    else:
        lines = "".join(traceback.format_exception(error)).rstrip()
        log.error(f"{message}\n{{}}", *args, lines)
