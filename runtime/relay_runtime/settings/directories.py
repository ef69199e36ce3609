"""The directories of this user's control sockets. It loads nothing but the standard library: a shell waits for it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["LONGEST", "SHARED", "directories", "is_private", "sockets_in"]

SHARED: Final = Path("/tmp")  # noqa: S108 - what is there is used only if it is this user's own and private
LONGEST: Final = 100
"""Bytes of a path that every system takes for a socket (Linux: 107, macOS: 103)."""
_LONGEST_RUNTIME: Final = LONGEST - len("/relay-runtime/4194304.workers/99999.sock")
"""Bytes of a directory in which there is room for ours, the largest process id and a worker."""
_NAME: Final = re.compile(r"(\d+)\.sock")


def directories() -> tuple[Path, ...]:
    """Return where this user's control sockets may be, what is preferred first; they need not exist."""
    shared = SHARED / f"relay-runtime-{os.getuid()}"
    # Others may take that name before; what is behind the second dash they can't know.
    places = (shared, *sorted(path for path in SHARED.glob(f"{shared.name}-*") if is_private(path)))
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if not runtime or len(os.fsencode(runtime)) > _LONGEST_RUNTIME:
        return places
    own = Path(runtime) / "relay-runtime"
    if is_private(own):
        return (own,)
    return places if os.path.lexists(own) else (own, *places)


def is_private(directory: Path) -> bool:
    """Return whether a directory is this user's own, and nobody else can open it."""
    try:
        found = os.lstat(directory)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077


def sockets_in(directory: Path) -> Iterator[tuple[int, Path]]:
    """Give the control sockets of a directory, each with the process that made it, whether or not that still runs."""
    for path in sorted(directory.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match:
            yield int(match[1]), path
