"""Every figure of speed, memory or reliability stands in a section that names the command which prints it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from walkthrough import prose_of

ROOT = Path(__file__).parents[2]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
DOCS = ROOT / "docs"
PAGES = {
    str(path.relative_to(DOCS)): path.read_text(encoding="utf-8")
    for path in sorted(DOCS.rglob("*.md"))
    if not path.is_relative_to(DOCS / "reference")
}
OF_MEASURES = ("performance.md", "reliability.md")
"""Pages of which each figure was measured; elsewhere the most are limits and settings."""

MEASURED = re.compile(r"\d(?: |&nbsp;)?(?:µs|ms|KB|MB|GB|calls/s|bytes a call|instructions|% of (?:a|the) core)\b")

ELSEWHERE = re.compile(r"\d ?(?:µs|kB|KB)\b|\d\.\d+ ms\b|\d bytes a call\b|\d instructions\b|\bfrom \d+ to \d+ MiB\b")


def sections(page: str) -> Iterator[tuple[str, str]]:
    """Yield the sections of a page; what stands before the first is part of each."""
    head, *rest = re.split(r"^## ", page, flags=re.MULTILINE)
    for section in rest:
        title, _, text = section.partition("\n")
        yield title, text if title != "Measured" else head + text


def has_figures(name: str, text: str) -> bool:
    if name in OF_MEASURES:
        return bool(MEASURED.search(text) or re.search(r"^\|[-: |]*---:", text, re.MULTILINE))
    return ELSEWHERE.search(prose_of(text)) is not None


FIGURES = [
    (name, title, text)
    for name, page in PAGES.items()
    for title, text in ([("", page)] if name.startswith("decisions/") else sections(page))
    if has_figures(name, text)
]


@pytest.mark.parametrize(("name", "title", "text"), FIGURES, ids=[f"{name} {title}" for name, title, _ in FIGURES])
def test_a_section_with_figures_names_a_command_that_there_is(name: str, title: str, text: str) -> None:
    targets = re.findall(r"\bmake ([a-z][a-z-]+)", text)
    modules = re.findall(r"python -m (benchmarks(?:\.\w+)*)", text)
    typed = re.findall(r"^python -m timeit", text, re.MULTILINE)
    assert targets or modules or typed, f"{name}: what prints the figures of {title}?"


@pytest.mark.parametrize("name", PAGES)
def test_every_command_that_is_named_is_there(name: str) -> None:
    for target in re.findall(r"(?:`|\$ )make ([a-z][a-z-]+)", PAGES[name]):
        assert target in TARGETS, target
    for module in re.findall(r"python -m (benchmarks(?:\.\w+)*)", PAGES[name]):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module
