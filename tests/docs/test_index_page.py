"""What a package index shows of README works there: it has no file beside it, and no address of its own."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

metadata = pytest.importorskip("hatchling.metadata.core", reason="hatchling is in the extra 'test'")
manager = pytest.importorskip("hatchling.plugin.manager")
markdown = pytest.importorskip("readme_renderer.markdown", reason="readme-renderer is in the extra 'test'")

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


class Page(HTMLParser):
    """What a page that an index has rendered points at, and what it can be pointed at by."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.targets += [values[name] for name in ("href", "src") if name in values]
        self.anchors |= {values[name] for name in ("id", "name") if name in values}

    def dead(self) -> list[str]:
        """Return what leads nowhere on an index: files, and anchors that the page has not."""
        alive = {f"#{anchor}" for anchor in self.anchors}
        return [target for target in self.targets if not target.startswith(("https://", "mailto:")) | (target in alive)]


def rendered(text: str) -> Page:
    page = markdown.render(text)
    assert page is not None
    return Page(page)


@pytest.fixture(scope="module")
def description() -> str:
    """The description as the wheel's metadata has it."""
    project = metadata.ProjectMetadata(str(ROOT), manager.PluginManager())
    assert project.core.readme_content_type == "text/markdown"
    return str(project.core.readme)


@pytest.mark.parametrize("text", ["[a](docs/a.md)", "![a](docs/a.png)", "[a](#b)\n\n# a", "[a][b]\n\n[b]: docs/a.md"])
def test_what_leads_nowhere_is_seen(text: str) -> None:
    assert rendered(text).dead() != []
    assert rendered("[a](https://example.com/) [b](#b)\n\n# b").dead() == []


def test_nothing_in_the_description_leads_nowhere(description: str) -> None:
    assert rendered(README).dead() != []
    assert rendered(description).dead() == []


def test_no_mark_of_a_link_or_a_picture_is_left_over(description: str) -> None:
    assert not re.search(r"\]\(|^!|!\[|\]\[", CODE.sub("", description), re.MULTILINE)


def test_programs_commands_and_headings_are_those_of_readme(description: str) -> None:
    assert CODE.findall(description) == CODE.findall(README) != []
    assert re.findall(r"^#.*", description, re.MULTILINE) == re.findall(r"^#.*", README, re.MULTILINE)
