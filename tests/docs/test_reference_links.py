"""In the reference links lead somewhere, entries to their source, and types in signatures to their entries."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from docs_parts import names_of, part

import relay_runtime
from relay_runtime import aio, replay, sandbox, testing

pytest.importorskip("griffe", reason="griffe reads the docstrings; it is in the extra 'dev'")

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
SHORTCUT = re.compile(r"\[(`[\w.]+`)\](?![(:])(?:\[([\w.]*)\])?")

NUMBER = "a number with its range: the page shows the number"
VARIABLES = ("C", "E_co", "H", "P", "R", "T")
WITHOUT_ENTRY = {
    "relay_actors.call.setup.CallEnvironment": "what calls of a client have in common, kept for the runtime alone",
    "relay_actors.wire.frames.FrameParams": "a frame that is not read yet; what is read of it are the event's fields",
    **{f"relay_actors.wire.values.{name}": NUMBER for name in ("Amount", "Count", "Fraction", "Mos", "Percent")},
    "relay_runtime.sandbox.calls.call.Call": "given to a run by the sandbox's own parts",
    "relay_runtime.sandbox.server.peer.Peer": "given to a session by the sandbox's own parts",
    **dict.fromkeys(VARIABLES, "a variable of types"),
}
"""Names in signatures that have no entry, with the reason."""


@pytest.fixture(scope="module")
def entries() -> ModuleType:
    return part("reference_entries")


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(text: str) -> list[str]:
    """Return the anchors of a page: the second of two that were the same gets -1."""
    found: list[str] = []
    taken: Counter[str] = Counter()
    for heading in re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE):
        anchor = slug(heading)
        found.append(f"{anchor}-{taken[anchor]}" if taken[anchor] else anchor)
        taken[anchor] += 1
    return found


@cache
def anchors_of(path: Path) -> set[str]:
    return set(anchors(path.read_text(encoding="utf-8")))


def targets(text: str) -> Iterator[str]:
    prose = FENCED.sub("", text)
    yield from re.findall(r"\]\(([^)\s]+)\)", prose)
    yield from re.findall(r"^\[[^\]]+\]: (\S+)$", prose, re.MULTILINE)


@cache
def defined(path: Path) -> set[str]:
    """Return the qualified names of what a file defines, attributes of classes and assigned names too."""

    def walk(body: list[ast.stmt], before: str) -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield before + node.name
                if isinstance(node, ast.ClassDef):
                    yield from walk(node.body, f"{before}{node.name}.")
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                named = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (before + each.id for each in named if isinstance(each, ast.Name))

    return set(walk(ast.parse(path.read_text(encoding="utf-8")).body, ""))


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_of_a_page_leads_to_a_file_and_to_a_heading_or_a_definition(name: str) -> None:
    lost = []
    for target in targets(TEXTS[name]):
        file, _, anchor = target.partition("#")
        path = (FOLDER / file).resolve() if file else FOLDER / name
        if (
            not path.exists()
            or (anchor and path.suffix == ".md" and anchor not in anchors(path.read_text(encoding="utf-8")))
            or (path.suffix == ".py" and anchor not in defined(path))
        ):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("name", TEXTS)
def test_a_page_has_no_heading_twice_and_skips_no_level(name: str) -> None:
    headings = re.findall(r"^(#+) (.+)$", FENCED.sub("", TEXTS[name]), re.MULTILINE)
    assert [heading for heading, times in Counter(what for _, what in headings).items() if times > 1] == []
    levels = [len(marks) for marks, _ in headings]
    assert levels[0] == 1
    assert 1 not in levels[1:]
    assert all(below <= above + 1 for above, below in pairwise(levels))


@pytest.mark.parametrize("name", TEXTS)
def test_every_reference_has_its_end_on_the_page(name: str) -> None:
    prose = FENCED.sub("", TEXTS[name])
    ends = set(re.findall(r"^\[([^\]]+)\]: ", prose, re.MULTILINE))
    used = {found[2] or found[1] for found in SHORTCUT.finditer(prose)}
    assert used - ends == set()
    assert ends - used == set()


@pytest.mark.parametrize("name", [name for name in TEXTS if name not in {"README.md", "names.md"}])
def test_every_entry_says_where_its_source_is(name: str) -> None:
    prose = FENCED.sub("", TEXTS[name])
    sections = re.split(r"^(?=##)", prose, flags=re.MULTILINE)[1:]
    silent = [
        each.partition("\n")[0] for each in sections if re.match(r"##+ `[A-Za-z]", each) and "[source](" not in each
    ]
    assert silent == [] or name == "methods.md"


def test_a_link_to_the_source_has_the_qualified_name_and_no_line() -> None:
    assert "[source](../../actors/relay_actors/call/verbs/media.py#MediaVerbs.play)" in TEXTS["call.md"]
    assert [each for text in TEXTS.values() for each in re.findall(r"\[source\]\([^)]*#L?\d", text)] == []


def test_what_a_docstring_refers_to_is_a_link() -> None:
    assert "Waits as [`wait_for`] does" in TEXTS["call.md"]
    assert "\n[`wait_for`]: #wait_for\n" in TEXTS["call.md"]
    assert "\n- [`RelayTimeout`][]: the time is over.\n" in TEXTS["call.md"]
    assert "\n[`RelayTimeout`]: errors.md#relaytimeout\n" in TEXTS["call.md"]


# Types


def mentioned(entries: Any) -> Iterator[tuple[str, str, str]]:
    """Yield each name in an annotation of the public API, with its module and with who has the annotation."""
    seen: set[type] = set()
    for face in (relay_runtime, aio, sandbox, testing, replay):
        for name in names_of(face):
            thing = getattr(face, name)
            if inspect.isclass(thing) and thing not in seen:
                seen.add(thing)
                yield from of_class(entries, thing)
            elif inspect.isfunction(thing):
                yield from of_annotations(entries, thing, thing.__module__, name)


def of_class(entries: Any, cls: type) -> Iterator[tuple[str, str, str]]:
    for each in cls.__mro__:
        if each.__module__.startswith("relay_"):
            public = {name: hint for name, hint in vars(each).get("__annotations__", {}).items() if name[0] != "_"}
            hidden = ("raw_", "top_", "body_")
            public = {name: hint for name, hint in public.items() if not name.startswith(hidden)}
            yield from of_hints(entries, public, each.__module__, cls.__name__)
    shown = dict(entries.members(cls, tuple(each for each in cls.__mro__ if each.__module__.startswith("relay_"))))
    if entries.constructor_is_shown(cls) and inspect.isfunction(cls.__init__):
        shown["__init__"] = cls.__init__
    for name, value in shown.items():
        function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        function = inspect.unwrap(function)
        yield from of_annotations(entries, function, function.__module__, f"{cls.__name__}.{name}")


def of_annotations(entries: Any, function: Any, module: str, owner: str) -> Iterator[tuple[str, str, str]]:
    yield from of_hints(entries, function.__annotations__, module, owner)


def of_hints(entries: Any, hints: dict[str, Any], module: str, owner: str) -> Iterator[tuple[str, str, str]]:
    for hint in hints.values():
        for name in entries.own_names(hint):
            yield name, module, owner


def home(name: str, module: str) -> str | None:
    """Return the module of ours that defines a name that another one uses, or None for a name that is not ours."""
    known = imports(module)
    while name in known and known[name].startswith("relay_"):
        module = known[name]
        if name in defined(Path(str(sys.modules[module].__file__))):
            return module
        known = imports(module)
    return module if name in defined(Path(str(sys.modules[module].__file__))) else None


@cache
def imports(module: str) -> dict[str, str]:
    importlib.import_module(module)
    tree = ast.parse(Path(str(sys.modules[module].__file__)).read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: str(node.module) for node in nodes for alias in node.names}


def test_every_type_of_ours_in_a_signature_has_an_entry(entries: Any) -> None:
    links = re.findall(r"\[source\]\(\.\./\.\./(?:actors|runtime)/([^)]+)\.py#([^)]+)\)", "\n".join(TEXTS.values()))
    sources = {f"{path.replace('/', '.').removesuffix('.__init__')}.{name}" for path, name in links}
    missing: dict[str, str] = {}
    used = set()
    for name, module, owner in mentioned(entries):
        where = home(name, module)
        if where is None:
            continue
        if f"{where}.{name}" not in sources:
            key = name if name in VARIABLES else f"{where}.{name}"
            used.add(key)
            if key not in WITHOUT_ENTRY:
                missing[key] = owner
    assert missing == {}
    assert WITHOUT_ENTRY.keys() - used == set(), "these have entries, or are in no signature"
