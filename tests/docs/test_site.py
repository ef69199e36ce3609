"""The site is built without a warning, every link in it leads somewhere, and a page that is wrong ends the build."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from built_site import build, built_once
from docs_parts import DOCS
from pygments.lexers import get_lexer_by_name

pytest.importorskip("furo", reason="the site is built with what is in the extra 'docs'")

DIRECTIVE = re.compile(r"^`{3,}\{|^:::|^\(\w[\w-]*\)=$|\{(?:ref|doc|py:\w+|download|term)\}`", re.MULTILINE)


class Links(HTMLParser):
    """What a page of HTML leads to, and what it can be entered at."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.add(value or "")
            if value and (name == "src" or (name == "href" and tag in {"a", "link"})):
                self.targets.append(value)


def pages(site: Path) -> dict[Path, Links]:
    return {path.resolve(): Links(path) for path in site.rglob("*.html")}


def broken(site: Path) -> Iterator[str]:
    """Yield the links of a site that lead nowhere."""
    found = pages(site)
    for page, links in found.items():
        for target in links.targets:
            parts = urlsplit(target)
            if parts.scheme in {"http", "https", "data", "mailto"}:
                continue
            path = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            fragment = unquote(parts.fragment)
            if not path.exists() or (fragment and path in found and fragment not in found[path].ids):
                yield f"{page.name}: {target}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_once(tmp_path_factory.getbasetemp().parent)


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_every_link_leads_somewhere(site: Path) -> None:
    assert sorted(set(broken(site))) == []
    assert len(pages(site)) > 60


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_everything_is_served_without_a_network(site: Path) -> None:
    loaded = [
        f"{path.name}: {value}"
        for path in site.rglob("*.html")
        for value in re.findall(r'<(?:script|img|iframe)[^>]*\bsrc="(https?:[^"]*)"', path.read_text(encoding="utf-8"))
    ]
    assert loaded == []
    assert "max_active_cal" in (site / "searchindex.js").read_text(encoding="utf-8")


def test_the_pages_are_plain_markdown() -> None:
    with_directives = [path.name for path in DOCS.rglob("*.md") if DIRECTIVE.search(path.read_text(encoding="utf-8"))]
    assert with_directives == []


PAGES = {str(path.relative_to(DOCS.parent)): path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md")}
PAGES |= {path.name: path.read_text(encoding="utf-8") for path in DOCS.parent.glob("*.md")}
FENCED = re.compile(r"^( *)(`{3,}|~{3,})([^\n]*)\n(.*?)^\1\2$", re.DOTALL | re.MULTILINE)


def prose(name: str) -> str:
    return re.sub(r"`[^`\n]+`", "", FENCED.sub("", PAGES[name]))


@pytest.mark.parametrize("name", PAGES)
def test_every_block_is_in_its_language(name: str) -> None:
    for _, _, language, text in FENCED.findall(PAGES[name]):
        lexer = get_lexer_by_name(language or "text")
        lexer.add_filter("raiseonerror")
        list(lexer.get_tokens(textwrap.dedent(text)))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_one_title(name: str) -> None:
    assert len(re.findall(r"^# ", prose(name), re.MULTILINE)) == 1


@pytest.mark.parametrize("name", PAGES)
def test_every_link_by_reference_has_its_end(name: str) -> None:
    text = FENCED.sub("", PAGES[name])
    ends = {label.lower() for label in re.findall(r"^\[([^\]]+)\]: ", text, re.MULTILINE)}
    used = {label or words for words, label in re.findall(r"(?<!!)\[([^\[\]]+)\]\[([^\[\]]*)\]", prose(name))}
    assert [label for label in used if label.lower() not in ends] == []


@pytest.mark.parametrize("name", PAGES)
def test_links_are_those_of_markdown(name: str) -> None:
    """Others lead somewhere on the site alone, or only in a checkout, and Sphinx does not look at them."""
    assert re.findall(r"<(?:a|source|video|iframe|picture)\b[^>]*>", prose(name)) == []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(name)):
        path = link.partition("#")[0]
        if path and not urlsplit(link).scheme:
            assert not path.startswith("/"), link
            assert ((DOCS.parent / name).parent / path).exists(), link


def test_the_program_of_the_home_page_is_the_one_of_readme() -> None:
    """So it is run, by what runs README."""
    first = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
    pages = [path.read_text(encoding="utf-8") for path in (DOCS / "index.md", DOCS.parent / "README.md")]
    assert len({first.findall(page)[0] for page in pages}) == 1
    assert len(first.findall(pages[0])) == 1


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A checkout with a site of one page."""
    docs = tmp_path / "checkout" / "docs"
    shutil.copytree(DOCS / "book", docs / "book")
    shutil.copy(DOCS / "conf.py", docs)
    shutil.copy(DOCS.parent / "pyproject.toml", docs.parent)
    (docs / "book" / "navigation.py").write_text('PARTS = {"index": ()}\ndef setup(app): return {}\n')
    (docs.parent / "app").mkdir()
    (docs.parent / "app" / "desk.py").write_text("class Desk:\n    def run(self) -> None:\n        pass\n")
    (docs.parent / "app" / "desk.md").write_text("# Desk\n\n```sh\n# Comment\n```\n")
    return docs


GOOD = "# One\n\n[code](../app/desk.py#Desk.run), [a folder](../app), [here](#two)\n\n## Two\n\n```python\nx = 1\n```\n"


@pytest.mark.slow
def test_a_link_out_of_the_docs_leads_to_a_page_of_the_code(docs: Path, tmp_path: Path) -> None:
    (docs / "index.md").write_text(GOOD + "\n```text\n[not a link](../nowhere)\n```\n")
    done = build(docs, tmp_path / "site")
    assert (done.returncode, done.stderr) == (0, "")
    assert list(broken(tmp_path / "site")) == []
    listing = (tmp_path / "site" / "code" / "app" / "desk.py.html").read_text(encoding="utf-8")
    assert re.search(r'<span id="Desk.run"></span>.*run', listing)
    assert 'href="app/desk.py.html"' in (tmp_path / "site" / "code" / "app.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[x](nowhere.md)", "nowhere.md"),
        ("[x](#nowhere)", "nowhere"),
        ("[x](../app/none.py)", "there is no app/none.py in the checkout"),
        ("[x](../app/desk.py#Desk.walk)", "app/desk.py defines no Desk.walk"),
        ("[x](../app/desk.md#comment)", "app/desk.md defines no comment"),
        ("[x](../app#Desk)", "app defines no Desk"),
        ("[x](../../)", "there is no .. in the checkout"),
        ("![x](none.png)", "none.png"),
        ("#### Four", "Non-consecutive header level increase"),
        ("```python\n1x … = ]\n```", "python"),
    ],
)
def test_what_is_wrong_in_a_page_ends_the_build(docs: Path, tmp_path: Path, text: str, said: str) -> None:
    (docs / "index.md").write_text(f"{GOOD}\n{text}\n")
    done = build(docs, tmp_path / "site")
    assert done.returncode != 0
    assert said in done.stderr


@pytest.mark.slow
def test_a_page_that_nothing_leads_to_ends_the_build(docs: Path, tmp_path: Path) -> None:
    (docs / "index.md").write_text(GOOD)
    (docs / "forgotten.md").write_text("# Forgotten\n")
    done = build(docs, tmp_path / "site")
    assert done.returncode != 0
    assert "forgotten.md" in done.stderr
