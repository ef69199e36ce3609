"""Every block of every page is accounted for, and the pages with commands are followed as a reader does.

A block of a page is covered by one of these, and there is no other way:

- It is a ``console`` block, or a file that a command further down names: ``walkthrough.py`` types the page. What is in
  a folder of ``BEGIN_WITH`` is in the reader's home before.
- A test of ``tests/docs/test_PAGE_*.py``, or of a module in ``TESTED``, reaches its text by the names that it uses.
- It is in ``FRAGMENTS``, with the reason why it can't run alone; then it is parsed.
- ``<!-- not typed: REASON -->`` stands before it.
"""

from __future__ import annotations

import ast
import importlib.util
import itertools
import json
import os
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import engine_server
import pytest
from markdown_it import MarkdownIt
from running_process import clean_environ
from walkthrough import Block, Reader, blocks, free_ports, page_with_ports, typed_on, with_ports

ROOT = Path(__file__).parents[2]
OTHERS = {"README.md", "docs/index.md", "docs/reference"}
"""What ``test_readme.py``, ``test_site.py`` and ``test_reference.py`` look after."""

TESTED = {
    "docs/semantics.md": ("tests/deploy/test_restart.py",),
    "docs/learn/10-deploy.md": ("tests/docs/test_learn_deploy_page.py",),
    "docs/learn/11-watching.md": ("tests/docs/test_learn_deploy_page.py",),
}
"""Modules that run blocks of a page, beside that which has the page's name."""

EXAMPLES = ("aio", "campaign", "embedded", "embedded_asyncio", "gunicorn")
BEGIN_WITH = {
    "docs/phone.md": "examples/receptionist",
    "docs/recording.md": "examples/receptionist",
    "docs/cli.md": "tests/docs/cli_apps",
    "docs/deploy.md": "tests/docs/cli_apps",
    "docs/logging.md": "tests/docs/cli_apps",
    **{f"examples/{name}/README.md": f"examples/{name}" for name in EXAMPLES},
}
"""From a page that is followed to the folder whose files its reader has."""

PROGRAMS: dict[str, dict[str, Callable[[], str]]] = {"docs/fleet.md": {"valkey-server": engine_server.valkey}}
"""From a page to the programs that its reader has got from elsewhere, by name, and to where they are here."""

