"""Keys of a request that are not known: one that is misspelt is refused, any other is sent, and told of once.

The server may know more than is known here; a key that is nearly a known one is a mistake that nobody would hear of,
since the server ignores what it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from functools import lru_cache
from typing import Any, Final

from relay_actors.kit.log import logger
from relay_actors.kit.spelling import near_miss

__all__ = ["refuse_misspelt", "tell_once"]

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z_-]{0,60}\Z")  # what is no name may hold the number of a caller
_INDEX: Final = re.compile(r"\[\d+\]")
_TOLD_AT_MOST: Final = 1_000  # of a program that makes up its keys
_SHORT: Final = 7  # letters: in a shorter word two edits make a word of its own

_told: set[str] = set()


def refuse_misspelt(prefix: str, name: Any, known: Iterable[str], there: Container[Any] = ()) -> None:
    """Do nothing, unless a key that is not known is nearly one that is; ``initialTimeout`` is ``initial_timeout``.

    Args:
        prefix: what stands in front of the key where it is named, such as ``collect.``.
        name: the key.
        known: those that are known there.
        there: keys of the same object, which are not meant by another.

    Raises:
        ValueError: a known key was meant; the message says where, and which.
    """
    if not isinstance(name, str) or not _NAME.match(name):
        return
    meant = _meant(name, tuple(each for each in known if each not in there))
    if meant is not None:
        raise ValueError(f"{prefix}{name} is not known; did you mean {meant}?")


def tell_once(prefix: str, name: Any, known: Iterable[str]) -> None:
    """Warn of a key that is sent without being known: once for each place and key in the life of the process."""
    shown = name if isinstance(name, str) and _NAME.match(name) else "a key that is no name"
    place = _INDEX.sub("[]", f"{prefix}{shown}")
    if place not in _told and len(_told) < _TOLD_AT_MOST:
        _told.add(place)
        logger.warning("{} is not known, and is sent as it is; known are {}", place, ", ".join(known))


@lru_cache(_TOLD_AT_MOST)  # a key that is sent as it is comes with each call
def _meant(name: str, known: tuple[str, ...]) -> str | None:
    words = {_plain(each): each for each in known}
    word = _plain(name)
    near = near_miss(word, words, 1 if len(word) < _SHORT else 2)
    return None if near is None else words[near]


def _plain(name: str) -> str:
    """Return a key without what camelCase, snake_case and dashes differ in."""
    return name.replace("_", "").replace("-", "").lower()
