"""Follows a page as a reader does: saves its files, types its commands, and compares what they print.

What a page is written in:

- A block whose first line is a comment with the name of a file (``# app.py``, ``# deploy/app.yaml``) is saved as that.
- In a ``console`` block, ``$ `` begins a command, a line that ends with a backslash goes on, and what follows is what
  it prints. ``…`` in a line stands for any text, ``…`` alone for any lines, none too.
- ``^C`` alone presses Ctrl-C, once the lines above it were printed.
- A block whose last line is ``…`` leaves its last command running if it does not end by itself; the next ``console``
  block is another terminal, and one that begins with ``^C`` goes back to the first. So does one that begins with what
  is printed there meanwhile, to the command's end, or again up to a last ``…`` or a ``^C``.
- After ``<!-- not typed: REASON -->`` a block is left out. ``cd`` and ``export`` last for the page.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

__all__ = ["Block", "Reader", "blocks", "matches"]

LIMIT: Final = 60.0
"""Seconds that a command has; no verdict depends on it."""

_BLOCK: Final = re.compile(r"(<!-- not typed: .+? -->\n+)?^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
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
            file = _FILE.match(block[3]) if block[2] != "console" else None
            yield Block(block[2], block[3], file[1] if file else "")


def matches(shown: str, printed: str) -> bool:
    """Tell whether a page shows what was printed, spaces at the ends of lines aside."""
    lines = [line.rstrip() for line in shown.strip("\n").splitlines()]
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…" else ".*".join(re.escape(part) for part in line.split("…")) + r" *\n"
        for line in lines
    )
    return re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in printed.strip("\n").splitlines())) is not None


class _Running:
    """A command that was typed; what it prints goes to a file, which is read as it grows."""

    def __init__(self, command: str, reader: Reader, number: int) -> None:
        self.command = command
        self._output = reader.home / f".printed-{number}"
        self._state = reader.home / f".state-{number}"
        script = f"{command}\ncode=$?\n{{ pwd; env -0; }} > '{self._state}'\nexit $code"
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
        return printed[-1:] in {"", "\n"} and matches(shown, printed)

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

    ``mistakes`` has what came out otherwise than the page says.
    """

    home: Path
    environ: dict[str, str]
    mistakes: list[str] = field(default_factory=list)
    typed: int = 0

    def __post_init__(self) -> None:
        self.folder = self.home
        self._runtime = tempfile.mkdtemp(prefix="reader-")  # not in the home: the path of a socket must be short
        own = {"HOME": str(self.home), "COLUMNS": "100", "XDG_RUNTIME_DIR": self._runtime}
        self.environ = {**self.environ, **own}
        self._others: list[tuple[_Running, str]] = []  # commands that run in other terminals, with what they have shown

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for other, _shown in self._others:
            other.kill()
            self.mistakes.append(f"still runs at the end of the page: {other.command}")
        shutil.rmtree(self._runtime)

    def follow(self, page: str) -> None:
        """Save the files of a page, and type its commands."""
        for block in blocks(page):
            if block.file:
                path = self.folder / block.file
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

    def _go_back(self, more: str) -> None:
        """Go back to the terminal that was left last, and see what is printed there now."""
        if not self._others:
            self.mistakes.append(f"nothing runs in another terminal that could print: {more}")
            return
        running, shown = self._others.pop()
        above, pressed, below = more.partition("^C\n")
        if pressed:
            self._press_ctrl_c(running, shown + above, below)
        elif more.endswith("…\n") and running.wait(shown + more) and not running.ended:
            self._others.append((running, shown + more))
        else:
            self._end(running, shown + more)

    def _command(self, command: str, shown: str, *, last: bool) -> None:
        self.typed += 1
        running = _Running(command, self, self.typed)
        above, pressed, below = shown.partition("^C\n")
        if pressed:
            self._press_ctrl_c(running, above, below)
        elif last and shown.endswith("…\n") and running.wait(shown) and not running.ended:
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
        running.press_ctrl_c()
        if not running.wait():
            running.kill()
        self._compare(running, above + below)

    def _compare(self, running: _Running, shown: str) -> None:
        if not matches(shown, running.printed):
            self.mistakes.append(f"$ {running.command}\n{running.printed}\n-- and not, as the page has it --\n{shown}")
        left = running.state()
        if left is not None:
            self.folder, self.environ = left[0], {**left[1], "HOME": str(self.home)}
