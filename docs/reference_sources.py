"""What only the source tells: where something is defined, what class attributes and type aliases say of themselves."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = [
    "Declared",
    "attribute_types",
    "declared_in",
    "definition_of",
    "is_defined",
    "node_of",
    "source_link",
    "source_path",
]

HOUSES = {"relay_actors": "actors", "relay_runtime": "runtime"}


@dataclass(frozen=True)
class Declared:
    """A name that is given a value, or a type, with a text below it.

    Attributes:
        name: the name.
        line: the statement.
        annotation: its type as it is written, or an empty text.
        text: what is said of it.
    """

    name: str
    line: str
    annotation: str
    text: str


def source_path(module: str) -> str:
    """Return the file of a module, from the root of the project."""
    root = module.partition(".")[0]
    file = Path(str(sys.modules[module].__file__))
    home = Path(str(sys.modules[root].__file__)).parents[1]
    return f"{HOUSES[root]}/{file.relative_to(home).as_posix()}"


def source_link(module: str, name: str) -> str:
    """Return the link from a page of the reference to where a qualified name of a module is defined."""
    return f"[source](../../{source_path(module)}#{name})" if module.partition(".")[0] in HOUSES else ""


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(Path(str(sys.modules[module].__file__)).read_text(encoding="utf-8"))


def node_of(module: str, name: str) -> ast.stmt:
    """Return the statement of a module that defines a class or a function, by its qualified name.

    Raises:
        LookupError: there is none.
    """
    body: list[ast.stmt] = _tree(module).body
    found: ast.stmt | None = None
    for part in name.split("."):
        kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        found = next((each for each in body if isinstance(each, kinds) and each.name == part), None)
        if found is None:
            raise LookupError(f"{module} has no {name}")
        body = found.body
    assert found is not None
    return found


def definition_of(module: str, name: str) -> Declared:
    """Return the statement by which a module defines a type alias."""
    return next(each for each in _declared(_tree(module).body) if each.name == name)


def is_defined(module: str, name: str) -> bool:
    """Return whether a module itself defines a type alias."""
    return any(each.name == name for each in _declared(_tree(module).body))


def declared_in(cls: type) -> list[Declared]:
    """Return the attributes that the body of a class declares and describes."""
    node = node_of(cls.__module__, cls.__qualname__)
    assert isinstance(node, ast.ClassDef)
    return [each for each in _declared(node.body) if each.text and not each.name.startswith("_")]


def _declared(body: list[ast.stmt]) -> Iterator[Declared]:
    for statement, following in zip(body, [*body[1:], None], strict=True):
        target: ast.expr
        if isinstance(statement, ast.AnnAssign):
            target, annotation = statement.target, ast.unparse(statement.annotation)
        elif isinstance(statement, ast.Assign):
            target, annotation = statement.targets[0], ""
        else:
            continue
        said = following.value if isinstance(following, ast.Expr) else None
        text = said.value if isinstance(said, ast.Constant) and isinstance(said.value, str) else ""
        if isinstance(target, ast.Name):
            yield Declared(target.id, ast.unparse(statement), annotation, inspect.cleandoc(text))


def attribute_types(cls: type) -> dict[str, str]:
    """Return the types of the attributes of a class that its body or its ``__init__`` tells."""
    found: dict[str, str] = {}
    for each in reversed(cls.__mro__):
        if each.__module__.partition(".")[0] in HOUSES:
            found |= {name: str(hint) for name, hint in vars(each).get("__annotations__", {}).items()}
            with suppress(LookupError):  # a struct has none of its own
                found |= _assigned(node_of(each.__module__, f"{each.__qualname__}.__init__"))
    return found


def _assigned(tree: ast.stmt) -> dict[str, str]:
    assert isinstance(tree, ast.FunctionDef)
    args = [*tree.args.args, *tree.args.kwonlyargs]
    given = {arg.arg: ast.unparse(arg.annotation) for arg in args if arg.annotation is not None}
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
            found[node.target.attr] = ast.unparse(node.annotation)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
            found[node.targets[0].attr] = _type_of(node.value, given)
    return found


def _type_of(value: ast.expr, given: dict[str, str]) -> str:
    """Return the type of a plain value: a constant, an argument, or what a class makes."""
    if isinstance(value, ast.Constant) and value.value is not None:
        return type(value.value).__name__
    if isinstance(value, ast.Name):
        return given.get(value.id, "")
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id[0].isupper():
        return value.func.id
    return ""
