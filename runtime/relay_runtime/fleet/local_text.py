"""The texts of ledgers in the file of a local engine, in the parts in which they came, and the calls that they have."""

from __future__ import annotations

import re
from sqlite3 import Connection
from typing import Final

__all__ = ["add_text", "forget_text", "text_of"]

_CALL: Final = re.compile(rb'\["([a-z]+)","([^"\\]*)"')


def text_of(db: Connection, ledger: str) -> bytes:
    """Return all that was noted."""
    return b"".join(lines for (lines,) in db.execute("SELECT lines FROM parts WHERE ledger = ? ORDER BY at", (ledger,)))


def add_text(db: Connection, ledger: str, at: int, lines: bytes) -> None:
    """Add lines, and note what they say of calls: which are served, and which are over."""
    if lines:  # else what follows has the same place
        db.execute("INSERT INTO parts VALUES (?, ?, ?)", (ledger, at, lines))
    for word, call in _CALL.findall(lines):
        if word == b"serve":
            db.execute("INSERT OR REPLACE INTO calls VALUES (?, ?)", (call.decode(errors="replace"), ledger))
        elif word == b"over":
            db.execute("DELETE FROM calls WHERE id = ? AND ledger = ?", (call.decode(errors="replace"), ledger))


def forget_text(db: Connection, ledger: str) -> None:
    """Forget it, and which calls it has."""
    db.execute("DELETE FROM parts WHERE ledger = ?", (ledger,))
    db.execute("DELETE FROM calls WHERE ledger = ?", (ledger,))
