"""Writes what a command printed into docs/reliability.md, between the markers of its section."""

from __future__ import annotations

from pathlib import Path

__all__ = ["DOCUMENT", "replaced", "write"]

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"


def replaced(text: str, section: str, body: str) -> str:
    """Return a text whose section has a new body.

    Raises:
        ValueError: the text has no such section.
    """
    begin, end = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"the document has no section between {begin} and {end}")
    return f"{head}{begin}\n\n{body.strip()}\n\n{end}{tail}"


def write(section: str, body: str) -> None:
    """Put a new body into a section of docs/reliability.md."""
    DOCUMENT.write_text(replaced(DOCUMENT.read_text(), section, body))
