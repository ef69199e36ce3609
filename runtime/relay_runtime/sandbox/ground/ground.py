"""What every part of one sandbox stands on: its settings, its clock, its counters and the name of its node."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from traceback import format_exception
from typing import Final

from loguru import logger

from relay_runtime.sandbox.ground.clock import Clock
from relay_runtime.sandbox.ground.counters import Counters
from relay_runtime.sandbox.ground.ids import new_id
from relay_runtime.sandbox.ground.settings import Settings

__all__ = ["Ground"]

_ERRORS_KEPT: Final = 100
_TOLD_AT_MOST: Final = 1_000


class Ground:
    """Made once per sandbox, and handed to whoever needs no more than this.

    Args:
        settings: the options of the sandbox.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.node_id = f"sandbox-{new_id()[:8]}"
        self.counters = Counters()
        self.frames = itertools.count(1)  # the numbers of frames in journals
        self.errors: list[Exception] = []
        self._told: set[str] = set()
        self.clock = Clock(settings.time_scale, self.internal_error)

    def internal_error(self, error: Exception, where: str = "a timer") -> None:
        """Note a fault of the sandbox itself, and log it without the values of variables; the first ones are kept."""
        trace = "".join(format_exception(error)).rstrip()
        logger.error("the sandbox failed on {}{}", where, f"\n{trace}")
        self.counters.internal_errors += 1
        if len(self.errors) < _ERRORS_KEPT:
            self.errors.append(error)

    def note_unread(self, method: str, places: Iterable[str]) -> None:
        """Count the keys of a request that a server would ignore, and warn of each: once for each method and place."""
        for place in places:
            self.counters.keys_unread += 1
            told = f"{method}: {place}"
            if told not in self._told and len(self._told) < _TOLD_AT_MOST:
                self._told.add(told)
                logger.warning("{} is no key that the server knows: it is ignored", told)

    def note_form(self, method: str) -> None:
        """Warn, once for each method, that params came in a form that the vendor's documentation has alone."""
        if method not in self._told:
            self._told.add(method)
            logger.warning(
                "{} came in a form that only the vendor's documentation shows: a server may refuse it", method
            )

    def speech_seconds(self, text: str) -> float:
        """Return how many line seconds it takes to say a text."""
        return len(text) / self.settings.characters_per_second
