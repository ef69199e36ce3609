"""Follows a page as a reader does: saves its files, types its commands, and compares what they print.

What a page is written in:

- A block whose first line is a comment with the name of a file (``# app.py``, ``# deploy/app.yaml``) is saved as that.
- In a ``console`` block, ``$ `` begins a command, a line that ends with a backslash goes on, and what follows is what
  it prints. ``…`` in a line stands for any text, ``…`` alone for any lines, none too; ids, times and ports may be
  others than the page shows (``alike.py``).
- ``^C`` alone presses Ctrl-C, once the lines above it were printed.
- A block whose last line is ``…`` leaves its last command running if it does not end by itself; the next ``console``
  block is another terminal, and one that begins with ``^C``, or with what is printed, goes back to the last such one.
- What stands between a line ``<!-- typed`` and one ``-->`` is typed like a ``console`` block: what the page takes for
  granted.
- A command that fails must show by what it prints that it does; where nothing is shown, or the end is left to ``…``,
  its exit code has to be 0.
- After ``<!-- not typed: REASON -->`` a block is left out. ``cd`` and ``export`` last for the page.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from alike import Known
from running_process import clean_environ

__all__ = [
    "Block",
    "Reader",
    "block_with",
    "blocks",
    "free_ports",
    "matches",
    "page_with_ports",
    "prose_of",
    "typed_on",
    "with_ports",
]

LIMIT: Final = 180.0
"""Seconds that a command has; no verdict depends on it."""

GRACE: Final = 1.0
"""Seconds that a command has to end when it has printed all that the page shows."""

_BLOCK: Final = re.compile(
    r"(<!-- not typed: .+? -->\n+)?^( *)(?:```(\w*)\n(.*?)^\2```$|<!-- typed\n(.*?)^-->$)", re.DOTALL | re.MULTILINE
)
_PORT: Final = re.compile(r"(?<=127\.0\.0\.1:)\d{4,5}\b")
_PRINTED_PORT: Final = re.compile(rf"{_PORT.pattern}|(?<=\sport )\d{{4,5}}\b")
_COMMAND: Final = re.compile(r"^\$ .*(?:\n  .*)*", re.MULTILINE)
_FILE: Final = re.compile(r"(?:#|//|<!--) ([\w./-]*\w\.\w+|[\w./-]*(?:Containerfile|Dockerfile|Makefile))(?: -->)?\n")


@dataclass(frozen=True)
class Block:
    """A block of a page: its language, its text, and the file that it is, or an empty name."""

    language: str
    text: str
    file: str


def blocks(page: str) -> Iterator[Block]:
    """Yield what a reader saves and types, in order."""
    for block in _BLOCK.finditer(page):
        if not block[1]:
            language, text = ("console", block[5]) if block[5] else (block[3], textwrap.dedent(block[4]))
            file = _FILE.match(text) if language != "console" else None
            yield Block(language, text, file[1] if file else "")


def block_with(page: str, words: str) -> str:
    """Return the text of the one block of a page that has these words."""
    (found,) = [block.text for block in blocks(page) if words in block.text]
    return found


def typed_on(page: str) -> str:
    """Return all commands of a page, without what they print."""
    shown = "".join(block.text for block in blocks(page) if block.language == "console")
    return "\n".join(_COMMAND.findall(shown))


def prose_of(page: str) -> str:
    """Return a page without its blocks."""
    return re.sub(r"^ *```.*?^ *```", "", page, flags=re.MULTILINE | re.DOTALL)


def free_ports(page: str) -> dict[str, str]:
    """Return a free port for each that a page's commands name, for others may use these here."""
    named = set(_PORT.findall(typed_on(page)))
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in named]
        return {port: str(server.getsockname()[1]) for port, server in zip(named, taken, strict=True)}


def with_ports(text: str, ports: dict[str, str]) -> str:
    """Return a text with other ports."""
    return re.sub(r"\b\d{4,5}\b", lambda port: ports.get(port[0], port[0]), text)


def page_with_ports(page: str, ports: dict[str, str]) -> str:
    """Return a page with other ports in its files and commands, and in what these print of addresses."""
    page = _BLOCK.sub(
        lambda block: block[0] if block[5] or block[3] == "console" else with_ports(block[0], ports), page
    )
    return _PRINTED_PORT.sub(
        lambda port: ports.get(port[0], port[0]), _COMMAND.sub(lambda typed: with_ports(typed[0], ports), page)
    )


def matches(shown: str, printed: str) -> bool:
    """Tell whether a page shows what was printed, spaces at the ends of lines and what differs each time aside."""
    return Known().matches(shown, printed)


