"""Writes the table of ``docs/metrics.md`` from the table of metrics in the code.

``python docs/metrics_page.py`` writes it; with ``--check`` it only looks whether the page is up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from relay_runtime.metrics import FAMILIES, Family

PAGE = Path(__file__).with_name("metrics.md")
BEGIN, END = "<!-- table: written by metrics_page.py -->\n", "<!-- end of the table -->\n"


def row(family: Family) -> str:
    """Return the line of one metric."""
    labels = ", ".join(f"`{label}`" for label in family.labels)
    return f"| `{family.exposed}` | {family.kind} | {labels} | {family.meaning} |"


def page(text: str) -> str:
    """Return the page with the table of today."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    rows = "\n".join(row(family) for family in FAMILIES)
    return f"{before}{BEGIN}\n| metric | type | labels | |\n|---|---|---|---|\n{rows}\n\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Write or check the page; return the exit code."""
    text = PAGE.read_text(encoding="utf-8")
    if page(text) == text:
        return 0
    if "--check" in arguments:
        print("metrics.md")  # noqa: T201
        return 1
    PAGE.write_text(page(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
