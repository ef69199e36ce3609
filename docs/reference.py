"""Writes ``docs/reference/`` from the docstrings; a test fails when the pages are stale or a public name has none.

    python docs/reference.py           write the pages
    python docs/reference.py --check   exit with 1, and name them, if any is stale

Structure comes from `inspect`, griffe reads the sections of a docstring. The examples of verbs and requests are in
``docs/verb_examples``: they are run, and shown with the frames that they send.
"""

from __future__ import annotations

import sys
from pathlib import Path

from reference_docstrings import undocumented
from reference_entries import Entries
from reference_names import Names, Page
from reference_pages import made_pages

__all__ = ["Entries", "Names", "main", "pages", "stale", "undocumented"]

FOLDER = Path(__file__).parent / "reference"


def pages() -> list[Page]:
    """Return every page; the names without a docstring are in ``undocumented`` then."""
    undocumented.clear()
    made = made_pages()
    names = Names(made)
    listed = "\n".join(f"- [{page.title}]({page.name}.md)" for page in [*made, Page("names", "All names")])
    index = Page("README", "Reference", [listed])
    made += [Page("names", "All names", [f"Every name with an entry, and where it is.\n\n{names.index()}"])]
    for page in made:
        page.names = names
    return [index, *made]


def stale(folder: Path = FOLDER) -> list[str]:
    """Return the names of pages whose file is missing, different, or no page any more."""
    wanted = {f"{page.name}.md": page.text() for page in pages()}
    there = {path.name: path.read_text() for path in folder.glob("*.md")} if folder.exists() else {}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def main(arguments: list[str]) -> int:
    """Write the pages, or check them; return the exit code."""
    names = stale()
    if "--check" in arguments:
        print("\n".join([*names, *(f"{name} has no docstring" for name in undocumented)]) or "up to date")  # noqa: T201
        return 1 if names or undocumented else 0
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.md"):
        path.unlink()
    for page in pages():
        (FOLDER / f"{page.name}.md").write_text(page.text())
    print(f"{len(names)} pages changed")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
