"""The files of a project to begin with, and a folder to which they are written: all of them, or none.

A file of ``templates`` is written as it is: the name of the project is that of its folder, and stands nowhere else.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from importlib.resources import files
from pathlib import Path
from shlex import quote
from typing import Final

__all__ = ["PRIVATE", "project_files", "write_project"]

PRIVATE: Final = "settings.env"
"""The file that will hold credentials: its owner's alone."""
_EXAMPLE: Final = "settings.example.env"
_NOT_ALLOWED: Final = (errno.EACCES, errno.EPERM, errno.EROFS)


def project_files(*, asyncio: bool) -> Mapping[str, bytes]:
    """Return what is in the files of a project, by their names, in order.

    Args:
        asyncio: whether the app is a client of `relay_runtime.aio`; otherwise it is a class.
    """
    templates = files("relay_runtime.starter") / "templates"
    found = {
        each.name: each.read_bytes()
        for kind in ("common", "asyncio-client" if asyncio else "call-actor")
        for each in (templates / kind).iterdir()
        if each.is_file()
    }
    found[PRIVATE] = found[_EXAMPLE]
    return dict(sorted(found.items()))


def write_project(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files to a folder, which is made unless it is there. Overwrites nothing; what fails leaves nothing behind.

    Args:
        folder: where to; there may be hidden files, as those of git, if they are none of these.
        contents: what is in each file, by its name.

    Raises:
        ValueError: it can't be done; the message says why and what to do.
    """
    _check(folder, contents)
    place = folder
    with ExitStack() as undo:
        try:
            if not folder.is_dir():
                folder.mkdir()
                undo.callback(_remove, folder)
            for name, content in contents.items():
                place = folder / name
                descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if name == PRIVATE else 0o666)
                undo.callback(_remove, place)
                with open(descriptor, "wb") as file:
                    file.write(content)
        except OSError as error:
            raise ValueError(_why(place, error)) from None
        undo.pop_all()


def _check(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Do nothing if a folder may be there, with what is in it.

    Raises:
        ValueError: it may not.
    """
    try:
        there = {path.name for path in folder.iterdir()}
    except FileNotFoundError:
        nowhere = next((each for each in (folder, *folder.parents) if each.is_symlink() and not each.exists()), None)
        if nowhere is not None:
            raise ValueError(f"{nowhere} is a link that leads nowhere; give another name, or remove it first") from None
        if not folder.parent.exists():
            first = quote(str(folder.parent))
            raise ValueError(
                f"there is no {folder.parent} to make {folder.name} in; first type: mkdir -p {first}"
            ) from None
        return
    except NotADirectoryError:
        file = next(each for each in (folder, *folder.parents) if each.exists())
        raise ValueError(f"{file} is there and is no folder; give another name, or move it away first") from None
    except OSError as error:
        raise ValueError(_why(folder, error)) from None
    taken = sorted(name for name in there if name in contents or not name.startswith("."))
    if taken:
        raise ValueError(
            f"{folder} is not empty: it has {_listed(taken)}; nothing was written: name a folder that is new or empty"
        )


def _listed(names: list[str]) -> str:
    return ", ".join([*names[:3], *(["…"] if len(names) > 3 else [])])


def _why(path: Path, error: OSError) -> str:
    if error.errno == errno.ENAMETOOLONG:
        return f"{str(path)[:40]}… is too long for a name here; give a shorter one"
    remedy = "name a place where you may write" if error.errno in _NOT_ALLOWED else "nothing is left of what was begun"
    return f"{path} can't be made: {error.strerror or type(error).__name__}; {remedy}"


def _remove(path: Path) -> None:
    with suppress(OSError):  # somebody else has put something there, or has removed it
        path.rmdir() if path.is_dir() else path.unlink()
