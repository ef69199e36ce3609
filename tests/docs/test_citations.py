"""Every citation leads somewhere: ``protocol 16.26`` to docs/protocol.md, ``law 6`` to docs/semantics.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("actors", "runtime", "tests", "docs", "examples", "benchmarks")
PAGE = ROOT / "docs" / "protocol.md"
LAWS = ROOT / "docs" / "semantics.md"
UNREAD = {Path(__file__), PAGE}
"""This file shows what is wrong; the page speaks of its own sections and rows."""

NUMBER = r"\d+(?:\.\d+)*"
LIST = rf"({NUMBER}(?:(?:, | and | to ){NUMBER})*)"
OTHER_FORMS = re.compile(
    r"(?<!\bRFC \d{4} )(?<!\bRFC \d{4}, )\bsections? \d+|\b(?:rows?|defects?|rules?) \d+|"
    r"\b(?:protocol|fact) sheet\b|\bdesign\.md\b|\brelay-protocol\.md\b",
    re.IGNORECASE,
)


def headings() -> set[str]:
    """Return every number of the page that can be cited: sections, and what is numbered in them."""
    found, section = set(), ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if heading := re.match(rf"##+ ({NUMBER})\.? ", line):
            section = heading[1]
            found.add(section)
        elif row := re.match(r"(?:\| )?(\d+)(?:\.| \|) ", line):
            found.add(f"{section}.{row[1]}")
    return found


def laws() -> set[str]:
    """Return the numbers of the laws."""
    text = LAWS.read_text(encoding="utf-8").partition("## The laws\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^(\d+)\. ", text, re.MULTILINE))


def on_one_line(text: str) -> str:
    """Return a text without its line breaks, so that a citation may be broken over two lines, comments too."""
    return re.sub(r"\s*\n\s*(?:#:? )?", " ", text)


def cited(text: str) -> Iterator[str]:
    """Yield what a text cites, as ``protocol 2.2`` and ``law 6``."""
    text = on_one_line(text)
    for kind, pattern in (("protocol", rf"\bprotocol {LIST}"), ("law", rf"\blaws? {LIST}")):
        for numbers in re.findall(pattern, text, re.IGNORECASE):
            yield from (f"{kind} {number}" for number in re.findall(NUMBER, numbers))


def other_forms(text: str) -> list[str]:
    """Return what looks like a citation in another form."""
    return OTHER_FORMS.findall(on_one_line(text))


def files(*suffixes: str) -> list[Path]:
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in suffixes]
    return sorted({*found, ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"} - UNREAD)


def is_for_users(path: Path) -> bool:
    """Tell whether a page explains rather than cites."""
    parts = path.relative_to(ROOT).parts
    return path.suffix == ".md" and parts[:2] not in {
        ("docs", "semantics.md"),
        ("docs", "reliability.md"),
        ("docs", "decisions"),
        ("CONTRIBUTING.md",),
    }


SOURCES = {path: path.read_text(encoding="utf-8") for path in files(".py", ".md")}
KNOWN = {f"protocol {number}" for number in headings()} | {f"law {number}" for number in laws()}


def test_every_citation_leads_to_a_section_a_row_or_a_law() -> None:
    lost = [
        f"{path.relative_to(ROOT)}: {each}"
        for path, text in SOURCES.items()
        for each in cited(text)
        if each not in KNOWN
    ]
    assert lost == []


def test_there_is_one_form_of_citing() -> None:
    wrong = [f"{path.relative_to(ROOT)}: {each}" for path, text in SOURCES.items() for each in other_forms(text)]
    assert wrong == [], "write `protocol 16.26` or `law 6`"


def test_pages_for_users_explain_instead_of_citing() -> None:
    citing = [
        f"{path.relative_to(ROOT)}: {each}"
        for path, text in SOURCES.items()
        if is_for_users(path)
        for each in cited(text)
    ]
    assert citing == [], "public docstrings are on pages for users as well"


def test_what_the_runtime_says_explains_instead_of_citing() -> None:
    said = []
    for path, text in SOURCES.items():
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in {"actors", "runtime"}:
            tree = ast.parse(text)
            silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            said += [
                f"{path.relative_to(ROOT)}:{node.lineno}: {each}"
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent
                for each in cited(node.value)
            ]
    assert said == []


def test_a_test_that_is_named_after_a_row_has_its_row_and_every_mistake_has_a_test() -> None:
    named = {
        kind: {each for text in SOURCES.values() for each in re.findall(rf"def test_{kind}_(\d+)_", text)}
        for kind in ("row", "defect")
    }
    assert {f"protocol 16.{row}" for row in named["row"]} <= KNOWN
    assert {f"protocol 17.{row}" for row in named["defect"]} == {
        each for each in KNOWN if each.startswith("protocol 17.")
    }


def test_there_are_fifteen_laws() -> None:
    assert laws() == {str(number) for number in range(1, 16)}


@pytest.mark.parametrize("page", [PAGE, LAWS], ids=lambda page: page.name)
def test_what_a_page_names_as_its_proof_exists(page: Path) -> None:
    named = re.findall(r"`((?:tests|docs)/[\w/.-]+)`", page.read_text(encoding="utf-8"))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("(protocol 16.26)", ["protocol 16.26"]),
        ("Protocol 2.1 to 2.3.", ["protocol 2.1", "protocol 2.3"]),
        ("(law 5, law 6, protocol 1)", ["protocol 1", "law 5", "law 6"]),
        ("laws 5 and 6", ["law 5", "law 6"]),
        ("in protocol\n    # 7.3, 8, 9", ["protocol 7.3", "protocol 8", "protocol 9"]),
    ],
)
def test_a_citation_is_found_however_it_is_written(text: str, found: list[str]) -> None:
    assert list(cited(text)) == found
    assert other_forms(text) == []


@pytest.mark.parametrize(
    "text", ["protocol 18", "protocol 2.8", "protocol 2.2.6", "protocol 16.46", "protocol 17.21", "law 16"]
)
def test_a_number_that_does_not_exist_is_unknown(text: str) -> None:
    assert [each for each in cited(text) if each in KNOWN] == []


@pytest.mark.parametrize(
    "text",
    [
        "(protocol sheet, section 9)",
        "section 2.2",
        "Section 16",
        "row 26",
        "Defect 5 of",
        "rule 2",
        "as design.md says",
        "section\n    # 2.3",
    ],
)
def test_another_form_is_seen(text: str) -> None:
    assert other_forms(text)


@pytest.mark.parametrize(
    "text",
    ["RFC 6455, section 7.4.1", "RFC 9562 section 5.4", "RFC 6455,\n                section 8.1", "stylesheet 2"],
)
def test_a_citation_of_an_rfc_is_none_of_ours(text: str) -> None:
    assert other_forms(text) == []
