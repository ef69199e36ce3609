"""Remembers the last so many keys, with a value each."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Generic, TypeVar

__all__ = ["Recent"]

T = TypeVar("T")


class Recent(Generic[T]):
    """The last ``limit`` distinct keys, with a value each."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._keys: OrderedDict[T, Any] = OrderedDict()

    def __contains__(self, key: T) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, key: T, value: Any = None) -> None:
        """Note a key; the oldest is forgotten when there are too many."""
        self._keys[key] = value
        if len(self._keys) > self._limit:
            self._keys.popitem(last=False)

    def get(self, key: T) -> Any:
        """Return a key's value, or None."""
        return self._keys.get(key)

    def pop(self, key: T) -> Any:
        """Forget a key and return its value, or None."""
        return self._keys.pop(key, None)

    def oldest(self) -> Any:
        """Return the value of the oldest key, or None."""
        return next(iter(self._keys.values()), None)

    def pop_oldest(self) -> Any:
        """Forget the oldest key and return its value.

        Raises:
            KeyError: there is none.
        """
        return self._keys.popitem(last=False)[1]
