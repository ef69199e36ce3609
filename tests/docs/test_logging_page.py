"""The page about logs has every line that an operator can see, and none that there is not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from clean_process import clean_process
from loguru import logger

from relay_runtime.watch.logs import setup_logging

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "logging.md").read_text(encoding="utf-8")
LEVELS = {"info", "success", "warning", "error", "critical"}
LOGGERS = {"logger", "log", "_log", "_throttle"}


def root(node: ast.AST) -> str:
    """The name that an expression such as ``logger.bind(…).info`` begins with; that of a throttle, whose ever it is."""
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Attribute) and node.attr.strip("_") == "throttle":
            return "_throttle"
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""


def call_of(node: ast.AST) -> tuple[set[str], ast.expr] | None:
    """The possible levels and the message of a call that logs; None for any other."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr in LEVELS and root(function) in LOGGERS:
        return {function.attr}, node.args[0]
    if isinstance(function, ast.Name) and function.id == "log_crash":
        return {"error"}, node.args[1]
    for at, each in enumerate((function, *node.args)):  # run_guarded(handler, value, line), there or elsewhere
        if isinstance(each, ast.Name) and each.id == "run_guarded":
            return {"error"}, (function, *node.args)[at + 3]
    if isinstance(function, ast.Attribute) and function.attr == "forward" and len(node.args) > 1:  # Tasks.forward
        return {"error"}, node.args[1]
    if isinstance(function, ast.Name) and function.id == "log_deferred":
        return {"info"}, node.args[0]
    if isinstance(function, ast.Name) and function.id == "log":
        return {"info", "warning"}, node.args[0]
    return None


@cache
def source() -> set[tuple[str, str]]:
    """Every line of the source; it is read when a test asks, for each process of a run collects this file."""
    return set(in_source())


def in_source() -> Iterator[tuple[str, str]]:
    """Every line that the source logs, as the page writes it, with its level."""
    for folder in ("actors/relay_actors", "runtime/relay_runtime"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                found = call_of(node)
                if found is not None and isinstance(found[1], ast.Constant):
                    yield " or ".join(sorted(found[0])), re.sub(r"\{[^}]*\}", "…", str(found[1].value))


LISTED = {(level, line) for level, line in re.findall(r"^\| ([a-z ]+) \| `(.+?)` \|", PAGE, re.MULTILINE)}


def test_every_line_of_the_source_is_on_the_page() -> None:
    assert sorted(source() - LISTED) == [], "add what these lines mean to docs/logging.md, under Every line"


def test_every_line_of_the_page_is_in_the_source() -> None:
    assert sorted(LISTED - source()) == []
    assert len(LISTED) > 40


@pytest.mark.parametrize("level", ["critical", "error", "warning", "info", "debug"])
def test_every_level_is_explained(level: str) -> None:
    assert re.search(rf"^\| `{level}` \| .+ \|$", PAGE, re.MULTILINE)


def test_every_key_of_a_json_line_is_explained() -> None:
    with clean_process():
        stream = StringIO()
        setup_logging("info", "json", stream=stream)
        try:
            raise LookupError
        except LookupError:
            logger.bind(call_id="c", context="office", actor="A", shop="main").exception("failed")
    line = msgspec.json.decode(stream.getvalue())
    explained = PAGE.partition("## Keys")[2].partition("## Levels")[0]
    assert [key for key in line if f"`{key}`" not in explained] == []
    assert [
        key for key in re.findall(r"`(\w+)`", re.sub(r"\|[^|]*\|$", "", explained, flags=re.M)) if key not in line
    ] == []
