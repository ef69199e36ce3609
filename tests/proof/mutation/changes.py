"""What can be changed in a module, one small thing at a time."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Change", "changes_of"]

_FLIPS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
}  # fmt: skip
_SWAPS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
_UNTOUCHED = {"__repr__", "__all__", "__slots__"}
_DECLARED = {"annotation", "returns", "decorator_list", "type_params", "bases"}
"""Parts of a node that say what something is, not what it does."""
_LOGS = {"logger", "warnings"}


@dataclass(frozen=True)
class Change:
    """One change of a source text.

    Attributes:
        line: where it is, from 1.
        kind: what is done: ``comparison``, ``operand``, ``not``, ``arithmetic``, ``constant``, ``statement``,
            ``branch`` or ``keyword``.
        before, after: the piece of the text, and what it becomes.
        start, end: the bytes that the piece takes.
        code: the whole line, by which the change is known again when others come before it.
    """

    line: int
    kind: str
    before: str
    after: str
    start: int
    end: int
    code: str

    def applied(self, source: bytes) -> bytes:
        """Return the text with the change."""
        return source[: self.start] + self.after.encode() + source[self.end :]

    def __str__(self) -> str:
        return f"{self.kind}: {' '.join(self.before.split())!r} -> {' '.join(self.after.split())!r}"


def changes_of(source: bytes) -> list[Change]:
    """Return all changes of a module, in the order of its text."""
    return sorted(_Changes(source), key=lambda change: (change.start, change.end, change.after))


class _Changes:
    def __init__(self, source: bytes) -> None:
        self._source = source
        self._lines = source.splitlines(keepends=True)
        self._offsets = [0]
        for line in self._lines:
            self._offsets.append(self._offsets[-1] + len(line))

    def __iter__(self) -> Iterator[Change]:
        yield from self._in(ast.parse(self._source))

    def _in(self, node: ast.AST) -> Iterator[Change]:
        """Yield the changes of a node and of what is below it."""
        if _is_untouched(node):
            return
        for change in self._of(node):
            if change.before != change.after:
                yield change
        for name, value in ast.iter_fields(node):
            if name in _DECLARED or (name == "keywords" and isinstance(node, ast.ClassDef)):
                continue
            children = value if isinstance(value, list) else [value]
            for child in children:
                if isinstance(child, ast.AST) and not _is_docstring(child):
                    yield from self._in(child)

    def _of(self, node: ast.AST) -> Iterator[Change]:
        match node:
            case ast.Compare():
                yield from self._comparisons(node)
            case ast.BoolOp():
                yield from self._operands(node)
            case ast.UnaryOp(op=ast.Not()):
                yield self._change(node, "not", node.operand)
            case ast.BinOp() if type(node.op) in _SWAPS and not _is_text(node.left) and not _is_text(node.right):
                yield self._change(node, "arithmetic", ast.BinOp(node.left, _SWAPS[type(node.op)](), node.right))
            case ast.Constant(value=bool()):
                yield self._change(node, "constant", ast.Constant(not node.value))
            case ast.Constant(value=int() | float()):
                yield self._change(node, "constant", ast.Constant(node.value + 1))
            case ast.If() | ast.While() if not isinstance(
                node.test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant
            ):
                yield self._change(node.test, "branch", ast.UnaryOp(ast.Not(), node.test))
            case ast.Call() if node.keywords:
                yield from self._keywords(node)
            case ast.stmt() if _can_go(node):
                yield self._change(node, "statement", ast.Pass())

    def _comparisons(self, node: ast.Compare) -> Iterator[Change]:
        for place, op in enumerate(node.ops):
            for flip in _FLIPS[type(op)]:
                changed = copy.deepcopy(node)
                changed.ops[place] = flip()
                yield self._change(node, "comparison", changed)

    def _operands(self, node: ast.BoolOp) -> Iterator[Change]:
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield self._change(node, "operand", ast.BoolOp(other, node.values))
        for place in range(len(node.values)):
            left = node.values[:place] + node.values[place + 1 :]
            yield self._change(node, "operand", left[0] if len(left) == 1 else ast.BoolOp(node.op, left))

    def _keywords(self, node: ast.Call) -> Iterator[Change]:
        for place, keyword in enumerate(node.keywords):
            if keyword.arg is not None:
                left = node.keywords[:place] + node.keywords[place + 1 :]
                yield self._change(node, "keyword", ast.Call(node.func, node.args, left))

    def _change(self, node: ast.expr | ast.stmt, kind: str, changed: ast.AST) -> Change:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._offsets[node.lineno - 1] + node.col_offset
        end = self._offsets[node.end_lineno - 1] + node.end_col_offset
        text = ast.unparse(ast.fix_missing_locations(changed))
        if isinstance(node, ast.expr):  # what comes behind it stays on its line
            text = f"({text}{chr(10) * (node.end_lineno - node.lineno)})"
        return Change(
            node.lineno,
            kind,
            self._source[start:end].decode(),
            text,
            start,
            end,
            self._lines[node.lineno - 1].decode().strip(),
        )


def _can_go(node: ast.stmt) -> bool:
    """Whether a statement can be left out without the module becoming nonsense."""
    match node:
        case ast.Expr(value=ast.Call() | ast.Await() | ast.Yield()):
            return True
        case ast.Assign():
            return all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets)
        case ast.AugAssign() | ast.Delete() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.Return():
            return node.value is None
    return False


def _is_untouched(node: ast.AST) -> bool:
    """Whether what a node does is no matter of tests: texts for people, types, what only the checker runs."""
    match node:
        case ast.FunctionDef(name="__repr__") | ast.Import() | ast.ImportFrom() | ast.JoinedStr() | ast.Assert():
            return True
        case ast.FunctionDef():
            return any(isinstance(each, ast.Name) and each.id == "overload" for each in node.decorator_list)
        case ast.ClassDef():
            return any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign():
            return any(isinstance(target, ast.Name) and target.id in _UNTOUCHED for target in node.targets)
        case ast.Expr(value=ast.Call(func=func)):
            return any(isinstance(each, ast.Name) and each.id in _LOGS for each in ast.walk(func))
    return False


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
