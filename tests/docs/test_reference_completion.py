"""What completion shows of a public class is in the reference, with words: names that are inherited from it, too.

Names come from the classes themselves and from what their methods set, and not from what makes the pages, which
could overlook the same ones.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import is_typeddict

import pytest
from docs_parts import names_of

import relay_runtime
from relay_runtime import aio, replay, sandbox, testing

pytest.importorskip("griffe", reason="griffe reads the docstrings; it is in the extra 'dev'")

DOCS = Path(__file__).parents[2] / "docs"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((DOCS / "reference").glob("*.md"))}
ALONE = {("call", "Call"), ("call", "CallActor"), ("client", "RelayClient"), ("aio", "Call")}
"""Classes that are in several sections of their page."""

FACES: tuple[ModuleType, ...] = (relay_runtime, aio, sandbox, testing, replay)
SPOKEN = ("__call__", "__getitem__", "__iter__", "__len__", "__contains__", "__await__")
"""Names with underscores by which an object is used in other ways than by its methods."""

RAW = ("raw_", "top_", "body_")
"""What the fields of events begin with that only their properties read."""

ACTION = frozenset({"abort", "apply", "call_ended", "completion", "ends_with"})
RUNTIME_ONLY = {"Action": ACTION, "Message": frozenset({"abandon", "apply"})}
"""What the runtime alone calls, of a class and of those below it."""

KINDS = ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef


def is_ours(cls: type) -> bool:
    return cls.__module__.partition(".")[0] in {"relay_actors", "relay_runtime"}


@cache
def entry_of(cls: type) -> str:
    """Return what the reference says of a class: its section, or its page when it's all about the class."""
    path = cls.__module__.replace(".", "/")
    source = re.compile(rf"^\[source\]\(\S*{path}(/__init__)?\.py#{cls.__qualname__}\)", re.MULTILINE)
    for page, text in TEXTS.items():
        for section in re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]:
            if section.startswith(f"## `{cls.__name__}`\n") and source.search(section.partition("\n### ")[0]):
                return text if (page, cls.__name__) in ALONE else section
    return ""


def documented(cls: type) -> set[str]:
    """Return the names with words in the entry of a class: headings, rows, and items of its attributes."""
    entry = entry_of(cls)
    found = set(re.findall(rf"^### `(?:{cls.__name__}\.)?(\w+)`$", entry, re.MULTILINE))
    for listed in re.findall(r"^\*\*Attributes:\*\*\n\n((?:- .+\n)+)", entry, re.MULTILINE):
        found |= set(re.findall(r"^- `(\w+)`[^:]*: \S", listed, re.MULTILINE))
    for head, rows in re.findall(r"^(\|.+\|)\n\|[-|]+\|\n((?:\|.*\|\n)+)", entry, re.MULTILINE):
        worded = head.endswith(("| Meaning |", "| Value |", "| What it is to a call |"))
        if worded or is_of_the_wire(cls):
            told = [row for row in rows.splitlines() if not (worded and row.endswith("|  |"))]
            found |= {name for row in told for name in re.findall(r"`(\w+)`", row.split(" | ")[0])}
    return found


def is_of_the_wire(cls: type) -> bool:
    """Return whether the names of a class are words of the protocol: a row without a meaning documents one."""
    return is_typeddict(cls) or issubclass(cls, relay_runtime.RelayEvent)


def shown(cls: type) -> set[str]:
    """Return what the classes of ours that a class is made of give to its objects, by any way."""
    found: set[str] = set()
    for each in filter(is_ours, cls.__mro__):
        own = vars(each)
        event = issubclass(each, relay_runtime.RelayEvent)
        found |= {name for name in own if name in SPOKEN and inspect.isfunction(own[name])}
        found |= {name for name in (*own, *own.get("__annotations__", {}), *assigned(each)) if name[0] != "_"}
        found -= {name for name in found if event and name.startswith(RAW)}
    kept = (RUNTIME_ONLY.get(each.__name__, ()) for each in cls.__mro__ if each.__module__.startswith("relay_actors"))
    return found.difference(*kept)


def assigned(cls: type) -> Iterator[str]:
    """Yield the attributes that the methods of a class set on the object."""
    body: list[ast.stmt] = parsed(cls.__module__).body
    for part in cls.__qualname__.split("."):
        body = next((each.body for each in body if isinstance(each, KINDS) and each.name == part), [])
    for node in (node for statement in body for node in ast.walk(statement)):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            yield from [node.attr] if node.value.id == "self" else []


@cache
def parsed(module: str) -> ast.Module:
    return ast.parse(Path(str(sys.modules[module].__file__)).read_text(encoding="utf-8"))


CLASSES = {
    f"{face.__name__}.{name}": getattr(face, name)
    for face in FACES
    for name in names_of(face)
    if inspect.isclass(getattr(face, name))
}


@pytest.mark.parametrize("name", CLASSES)
def test_what_completion_shows_of_a_class_is_in_the_reference_with_words(name: str) -> None:
    cls = CLASSES[name]
    assert entry_of(cls), f"{name} has no entry"
    told = set().union(*(documented(each) for each in cls.__mro__ if is_ours(each)))
    assert sorted(shown(cls) - told) == []


@pytest.mark.parametrize("face", FACES, ids=lambda face: str(face.__name__))
def test_a_face_names_each_thing_once(face: ModuleType) -> None:
    assert [name for name, times in Counter(face.__all__).items() if times > 1] == []
    assert set(face.__all__) <= set(dir(face))


def test_every_name_of_the_face_for_asyncio_has_an_entry_there_or_is_one_of_the_runtime() -> None:
    own = {name for name in aio.__all__ if f"\n## `{name}`\n" in TEXTS["aio"]}
    same = {name for name in set(aio.__all__) & set(dir(relay_runtime)) if is_same(name)}
    assert sorted(set(aio.__all__) - own - same) == []


def is_same(name: str) -> bool:
    return getattr(aio, name) is getattr(relay_runtime, name)


def test_every_constant_has_words() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| .+ \| \S.* \|$", TEXTS["constants"], re.MULTILINE)
    assert rows == [name for name in dir(relay_runtime) if name.isupper()]
