"""Which apps the files of a directory have, found by reading them: nothing of them is run."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

__all__ = ["found"]

_PATIENCE: Final = 1.0  # seconds; what is found by then is offered
_LARGEST: Final = 1_000_000  # bytes of a file
_OURS: Final = ("relay_runtime", "relay_actors")
_ASYNCIO: Final = "relay_runtime.aio"


def found(incomplete: str, *, asyncio: bool = False) -> list[str]:
    """Return the apps that may be meant, as ``module:Name``, or as ``path/file.py:Name`` where a file is named.

    Modules are looked for in the current directory, and in the packages that are directly in it.

    Args:
        incomplete: what is typed of it.
        asyncio: whether clients of `relay_runtime.aio` are wanted, and nothing else.
    """
    place, colon, _ = incomplete.rpartition(":")
    if "/" in incomplete or place.endswith(".py"):
        path = Path(place).expanduser()
        names = [path.stem] if colon else []  # up to the colon it is a file, which shells complete by themselves
        reader = _Reader(path.parent)
        return [f"{place}:{app}" for module in names for app in reader.apps(module, asyncio=asyncio)]
    reader = _Reader(Path())
    return [f"{module}:{app}" for module in _modules(Path()) for app in reader.apps(module, asyncio=asyncio)]


def _modules(directory: Path) -> Iterator[str]:
    """Give the modules of a directory, those of its packages after its own."""
    yield from sorted(path.stem for path in directory.glob("*.py") if path.stem.isidentifier())
    for path in sorted(directory.glob("*/__init__.py")):
        package = path.parent
        if package.name.isidentifier():
            yield from (
                f"{package.name}.{each.stem}" for each in sorted(package.glob("*.py")) if each.stem.isidentifier()
            )


class _Module:
    """What the top of a file says: classes with their bases, what is made by a call, what is imported.

    Args:
        name: of the module.
        tree: the file.
    """

    def __init__(self, name: str, tree: ast.Module) -> None:
        self.name = name
        self.bases: dict[str, list[str]] = {}
        self.makers: dict[str, str] = {}
        self.imported: dict[str, str] = {}
        self.stars: list[str] = []
        for statement in _statements(tree.body):
            self._take(statement)

    def _take(self, statement: ast.stmt) -> None:
        match statement:
            case ast.ClassDef():
                self.bases[statement.name] = [_dotted(base) for base in statement.bases]
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=maker)):
                self.makers[name] = _dotted(maker)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call(func=maker)):
                self.makers[name] = _dotted(maker)
            case ast.Import():
                for alias in statement.names:
                    self.imported[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            case ast.ImportFrom():
                self._import_from(statement)

    def _import_from(self, statement: ast.ImportFrom) -> None:
        package = self.name.split(".")[: -statement.level] if statement.level else []
        origin = ".".join([*package, *filter(None, [statement.module])])
        for alias in statement.names:
            if alias.name == "*":
                self.stars.append(origin)
            else:
                self.imported[alias.asname or alias.name] = f"{origin}.{alias.name}"

    def origins(self, dotted: str) -> list[str]:
        """Return what a name of this file may stand for, by the module that has it."""
        first, _, rest = dotted.partition(".")
        if first in self.imported:
            return [f"{self.imported[first]}.{rest}" if rest else self.imported[first]]
        return [f"{self.name}.{dotted}"] if first in self.bases else [f"{origin}.{dotted}" for origin in self.stars]


class _Reader:
    """Reads the modules of a directory, each once.

    Args:
        directory: where they are looked for.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._read: dict[str, _Module | None] = {}
        self._deadline = time.monotonic() + _PATIENCE

    def apps(self, name: str, *, asyncio: bool) -> list[str]:
        """Return the apps of a module, by name."""
        module = self._module(name)
        if module is None:
            return []
        clients = [name for name, maker in module.makers.items() if self._makes_client(module, maker, asyncio=asyncio)]
        classes = [] if asyncio else [name for name in module.bases if self._is_actor(module, name, set())]
        return [name for name in (*classes, *clients) if not name.startswith("_")]

    def _is_actor(self, module: _Module, name: str, seen: set[str]) -> bool:
        """Return whether a class of a module is a CallActor, be it by a class of another file."""
        seen.add(f"{module.name}.{name}")
        for origin in (each for base in module.bases.get(name, ()) for each in module.origins(base)):
            place, _, base = origin.rpartition(".")
            if _is_ours(place):
                if base == "CallActor":
                    return True
            elif origin not in seen and (other := self._module(place)) and self._is_actor(other, base, seen):
                return True
        return False

    @staticmethod
    def _makes_client(module: _Module, maker: str, *, asyncio: bool) -> bool:
        return any(
            _is_ours(place) and name == "RelayClient" and place.startswith(_ASYNCIO) is asyncio
            for place, _, name in (origin.rpartition(".") for origin in module.origins(maker))
        )

    def _module(self, name: str) -> _Module | None:
        if name not in self._read:
            self._read[name] = None  # a circle of imports ends here
            self._read[name] = self._parsed(name)
        return self._read[name]

    def _parsed(self, name: str) -> _Module | None:
        place = self._directory / name.replace(".", "/")
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            try:
                if path.is_file() and path.stat().st_size <= _LARGEST and time.monotonic() < self._deadline:
                    return _Module(name, ast.parse(path.read_bytes()))
            except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
                continue
        return None


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Give the statements that run when a module is imported, but for those of a program of its own."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If) and "__name__" not in ast.unparse(statement.test):
            yield from _statements((*statement.body, *statement.orelse))
        elif isinstance(statement, ast.Try):
            handlers = [each for handler in statement.handlers for each in handler.body]
            yield from _statements((*statement.body, *handlers, *statement.orelse, *statement.finalbody))
        elif isinstance(statement, ast.With):
            yield from _statements(statement.body)


def _dotted(expression: ast.expr) -> str:
    """Return ``a.b`` for an expression that is so; an empty text for any other."""
    match expression:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            before = _dotted(value)
            return f"{before}.{name}" if before else ""
        case ast.Subscript(value=value):
            return _dotted(value)
    return ""


def _is_ours(place: str) -> bool:
    return place.partition(".")[0] in _OURS
