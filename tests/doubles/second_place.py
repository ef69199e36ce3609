"""Copies of ledgers in memory, which note what they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from relay_runtime.ledger.records import Book, Opened

__all__ = ["NotedCopies", "NotedCopy"]


class NotedCopy:
    """Keeps what stands in it, and how it ended."""

    def __init__(self, token: int = 0) -> None:
        self.token = token
        self.taken = self.doubtful = False
        self.text = b""
        self.ended: bool | None = None

    def confirm(self) -> None:
        self.doubtful = False

    def put(self, read: Callable[[], bytes]) -> None:
        self.text = read()

    def append(self, lines: bytes) -> None:
        self.text += lines

    def close(self, *, keep: bool) -> None:
        self.ended = keep


class NotedCopies:
    """Those of a process.

    Attributes:
        made: all copies, in their order.
        token: what a ledger is taken over with; None: another is faster.
        brought: what other hosts have left.
    """

    def __init__(self) -> None:
        self.made: list[NotedCopy] = []
        self.token: int | None = 7
        self.asked: list[Opened] = []
        self.brought: list[tuple[Book, int]] = []

    def marked(self, opened: Opened) -> Opened:
        return msgspec.structs.replace(opened, ledger=opened.ledger or f"l{len(self.made)}", member="me")

    def begin(self, opened: Opened) -> NotedCopy:
        assert opened.ledger
        self.made.append(NotedCopy())
        return self.made[-1]

    def take_over(self, former: Opened, *, stopped: bool) -> int | None:
        assert not stopped
        self.asked.append(former)
        return self.token

    def go_on(self, former: Opened, opened: Opened, token: int) -> NotedCopy:
        assert former.ledger in {"", opened.ledger}
        self.made.append(NotedCopy(token))
        return self.made[-1]

    def claims(self) -> Iterator[tuple[Book, int]]:
        while self.brought:
            yield self.brought.pop(0)
