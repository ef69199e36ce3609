"""Signatures in the reference are as they are written: stars, markers, defaults, async."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from docs_parts import DOCS, part

pytest.importorskip("griffe", reason="griffe reads the docstrings; it is in the extra 'dev'")

PAGES = DOCS / "reference"


@pytest.fixture(scope="module")
def signatures() -> ModuleType:
    return part("reference_signatures")


def positional(a: int, /, b: str, *, c: float = 0.5) -> None: ...
def only_positional(a: int, b: str = "x", /) -> None: ...
def starred(*devices: int, timeout: float | None = None, **kwargs: Any) -> str: ...
def keywords(*, name: str) -> None: ...
def bare(a, b=1, *args, c, **others): ...
def of_classes(kind: type = ValueError, by: Callable[..., Any] = len) -> None: ...
async def awaited(seconds: float) -> None: ...


@pytest.mark.parametrize(
    ("function", "line"),
    [
        (positional, "f(a: int, /, b: str, *, c: float = 0.5) -> None"),
        (only_positional, "f(a: int, b: str = 'x', /) -> None"),
        (starred, "f(*devices: int, timeout: float | None = None, **kwargs: Any) -> str"),
        (keywords, "f(*, name: str) -> None"),
        (bare, "f(a, b=1, *args, c, **others)"),
        (of_classes, "f(kind: type = ValueError, by: Callable[..., Any] = len) -> None"),
        (awaited, "async f(seconds: float) -> None"),
    ],
)
def test_a_signature_of_every_kind(signatures: Any, function: Any, line: str) -> None:
    assert signatures.signature("f", function) == f"```python\n{line}\n```"


def test_what_a_method_is_called_on_is_not_shown(signatures: Any) -> None:
    class Made:
        @classmethod
        def at(cls, url: str) -> None: ...

        def me(this, self: int) -> None: ...  # noqa: N805

    shown = signatures.signature("at", Made.__dict__["at"].__func__, bound=True, above="@classmethod")
    assert shown == "```python\n@classmethod\nat(url: str) -> None\n```"
    assert signatures.signature("me", Made.me, bound=True) == "```python\nme(self: int) -> None\n```"


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("builders", "parallel(*devices: DialDevice | dict[str, Any]) -> list[list[DialDevice]]"),
        (
            "call",
            "offload(function: Callable[..., T], *args: Any, timeout: float | None = None, **kwargs: Any) -> T",
        ),
        ("call", "- `*args`: its arguments."),
        ("call", "- `**kwargs`: its keyword arguments."),
        ("aio", "async answer(**kwargs: Any) -> dict[str, Any]"),
        (
            "fleet",
            "@classmethod\nat(url: str, *, host: str = '', secret: str = '', lease: float = 10.0) -> FleetSettings",
        ),
        ("client", "receive(contexts: list[str]) -> None"),
        ("client", "stats: Stats"),
        ("call", "when_done: str = 'hangup'"),
    ],
)
def test_what_a_page_shows(page: str, line: str) -> None:
    assert f"\n{line}\n" in (PAGES / f"{page}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "row"),
    [
        ("more", "| `request_timeout` | `float` | `10.0` | seconds | how long a command waits for its reply,"),
        ("more", "| `outbox_limit` | `int` | `500` | number |"),
        ("more", "| `refusals_allowed_later` | `int \\| None` | `None` | number |"),
        ("more", "| `code_linger` | `float \\| None` | `30.0` | seconds |"),
        ("fleet", "| `lease` | `float` | `10.0` | seconds without a sign of life"),
        ("fleet", "| `address` | `EngineAddress` | needed |"),
        ("campaigns", "| `attempts` | `int` | `0` |"),
        ("watching", "| `state` | `str` | needed |"),
        ("events", "| `call_state` | `str` | `''` |"),
        ("sandbox", "| `resume_window` | `float` | `10.0` |"),
    ],
)
def test_a_field_has_its_default(page: str, row: str) -> None:
    assert f"\n{row}" in (PAGES / f"{page}.md").read_text(encoding="utf-8")


def test_every_field_of_a_value_that_is_public_has_a_row() -> None:
    import msgspec

    import relay_runtime

    text = "\n".join(path.read_text(encoding="utf-8") for path in PAGES.glob("*.md"))
    for name in dir(relay_runtime):
        thing = getattr(relay_runtime, name)
        if isinstance(thing, type) and issubclass(thing, msgspec.Struct) and not name.endswith(("Event", "Aborted")):
            entry = text.partition(f"\n## `{name}`\n")[2].partition("\n## ")[0]
            fields = [field.name for field in msgspec.structs.fields(thing)]
            assert [field for field in fields if f"\n| `{field}` |" not in entry] == [], name
