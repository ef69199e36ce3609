"""Those who are told of something that happens in the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Watchers"]

T = TypeVar("T")


class Watchers(Generic[T]):
    """Tells of something, in the greenlets of the sandbox: who is told must neither block nor raise."""

    __slots__ = ("_all",)

    def __init__(self) -> None:
        self._all: tuple[Callable[[T], object], ...] = ()

    def __len__(self) -> int:
        return len(self._all)

    def add(self, told: Callable[[T], object]) -> Callable[[], None]:
        """Have ``told(value)`` called from now on; return what ends that."""
        self._all = (*self._all, told)

        def end() -> None:
            self._all = tuple(each for each in self._all if each is not told)

        return end

    def tell(self, value: T) -> None:
        """Tell all of them, in the order in which they came."""
        for told in self._all:
            told(value)

    def clear(self) -> None:
        """Tell nobody any more."""
        self._all = ()
