"""What all pictures are drawn with: boxes, texts and arrows, on a page of their own that is light or dark.

A picture has its own background, so that it can be read on whatever page it stands, and keeps its lines short enough
for a telephone: `COLUMN` wide, with letters of which the width is known.
"""

from __future__ import annotations

import textwrap
from typing import Final
from xml.sax.saxutils import escape

__all__ = ["COLUMN", "Canvas", "wrapped"]

COLUMN: Final = 480
"""How wide a picture is that is read from top to bottom."""

_LETTER: Final = 0.602  # width of a letter of the font, in its size
_SIZES: Final = {"": 15, "name": 15, "note": 13, "room": 14}

_INK: Final = {
    "light": {
        "page": ("#ffffff", "#d0d7de"),
        "panel": ("#f6f8fa", "#d0d7de"),
        "box": ("#ffffff", "#57606a"),
        "blue": ("#ddf4ff", "#0969da"),
        "green": ("#dafbe1", "#1a7f37"),
        "amber": ("#fff8c5", "#9a6700"),
        "red": ("#ffebe9", "#cf222e"),
        "letters": ("#1f2328", "#4d555e"),
    },
    "dark": {
        "page": ("#161b22", "#30363d"),
        "panel": ("#0d1117", "#30363d"),
        "box": ("#21262d", "#8b949e"),
        "blue": ("#0b2a52", "#58a6ff"),
        "green": ("#0b2e17", "#3fb950"),
        "amber": ("#3a2a05", "#d29922"),
        "red": ("#4a1513", "#f85149"),
        "letters": ("#e6edf3", "#adb7c1"),
    },
}
"""Of each kind what it is filled with and its edge; of letters, those of names and those of notes."""


def _colours(scheme: str) -> str:
    ink = dict(_INK[scheme])
    names, notes = ink.pop("letters")
    edge = ink["box"][1]
    rules = [f".{kind}{{fill:{fill};stroke:{stroke}}}" for kind, (fill, stroke) in ink.items()]
    rules += [f"text{{fill:{names}}}.note{{fill:{notes}}}.arrow{{stroke:{edge}}}.head{{fill:{edge}}}"]
    return "".join(rules)


_STYLE: Final = (
    "text{font:15px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace}"
    "text.room{font-size:14px;text-anchor:middle}text.note{font-size:13px}text.name{font-weight:bold}"
    "text.middle{text-anchor:middle}text.end{text-anchor:end}"
    ".arrow{fill:none;stroke-width:1.4}.broad{stroke-width:2.5}.dashed{stroke-dasharray:5 4}"
    f"{_colours('light')}@media (prefers-color-scheme:dark){{{_colours('dark')}}}"
)
_HEAD: Final = (
    '<defs><marker id="head" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="head" d="M0,0 L8,4 L0,8 z"/></marker></defs>'
)


def wrapped(text: str, width: float, kind: str = "note") -> list[str]:
    """Return a text in lines that are no wider than so many units."""
    letters = int(width / (_SIZES[kind] * _LETTER))
    return textwrap.wrap(text, letters, break_long_words=False, break_on_hyphens=False)


class Canvas:
    """One picture, as it is drawn.

    Args:
        title: what it shows, in a few words.
        told: the same in a sentence or two, for who can't see it.
        width: how wide it is.
    """

    def __init__(self, title: str, told: str, width: int = COLUMN) -> None:
        self._title = title
        self._told = told
        self.width = width
        self._lines: list[str] = []

    def box(self, x: float, y: float, width: float, height: float, kind: str = "box") -> None:
        """Draw a box; ``x`` and ``y`` are its upper left corner."""
        self._lines.append(
            f'<rect class="{kind}" x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" rx="5"/>'
        )

    def text(self, x: float, y: float, text: str, kind: str = "") -> None:
        """Write one line; ``y`` is what its letters stand on. A kind may end in ``middle`` or ``end``: of the text."""
        named = f' class="{kind}"' if kind else ""
        self._lines.append(f'<text{named} x="{x:.0f}" y="{y:.0f}">{escape(text)}</text>')

    def paragraph(self, x: float, y: float, text: str, width: float, kind: str = "note") -> float:
        """Write a text in as many lines as it needs, the first one on ``y``; return what the next would stand on."""
        step = _SIZES[kind] + 4
        for line in wrapped(text, width, kind):
            self.text(x, y, line, kind)
            y += step
        return y

    def arrow(self, path: str, kind: str = "", *, head: bool = True) -> None:
        """Draw a line, with a head at its end unless told otherwise; ``path`` is what SVG calls ``d``."""
        ends = ' marker-end="url(#head)"' if head else ""
        self._lines.append(f'<path class="{f"arrow {kind}".rstrip()}" d="{path}"{ends}/>')

    def dot(self, x: float, y: float, kind: str) -> None:
        """Draw a dot."""
        self._lines.append(f'<circle class="{kind}" cx="{x:.0f}" cy="{y:.0f}" r="6"/>')

    def panel(self, top: float, title: str, kind: str, rows: list[tuple[str, str]]) -> float:
        """Draw a box as wide as the picture with a title and lines, each a text and its kind; return where it ends.

        Notes are set in, and wrapped.
        """
        lines = [
            (line, sort)
            for text, sort in rows
            for line in (wrapped(text, self.width - 70) if sort == "note" else [text])
        ]
        steps = [_SIZES[sort] + 6 for _, sort in lines]
        height = 40 + sum(steps) + 4
        self.box(10, top, self.width - 20, height, kind)
        self.text(self.width / 2, top + 22, title, "name middle")
        y = top + 32
        for (line, sort), step in zip(lines, steps, strict=True):
            y += step
            self.text(44 if sort == "note" else 26, y, line, sort)
        return top + height

    def svg(self, height: float) -> str:
        """Return the picture, so high."""
        size = f'width="{self.width}" height="{height:.0f}"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {self.width} {height:.0f}" role="img">',
                f"<title>{escape(self._title)}</title>",
                f"<desc>{escape(self._told)}</desc>",
                f"<style>{_STYLE}</style>",
                _HEAD,
                f'<rect class="page" {size}/>',
                *self._lines,
                "</svg>",
                "",
            ]
        )
