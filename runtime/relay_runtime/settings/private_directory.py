"""The directory of what this user's processes show to each other: control sockets and ledgers."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from loguru import logger

from relay_runtime.settings import directories as of_user

__all__ = ["PlaceError", "own_directory", "private_directory"]


class PlaceError(Exception):
    """A control socket can't be made there; the text says why and what to do."""


def private_directory() -> Path:
    """Return the directory for the control sockets of this user's new processes; make it if need be.

    Raises:
        PlaceError: none can be had.
    """
    wanted = of_user.directories()
    for directory in wanted:
        with suppress(OSError):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if of_user.is_private(directory):
            return directory
    try:
        made = Path(tempfile.mkdtemp(prefix=f"relay-runtime-{os.getuid()}-", dir=of_user.SHARED))
    except OSError as error:
        raise PlaceError(
            f"no directory for control sockets can be made in {of_user.SHARED}: {error.strerror or error}; set "
            "XDG_RUNTIME_DIR to a directory that only you can open"
        ) from None
    logger.warning("{} is not a directory that only you can open: control sockets are in {}", wanted[0], made)
    return made


def own_directory(path: Path, wanted: str = "ledgers") -> Path:
    """Return a directory of the user's choice that nobody else can open; make it if need be.

    Args:
        path: the directory.
        wanted: what is to be in it, which names an example.

    Raises:
        ValueError: it can't be.
    """
    path = Path(os.path.realpath(path))
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"the directory {path} can't be made: {error.strerror}") from None
    if not of_user.is_private(path):
        raise ValueError(
            f"the directory {path} is not this user's alone; accepted is one of its own with mode 700, such as "
            f"{path / wanted}, which is made"
        )
    return path
