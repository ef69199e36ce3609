"""The tutorial as a reader follows it: every file saved, every command typed, in a home that is empty."""

from __future__ import annotations

from pathlib import Path

import pytest
from walkthrough import Reader, blocks, with_free_ports

LEARN = Path(__file__).parents[2] / "docs" / "learn"
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted(LEARN.glob("*.md"))}


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", PAGES)
def test_every_command_prints_what_the_page_shows(name: str, tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        reader.follow(with_free_ports(PAGES[name]))
    assert "\n\n".join(reader.mistakes) == ""


@pytest.mark.parametrize("name", PAGES)
def test_every_program_is_one_that_is_run(name: str) -> None:
    """A block of Python that is no file and no session would be looked at by nobody."""
    assert [block.text for block in blocks(PAGES[name]) if block.language == "python" and not block.file] == []
