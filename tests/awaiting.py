"""Puts ``async`` and ``await`` into a program for greenlets: the way of ``docs/migrating.md`` back."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Collection
from types import ModuleType

__all__ = ["coroutine_methods", "with_awaits"]


def coroutine_methods(*modules: ModuleType) -> set[str]:
    """Return the names of what is awaited of the classes in some modules."""
    classes = [each for module in modules for each in vars(module).values() if inspect.isclass(each)]
    return {name for cls in classes for name, method in inspect.getmembers(cls, inspect.iscoroutinefunction)}


def with_awaits(program: str, methods: Collection[str]) -> str:
    """Return a program with its calls of some methods awaited, and with what follows from that."""
    tree = _Awaiting(methods).visit(ast.parse(program))
    text = ast.unparse(ast.fix_missing_locations(tree))
    return "import asyncio\n" + text.replace("from relay_runtime import", "from relay_runtime.aio import")


class _Awaiting(ast.NodeTransformer):
    def __init__(self, methods: Collection[str]) -> None:
        self._methods = methods

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node.func:
            case ast.Attribute(attr="sleep"):
                return ast.Await(ast.Call(_of_asyncio("sleep"), node.args, node.keywords))
            case ast.Attribute(attr=name) if name in self._methods:
                return ast.Await(node)
            case ast.Name(id="main"):
                return ast.Call(_of_asyncio("run"), [node], [])
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        own = [each for each in ast.walk(node) if isinstance(each, ast.Await | ast.AsyncWith)]
        if not (own or node.decorator_list):
            return node
        return ast.AsyncFunctionDef(**{name: getattr(node, name) for name in node._fields})

    def visit_With(self, node: ast.With) -> ast.AST:
        self.generic_visit(node)
        return ast.AsyncWith(node.items, node.body)


def _of_asyncio(name: str) -> ast.expr:
    return ast.Attribute(ast.Name("asyncio", ast.Load()), name, ast.Load())
