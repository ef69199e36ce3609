"""Tables as text, for the terminal and for Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

MISSING = "-"


@dataclass(frozen=True)
class Grid:
    """A table as text: a heading for each column, then rows of as many cells."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """Return the table in Markdown, all columns but the first aligned to the right."""
        lines = [
            _line(self.headings),
            _line(("---", *("---:" for _ in self.headings[1:]))),
            *(_line(row) for row in self.rows),
        ]
        return "\n".join(lines)

    def rich(self, title: str) -> Table:
        """Return the table for the terminal."""
        table = Table(title=title, title_justify="left")
        for index, heading in enumerate(self.headings):
            table.add_column(heading, justify="right" if index else "left")
        for row in self.rows:
            table.add_row(*row)
        return table


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
