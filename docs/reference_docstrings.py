"""The docstrings of public things, section by section, as Markdown.

Names in single backquotes are references; they become links when a page is made (`reference_names`), and are kept
between two marks until then. What is in double backquotes is a value, and no link.
"""

from __future__ import annotations

import inspect
import logging
import re
from typing import Any

import griffe

__all__ = ["BAR", "CLOSE", "OPEN", "Documented", "markdown", "reference_to", "types_mark", "undocumented"]

OPEN, CLOSE = "\x01", "\x02"
"""What stands around a reference until it becomes a link."""

BAR = "\\|"  # in a table

_ROLE = re.compile(r":\w+:(?=`)")
_LITERAL = re.compile(r"``(.+?)``", re.DOTALL)
_REFERENCE = re.compile(r"(?<!`)`([A-Za-z_][\w.]*)`(?!`)")
_LITERAL_KEPT = re.compile("\x03(.+?)\x03", re.DOTALL)

logging.getLogger("griffe").setLevel(logging.CRITICAL)  # types are in the signatures, not in the docstrings

undocumented: list[str] = []
"""Public names without a docstring, as they were found."""


def markdown(text: str) -> str:
    """Return the text of a docstring as Markdown, its references marked."""
    text = _LITERAL.sub("\x03\\1\x03", _ROLE.sub("", text))
    text = _REFERENCE.sub(lambda found: reference_to(found[1]), text)
    text = _LITERAL_KEPT.sub(r"`\1`", text)
    return re.sub(r"^::$", "", text, flags=re.MULTILINE).strip()


def reference_to(name: str) -> str:
    """Return a name that will be a link, if it has an entry."""
    return f"{OPEN}{name}{CLOSE}"


def types_mark(names: list[str]) -> str:
    """Return the place where those of some names will stand, as links, that have an entry."""
    return f"{OPEN}types {' '.join(names)}{CLOSE}" if names else ""


class Documented:
    """The docstring of something public, in sections; one that is missing is noted.

    Args:
        name: what it is called.
        thing: what has the docstring.

    Attributes:
        attributes: from each name in its section of attributes to what is said of it.
    """

    def __init__(self, name: str, thing: Any) -> None:
        spoken = str(getattr(thing, "__name__", "")).startswith("__")  # would have the words of its metaclass
        doc = inspect.cleandoc(thing.__doc__ or "") if spoken else inspect.getdoc(thing)
        if not doc:
            undocumented.append(name)
        self._sections = griffe.Docstring(doc or "").parse("google")
        listed = [item for each in self._sections if each.kind.value == "attributes" for item in each.value]
        self.attributes = {item.name: " ".join(markdown(item.description).split()) for item in listed}

    def text(self, stars: dict[str, str] | None = None, *, arguments: bool = True) -> str:
        """Return all but the attributes.

        Args:
            stars: what stands before the names of arguments.
            arguments: whether what is said of arguments is shown.
        """
        parts = []
        for section in self._sections:
            kind = section.kind.value
            if kind == "parameters" and not arguments:
                continue
            if kind == "text":
                parts.append(markdown(section.value))
            elif kind in {"parameters", "raises"}:
                parts.append(_items(kind, section.value, stars or {}))
            elif kind in {"returns", "yields"}:
                parts.append(f"**{kind.title()}:** " + " ".join(markdown(item.description) for item in section.value))
            elif kind != "attributes":
                parts.append(markdown(str(getattr(section, "title", "") or section.value)))
        return "\n\n".join(part for part in parts if part)


def _items(kind: str, items: Any, stars: dict[str, str]) -> str:
    lines = []
    for item in items:
        if kind == "raises":
            names = ", ".join(reference_to(name) for name in str(item.annotation).split(", "))
        else:
            bare = item.name.lstrip("*")
            names = f"`{stars.get(bare, '')}{bare}`"
        lines.append(f"- {names}: {' '.join(markdown(item.description).split())}")
    return f"**{'Raises' if kind == 'raises' else 'Arguments'}:**\n\n" + "\n".join(lines)
