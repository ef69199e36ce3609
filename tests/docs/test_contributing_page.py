"""What the pages at the root say of the code is so: their links lead somewhere, and the walks of docs/how name it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
CONTRIBUTING = PAGES[0].read_text(encoding="utf-8")
PACKAGES = {"actors/relay_actors": "relay_actors", "runtime/relay_runtime": "relay_runtime"}
WALKS = [ROOT / "docs" / "how" / f"{name}.md" for name in ("event", "command", "lost-connection")]
STEPS = [
    step
    for page in WALKS
    for step in re.findall(r"^\| \d+ \| `([\w/]+\.py)` \| (.+) \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = ROOT / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_of_the_tests_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"`(tests/[\w/]+(?:\.py)?)`", page.read_text(encoding="utf-8"))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        assert set(re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8"))) <= targets


def test_every_room_is_in_the_tables() -> None:
    listed = {
        name for row in re.findall(r"^\| (`[^|]+) \|", CONTRIBUTING, re.MULTILINE) for name in re.findall(r"\w+", row)
    }
    for folder in PACKAGES:
        rooms = {path.parent.name for path in (ROOT / folder).glob("*/__init__.py")}
        assert rooms - listed == set()


@pytest.mark.parametrize(("file", "step"), STEPS, ids=[f"{number} {file}" for number, (file, _) in enumerate(STEPS, 1)])
def test_every_step_of_a_walk_is_in_the_file_that_it_names(file: str, step: str) -> None:
    paths = [
        ROOT / source / file.removeprefix(f"{name}/") for source, name in PACKAGES.items() if file.startswith(name)
    ]
    assert paths
    text = paths[0].read_text(encoding="utf-8")
    names = re.findall(r"`(\w+)\(\)`", step)
    assert names
    assert [name for name in names if f"def {name}(" not in text] == []


def test_there_are_three_walks() -> None:
    pages = [page.read_text(encoding="utf-8") for page in WALKS]
    assert [len(re.findall(r"^## The walk of ", page, re.MULTILINE)) for page in pages] == [1, 1, 1]
    assert len(STEPS) >= 20
