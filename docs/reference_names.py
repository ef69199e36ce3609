"""Where each public name has its entry: what makes names into links, and the index of them all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from reference_docstrings import CLOSE, OPEN

__all__ = ["Names", "Page", "slug"]

_HEADING = re.compile(r"^(##+) (?:`([\w.]+)`|.*)$")
_MARK = re.compile(f"{OPEN}(types )?([^{CLOSE}]*){CLOSE}")


@dataclass
class Page:
    """One file of the reference.

    Attributes:
        name: its name, without suffix.
        title: its heading.
        parts: what is on it, in Markdown, with marks where there may be a link.
        covers: the names of `relay_runtime` that have their entries there.
        prefix: what stands before its names in the index, such as ``aio.``, if it does not cover them.
        owner: whose members are headed by their names alone, or an empty text.
    """

    name: str
    title: str
    parts: list[str] = field(default_factory=list)
    covers: list[str] = field(default_factory=list)
    prefix: str = ""
    owner: str = ""
    names: Names | None = None

    def key(self, name: str) -> str:
        """Return what a name that has its entry here is called in the index."""
        return name if name.partition(".")[0] in self.covers else self.prefix + name

    def text(self) -> str:
        """Return the file's content."""
        note = "<!-- Written by docs/reference.py from the docstrings; edit those, not this. -->"
        body = "\n\n".join([f"# {self.title}", note, *self.parts]).rstrip()
        names = self.names or Names([])
        return names.linked(self, body) + "\n"


def slug(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _headings(page: Page, text: str) -> Iterator[tuple[str, str | None, str]]:
    """Yield each line with the name that it is the heading of, and the class that it belongs to.

    The name is empty for a heading of something else, and None for any other line.
    """
    owner, fenced = "", False
    for line in text.split("\n"):
        fenced ^= line.startswith("```")
        found = None if fenced else _HEADING.match(line)
        name = (found[2] or "") if found else None
        if found and found[1] == "##":
            owner = name.partition(".")[0] if name else page.owner
        elif name:
            name = name if "." in name else f"{owner}.{name}"
            owner = name.partition(".")[0]
        yield line, name, owner


class Names:
    """The entries of all pages.

    Attributes:
        entries: from each name, with the prefix of its page, to its page and its anchor there.
    """

    def __init__(self, pages: list[Page]) -> None:
        self.entries: dict[str, tuple[str, str]] = {}
        self._prefixes = list(dict.fromkeys(page.prefix for page in pages))
        for page in pages:
            taken = Counter([slug(page.title)])
            for line, name, _ in _headings(page, "\n".join(page.parts)):
                if name is not None:
                    anchor = slug(line.lstrip("# "))
                    number, taken[anchor] = taken[anchor], taken[anchor] + 1
                    anchor += f"-{number}" if number else ""
                if name:
                    self.entries.setdefault(page.key(name), (page.name, anchor))

    def find(self, name: str, page: Page, owner: str = "") -> str | None:
        """Return the entry that a name on a page means, or None: that of its own page and class first.

        A name that begins with = is the entry of this very name.
        """
        if name.startswith("="):
            return name[1:]
        tries = [page.key(f"{owner}.{name}")] if owner else []
        tries += [page.key(name), page.prefix + name, name, *(prefix + name for prefix in self._prefixes)]
        tries.append(name.replace("CallActor.", "Call."))
        return next((each for each in tries if each in self.entries), None)

    def linked(self, page: Page, text: str) -> str:
        """Return the text of a page with links at its marks; where they lead stands at its end."""
        targets: dict[str, str] = {}
        lines = []
        for line, _, owner in _headings(page, text):
            lines.append(_MARK.sub(lambda found, owner=owner: self._link(found, page, owner, targets), line))  # type: ignore[misc]
        ends = [f"[{label}]: {target}" for label, target in sorted(targets.items())]
        return "\n".join([*lines, *(["", *ends] if ends else [])])

    def _link(self, found: re.Match[str], page: Page, owner: str, targets: dict[str, str]) -> str:
        if not found[1]:
            link = self._named(found[2], self.find(found[2], page, owner), page, targets)
            begins_definition = link.endswith("`]") and found.string[found.end() :].startswith(":")
            return f"{link}[]" if begins_definition else link  # as a shortcut it would be taken for one
        known = [(name, self.find(name, page)) for name in found[2].split()]
        links = [self._named(name, entry, page, targets) for name, entry in known if entry]
        return " · types: " + ", ".join(links) if links else ""

    def _named(self, name: str, entry: str | None, page: Page, targets: dict[str, str]) -> str:
        if entry is None:
            return f"`{name}`"
        where, anchor = self.entries[entry]
        target = f"#{anchor}" if where == page.name else f"{where}.md#{anchor}"
        label = f"`{name.lstrip('=')}`"
        same = next((each for each in targets if each.lower() == label.lower()), label)  # to Markdown these are one
        if same == label and targets.setdefault(label, target) == target:
            return f"[{label}]"
        targets[entry] = target  # another thing of the same name is on this page too
        return f"[{label}][{entry}]"

    def index(self) -> str:
        """Return the index: every name in the order of the alphabet, with a link to its entry."""
        parts, letter = [], ""
        for name in sorted(self.entries, key=lambda name: (name.lower(), name)):
            page, anchor = self.entries[name]
            if name[0].upper() != letter:
                letter = name[0].upper()
                parts.append(f"## {letter}\n")
            parts.append(f"- [`{name}`]({page}.md#{anchor})")
        return re.sub(r"\n(?=## )", "\n\n", "\n".join(parts))
