"""``relay-runtime new``: a small project that runs, and whose test passes."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from relay_runtime.cli.console import print_line
from relay_runtime.cli.failure import Failure
from relay_runtime.process.process import ExitCode
from relay_runtime.starter.project import project_files, write_project

__all__ = ["new"]


def new(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The folder to make; one that is there must be empty.")],
    asyncio: Annotated[bool, typer.Option("--asyncio", help="The app is a client of relay_runtime.aio.")] = False,
) -> ExitCode:
    """Write a small project that runs: an app, its test, settings, a README. Nothing is overwritten.

    Example: relay-runtime new hello
    """
    folder = _folder(name)
    contents = project_files(asyncio=asyncio)
    try:
        write_project(folder, contents)
    except ValueError as error:
        raise Failure(ExitCode.BAD_CONFIG, str(error)) from None
    for each in contents:
        print_line(f"made {folder / each}")
    print_line("next:")
    for command in _next(folder, asyncio=asyncio):
        print_line(f"  {command}")
    return ExitCode.OK


def _folder(name: str) -> Path:
    """Return the folder that a name stands for.

    Raises:
        Failure: nobody could type it, or test what is in it.
    """
    folder = Path(name)
    wrong = _wrong(name, folder)
    if wrong:
        shown = name if len(name) < 40 else f"{name[:40]}…"
        raise Failure(ExitCode.USAGE, f"NAME is {shown!r}: {wrong}")
    return folder


def _wrong(name: str, folder: Path) -> str:
    """Return what is wrong with a name, or an empty text."""
    if any("\ud800" <= each <= "\udfff" for each in name):  # a byte that could not be decoded
        encoding = sys.getfilesystemencoding()
        return f"that is no text in {encoding}, the encoding of this locale; use other letters, or another locale"
    last = folder.name
    dash = last.startswith("-") or str(folder).startswith("-")  # as it is shown to be typed: without ./ in front
    if not name or dash or last != last.strip() or not name.isprintable():
        return (
            "accepted is the folder to make, such as hello, with no space at its ends, no - in front and nothing "
            "invisible"
        )
    try:
        path = str(folder.absolute())
    except OSError:  # the current directory is gone; making the folder will say so
        return ""
    if "[" in path or "::" in path:
        return (
            f"the project would be in {path!r}, and pytest can't take a path with [ or ::; give another name or place"
        )
    return ""


def _next(folder: Path, *, asyncio: bool) -> list[str]:
    """Return what to type next."""
    return [
        *([] if folder == Path() else [f"cd {quote(str(folder))}"]),
        f"relay-runtime phone {'--asyncio app:client' if asyncio else 'app:App'}",
        *([] if find_spec("pytest") else ["pip install -r requirements.txt"]),
        "pytest",
    ]