class _Running:
    """A command that was typed; what it prints goes to a file, which is read as it grows."""

    def __init__(self, command: str, reader: Reader, number: int) -> None:
        self.command = command
        self._known = reader.known
        self._output = reader.home / f".printed-{number}"
        self._state = reader.home / f".state-{number}"
        script = f"(exit {reader.code})\n{command}\ncode=$?\n{{ pwd; env -0; }} > '{self._state}'\nexit $code"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                ["bash", "-c", script],
                cwd=reader.folder,
                env=reader.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def printed(self) -> str:
        return self._output.read_text(encoding="utf-8", errors="replace")

    @property
    def code(self) -> int:
        return self._process.wait()

    @property
    def killed(self) -> bool:
        return self._process.poll() == 128 + signal.SIGKILL

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def wait(self, shown: str | None = None) -> bool:
        """Wait until it ended or, if a text is given, has printed that; return whether it did."""
        give_up = time.monotonic() + LIMIT
        while not self.ended and not (shown is not None and self._shows(shown)):
            if time.monotonic() > give_up:
                return False
            time.sleep(0.02)
        return True

    def _shows(self, shown: str) -> bool:
        printed = self.printed  # a last line that is not over may be half of one
        return printed[-1:] in {"", "\n"} and self._known.matches(shown, printed)

    def goes_on(self) -> bool:
        """Tell whether it runs on; one that is only about to end has a moment for it."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        return not self.ended

    def press_ctrl_c(self) -> None:
        os.killpg(self._process.pid, signal.SIGINT)

    def kill(self) -> None:
        if not self.ended:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def state(self) -> tuple[Path, dict[str, str]] | None:
        """Return the folder and the environment that it left behind, or None if it was interrupted."""
        if not self._state.exists():
            return None
        folder, _, environ = self._state.read_text(encoding="utf-8").partition("\n")
        pairs = (each.split("=", 1) for each in environ.split("\0") if "=" in each)
        return Path(folder), {name: value for name, value in pairs if name not in {"SHLVL", "_", "PWD", "OLDPWD"}}


@dataclass
class Reader:
    """Somebody who follows a page, with a home that is empty at first, and a folder of their own for control sockets.

    They have the commands of this environment, and no settings of ours. ``mistakes`` has what came out otherwise than
    the page says.
    """

    home: Path
    environ: dict[str, str] = field(default_factory=clean_environ)
    mistakes: list[str] = field(default_factory=list)
    typed: int = 0
    code: int = 0
    known: Known = field(default_factory=Known)

    def __post_init__(self) -> None:
        self.folder = self.home
        self._runtime = tempfile.mkdtemp(prefix="reader-")  # not in the home: the path of a socket must be short
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        own = {"HOME": str(self.home), "COLUMNS": "100", "PATH": path, "XDG_RUNTIME_DIR": self._runtime}
        self.environ = {**self.environ, **own}
        self._others: list[tuple[_Running, str]] = []  # commands that run in other terminals, with what they have shown

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for other, shown in self._others:
            if not other.ended:
                other.kill()
                self.mistakes.append(f"still runs at the end of the page: {other.command}")
            elif not other.killed:
                self._compare(other, shown)
        shutil.rmtree(self._runtime)

    def follow(self, page: str) -> None:
        """Save the files of a page, and type its commands."""
        for block in blocks(page):
            if block.file:
                path = (self.folder / block.file).resolve()
                assert path.is_relative_to(self.home.resolve()), block.file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
            elif block.language == "console":
                self._type(block.text)

    def _type(self, text: str) -> None:
        before, *commands = re.split(r"^\$ ", text, flags=re.MULTILINE)
        if before.strip():
            self._go_back(before)
        for number, each in enumerate(commands):
            command = re.match(r"(?:.*\\\n)*.*\n", each)
            assert command is not None
            self._command(command[0].rstrip("\n"), each[command.end() :], last=number == len(commands) - 1)

    def _go_back(self, text: str) -> None:
        """Look at what the last command that was left running prints further on, or press Ctrl-C there."""
        found = self._of(text)
        if found is None:
            self.mistakes.append(f"nothing runs that this could be of:\n{text}")
            return
        running, shown = found
        above, pressed, below = text.partition("^C\n")
        if pressed:
            self._press_ctrl_c(running, shown + above, below)
        elif running.wait(shown + text) and running.goes_on():
            self._others.append((running, shown + text))
        else:
            self._end(running, shown + text)

    def _of(self, text: str) -> tuple[_Running, str] | None:
        """Take the last command that was left running which a text may be of: not one that has ended without it."""
        while self._others:
            running, shown = self._others.pop()
            if not running.ended or (self.known.matches(shown + text, running.printed) and text[:2] != "^C"):
                return running, shown
            if not running.killed and not self.known.matches(shown, running.printed):
                self._compare(running, shown)
        return None

    def _command(self, command: str, shown: str, *, last: bool) -> None:
        self.typed += 1
        command = self.known.command(command)
        running = _Running(command, self, self.typed)
        above, pressed, below = shown.partition("^C\n")
        if pressed:
            self._press_ctrl_c(running, above, below)
        elif last and re.search(r"^…\n\Z", shown, re.MULTILINE) and running.wait(shown) and running.goes_on():
            self.known.matches(shown, running.printed, learn=True)
            self._others.append((running, shown))
        else:
            self._end(running, shown)

    def _end(self, running: _Running, shown: str) -> None:
        """Wait until a command has ended by itself, and compare all that it printed."""
        if not running.wait():
            self.mistakes.append(f"did not end: {running.command}")
            running.kill()
        self._compare(running, shown)

    def _press_ctrl_c(self, running: _Running, above: str, below: str) -> None:
        """Press Ctrl-C where the page has it, once what stands above was printed, and compare the whole."""
        if not running.wait(f"{above}…\n"):
            self.mistakes.append(f"never printed what is above ^C: {running.command}")
        if running.goes_on():
            running.press_ctrl_c()
        else:
            self.mistakes.append(f"has ended before ^C: {running.command}")
        if not running.wait():
            running.kill()
        self._compare(running, above + below, pressed=True)

    def _compare(self, running: _Running, shown: str, *, pressed: bool = False) -> None:
        if not self.known.matches(shown, running.printed, learn=True):
            self.mistakes.append(f"$ {running.command}\n{running.printed}\n-- and not, as the page has it --\n{shown}")
        self.code = max(running.code, 0)
        if self.code and not pressed and not running.killed and (not shown.strip() or shown.endswith("…\n")):
            self.mistakes.append(f"failed with the exit code {self.code}: {running.command}\n{running.printed}")
        left = running.state()
        if left is not None:
            self.folder, self.environ = left[0], {**left[1], "HOME": str(self.home)}
