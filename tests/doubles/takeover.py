"""Taking a ledger over, as a successor does it: a mark in the file, and another name."""

from __future__ import annotations

from pathlib import Path

from relay_runtime.ledger.file import TAKEN

__all__ = ["take_over"]


def take_over(path: Path) -> Path:
    """Take a ledger over; return where it is then."""
    with path.open("ab") as file:
        file.write(TAKEN)
    return path.rename(path.with_name("taken"))
