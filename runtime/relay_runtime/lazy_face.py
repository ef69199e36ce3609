"""The names of a package that are loaded when they are first used, so that importing it loads nothing."""

from __future__ import annotations

TYPE_CHECKING = False  # as checkers know the name: `typing` is one of the things that are not loaded
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

__all__ = ["loader"]


def loader(package: str, homes: Mapping[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package: it loads a public name from the module it lives in, once.

    Args:
        package: its name.
        homes: from a module of the package to the names that live there.
    """
    home = {name: module for module, names in homes.items() for name in names}

    def load(name: str) -> Any:
        import sys  # noqa: PLC0415 - as above
        from importlib import import_module  # noqa: PLC0415 - as above

        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{home[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return load