FRAME = "it is what a frame looks like: what differs is left out"
FRAGMENTS: dict[str, dict[str, str]] = {
    "docs/adding-a-verb.md": {
        "def whistle(call: Call)": "there is no such verb; real ones stand in docs/verb_examples"
    },
    "docs/protocol.md": {
        '{"jsonrpc": "2.0", "id": "8a1f…", "method"': FRAME,
        '{"protocol": ': FRAME,
        '{"jsonrpc": "2.0", "id": "8a1f…", "error"': FRAME,
        '{"jsonrpc": "2.0", "id": "…", "method": "signalwire.event"': FRAME,
        '{"method": "calling.dial"': FRAME,
        '{"event_type": "calling.call.dial"': FRAME,
    },
}
"""From a page to its blocks that are parts of something, by how they begin, and why they can't run alone."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def pages() -> Iterator[str]:
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "deploy/**/*.md"):
        for path in sorted(ROOT.glob(pattern)):
            name = name_of(path)
            if not any(name == other or name.startswith(f"{other}/") for other in OTHERS):
                yield name


PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in pages()}
FENCES = re.compile(r"^ *```", re.MULTILINE)


def followed(page: str) -> bool:
    """Tell whether a page has commands to type."""
    return any(block.language == "console" for block in blocks(page))


# What a test reaches


@cache
def module_of(path: str) -> ModuleType:
    name = f"reached_{Path(path).stem}"
    spec = importlib.util.spec_from_file_location(name, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[name]
    return module


def names_in(code: CodeType) -> Iterator[str]:
    """Yield the global names and the parameters of a function, and of those within it."""
    yield from code.co_names
    yield from code.co_varnames[: code.co_argcount]
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from names_in(each)


def texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from texts_in(list(value.values()))
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from texts_in(each)


def reached(names: dict[str, Any]) -> set[str]:
    """Return the texts that the tests of a module use, by themselves or through its functions and fixtures."""
    waiting = [name for name, value in names.items() if name.startswith("test_") and isinstance(value, FunctionType)]
    seen: set[str] = set()
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in names:
            continue
        seen.add(name)
        value = names[name]
        for mark in getattr(value, "pytestmark", ()):
            found.update(texts_in(mark.args))
            waiting += [each for each in mark.args if isinstance(each, str)]  # fixtures
        function = getattr(value, "_fixture_function", value)
        if isinstance(function, FunctionType):
            waiting += names_in(function.__code__)
        else:
            found.update(texts_in(value))
    return found


def modules_of(page: str) -> tuple[str, ...]:
    own = Path(__file__).parent.glob(f"test_{Path(page).stem.replace('-', '_')}_*.py")
    return (*sorted(name_of(path) for path in own), *TESTED.get(page, ()))


@cache
def reached_of(page: str) -> frozenset[str]:
    return frozenset(text.strip() for test in modules_of(page) for text in reached(vars(module_of(test))))


# Whether a block is covered


def covered(name: str, page: str, block: Block, reach: Iterable[str]) -> bool:
    if block.language == "console" or any(block.text.startswith(each) for each in FRAGMENTS.get(name, ())):
        return True
    if block.file in read_by_commands(page):
        return True
    text = block.text.strip()
    return text in reach or (bool(block.file) and text.partition("\n")[2].strip() in reach)


READS = {"pytest": r"test_\w+\.py|conftest\.py", "gunicorn": r"gunicorn\.conf\.py"}
"""What programs read that no command names."""


@cache
def read_by_commands(page: str) -> frozenset[str]:
    """Return the files of a page that a command further down names or reads, and those that such a file names."""
    files = {block.file: block.text for block in blocks(page) if block.file}
    found: set[str] = set()
    for file, text in files.items():
        typed = typed_on(page.partition(text)[2].partition("```")[2])
        if is_named(file, typed) or any(is_named(it, typed) and re.fullmatch(what, file) for it, what in READS.items()):
            found.add(file)
    while more := {file for file in files.keys() - found if any(is_named(file, files[each]) for each in found)}:
        found |= more
    return frozenset(found)


def is_named(file: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(Path(file).stem)}\b", text) is not None


@pytest.mark.parametrize("name", PAGES)
def test_every_block_is_covered(name: str) -> None:
    page = PAGES[name]
    lost = [block.text for block in blocks(page) if not covered(name, page, block, reached_of(name))]
    assert lost == [], f"{name}: nobody runs these blocks"


@pytest.mark.parametrize("name", PAGES)
def test_no_block_is_overlooked(name: str) -> None:
    """A fence that is left open, or written otherwise, would be no block for anybody."""
    page = PAGES[name]
    tokens = MarkdownIt().parse(page)
    assert [token.content for token in tokens if token.type == "code_block"] == [], "indented; it needs a fence"
    assert {token.markup for token in tokens if token.type == "fence"} <= {"```"}
    fenced = list(blocks(re.sub(r"^<!-- typed\n.*?^-->$", "", page, flags=re.DOTALL | re.MULTILINE)))
    left_out = len(re.findall(r"^<!-- not typed: .+? -->\n+ *```", page, re.MULTILINE))
    assert 2 * (left_out + len(fenced)) == len(FENCES.findall(page))


def objects(text: str) -> list[object]:
    """Decode JSON objects, one behind the other."""
    found: list[object] = []
    while text:
        value, end = json.JSONDecoder().raw_decode(text)
        found.append(value)
        text = text[end:].lstrip()
    return found


PARSERS: dict[str, Callable[[str], object]] = {"python": ast.parse, "json": objects}


@pytest.mark.parametrize("name", FRAGMENTS)
def test_every_fragment_is_on_its_page_and_can_be_parsed(name: str) -> None:
    for begins, reason in FRAGMENTS[name].items():
        (block,) = [each for each in blocks(PAGES[name]) if each.text.startswith(begins)]
        assert reason
        PARSERS[block.language](textwrap.dedent(block.text))


# Following them


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if followed(page)])
def test_every_command_prints_what_the_page_shows(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = free_ports(PAGES[name])
    for file in (ROOT / BEGIN_WITH[name]).glob("[!_t]*.py") if name in BEGIN_WITH else ():
        (tmp_path / file.name).write_text(with_ports(file.read_text(encoding="utf-8"), ports), encoding="utf-8")
    programs = tmp_path / ".programs"
    programs.mkdir()
    for program, where in PROGRAMS.get(name, {}).items():
        (programs / program).symlink_to(where())
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    with Reader(tmp_path, clean_environ({"TMPDIR": str(tmp_path)})) as reader:
        reader.follow(page_with_ports(PAGES[name], ports))
    assert "\n\n".join(reader.mistakes) == ""


STEPS = sorted(name for name in PAGES if re.fullmatch(r"docs/learn/\d+-.*", name))


@pytest.mark.parametrize(("step", "following"), list(itertools.pairwise([*STEPS, "docs/learn/README.md"])))
def test_each_step_of_the_tutorial_ends_with_the_way_to_the_next(step: str, following: str) -> None:
    assert f"]({Path(following).name})" in PAGES[step].rstrip().rpartition("\n\n")[2]
