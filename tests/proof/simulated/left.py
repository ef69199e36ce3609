"""What a simulation must not leave behind: lines of log that nobody can explain, and anything that is alive."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent
from gevent.hub import get_hub
from greenlet import greenlet
from loguru import logger

from proof.leaks import Census, _kept, census
from proof.simulated.laws import Books

__all__ = ["alive", "judge_left_over", "quiet_log", "sweep"]

_EXPLAINED = (
    r"crashed in call .* … proof\.simulated\.calls\.CrashedOnPurpose",
    r"crashed in call .* … relay_actors\.errors\.\w+",  # its code has let it pass
    r"(actor|supervisor) .*failed … greenlet\.GreenletExit",  # was killed
    r"calls may be up still",  # the client was stopped while there was no connection
    r"code of .* crashed after its end … (proof\.simulated\.calls|relay_actors\.errors)\.\w+",  # its actor was killed
    r"a callback of call .* … proof\.simulated\.calls\.CrashedOnPurpose",
)
"""Patterns of the first and the last line of what is logged as an error and is none of the runtime's."""

_SETTLING = 30.0  # virtual seconds


@contextmanager
def quiet_log(books: Books) -> Iterator[None]:
    """Take what is logged at the level of an error or above: somebody must be able to explain it."""

    def take(message: Any) -> None:
        record = message.record
        lines = record["message"].splitlines()
        said = f"{lines[0]} … {lines[-1]}"
        if not any(re.search(explained, said) for explained in _EXPLAINED):
            books.wrong("log is quiet", record["message"])

    logger.remove()
    number = logger.add(take, level="ERROR", format="{message}", catch=False)
    try:
        yield
    finally:
        logger.remove(number)


def judge_left_over(books: Books, before: Census) -> None:
    """Look for what is alive and was not before; timers too. Blocks for some virtual seconds."""
    loop: Any = get_hub().loop
    gevent.sleep(_SETTLING)
    if loop._awaited:
        timers = [str(timer.callback) for _, order, timer in loop._heap if timer.entry == order and timer.ref]
        books.wrong("nothing left over", f"{loop._awaited} timers: {timers[:5]}")
    for each in census().beyond(before):
        books.wrong("nothing left over", each)


def alive() -> frozenset[int]:
    """Return the ids of all greenlets that are alive."""
    return frozenset(map(id, _greenlets()))


def _greenlets() -> list[Any]:
    return [each for each in gc.get_objects() if isinstance(each, greenlet) and each and not each.dead]


def sweep(before: frozenset[int]) -> None:
    """End the greenlets and timers that a broken simulation has left, so that the next one begins with none."""
    loop: Any = get_hub().loop
    for _ in range(3):
        kept = _kept() | before
        for each in _greenlets():
            if id(each) not in kept:
                get_hub().loop.run_callback(each.throw, gevent.GreenletExit)
        gevent.sleep(0.001)
        for _, order, timer in list(loop._heap):
            if timer.entry == order:
                timer.stop()
