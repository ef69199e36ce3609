"""While ``relay-runtime start`` imports an app, no client connects: the process serves the app once it is loaded.

A client that served from inside the import would do so without probes and without a drain.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["importing", "refuse_in_import"]

_IMPORTED: Final[list[str]] = []
"""The apps that are being imported."""
_AS_A_PROGRAM: Final = 'if __name__ == "__main__": '


@contextmanager
def importing(app: str) -> Iterator[None]:
    """Give a context in which no client may connect, whatever thread or greenlet tries.

    Args:
        app: how the app is named.
    """
    _IMPORTED.append(app)
    try:
        yield
    finally:
        _IMPORTED.remove(app)


def refuse_in_import(what: str, instead: str = "") -> None:
    """Do nothing, unless an app is being imported.

    Args:
        what: the call that is refused, such as ``client.run()``.
        instead: what to write in its place; default the call itself, for when the file is run as a program.

    Raises:
        RuntimeError: one is.
    """
    if _IMPORTED:
        raise RuntimeError(
            f"{what} was called while relay-runtime start imports {_IMPORTED[-1]}, which it connects and serves "
            f"itself; write: {instead or _AS_A_PROGRAM + what}"
        )
