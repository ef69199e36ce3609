"""A second place in which a ledger stands, which other hosts reach; the fleet hands it in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Protocol

from relay_runtime.ledger.records import Book, Opened

__all__ = ["NO_COPIES", "NO_COPY", "Copies", "Copy", "NotYet"]


class Copy(Protocol):
    """One ledger's. None of the methods raises; `confirm` alone blocks."""

    @property
    def taken(self) -> bool:
        """Whether another process has taken the ledger over, as far as is known."""

    @property
    def doubtful(self) -> bool:
        """Whether another process may have done so and it is not known yet: there was no word for too long."""

    def confirm(self) -> None:
        """Find out who has the ledger. Blocks the current greenlet for a moment."""

    def give_up(self) -> None:
        """Take it that another process has the ledger."""

    def put(self, read: Callable[[], bytes]) -> None:
        """Note the whole ledger anew, which is read now and whenever it was lost."""

    def append(self, lines: bytes) -> None:
        """Note lines that were appended."""

    def close(self, *, keep: bool) -> None:
        """End: it is removed, or left to a successor."""


class NotYet(Exception):
    """It can't be told yet who has a ledger."""


class Copies(Protocol):
    """Those of a process."""

    def marked(self, opened: Opened) -> Opened:
        """Return the first line of a ledger of this process, with what its copy is known by."""

    def begin(self, opened: Opened) -> Copy:
        """Return the copy of a ledger with such a first line. Never blocks."""

    def take_over(self, former: Opened, *, stopped: bool) -> int | None:
        """Take a ledger over whose process is dead, or stopped; None: another process was faster.

        Return the token of the copy; 0: it has none yet. Blocks the current greenlet for a moment.

        Raises:
            NotYet: the process is stopped, others may have been faster, and it is to be asked again.
        """

    def go_on(self, former: Opened, opened: Opened, token: int) -> Copy:
        """Return the copy of a ledger that was taken over, from its former first line and its new one."""

    def claims(self) -> Iterator[tuple[Book, int]]:
        """Give what this process has taken over of other hosts: what stands in each ledger, and its copy's token."""


class _NoCopy:
    """Of a ledger that has none."""

    taken = doubtful = False

    def confirm(self) -> None:
        pass

    def give_up(self) -> None:
        pass

    def put(self, read: Callable[[], bytes]) -> None:
        pass

    def append(self, lines: bytes) -> None:
        pass

    def close(self, *, keep: bool) -> None:
        pass


NO_COPY: Final[Copy] = _NoCopy()


class _NoCopies:
    """Of a process that is in no fleet."""

    def marked(self, opened: Opened) -> Opened:
        return opened

    def begin(self, opened: Opened) -> Copy:  # noqa: ARG002 - as the Protocol has it
        return NO_COPY

    def take_over(self, former: Opened, *, stopped: bool) -> int | None:  # noqa: ARG002
        return 0

    def go_on(self, former: Opened, opened: Opened, token: int) -> Copy:  # noqa: ARG002
        return NO_COPY

    def claims(self) -> Iterator[tuple[Book, int]]:
        return iter(())


NO_COPIES: Final[Copies] = _NoCopies()
