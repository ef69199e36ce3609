"""The phone as a person has it: a real process in a terminal, and in a pipe."""

from __future__ import annotations

import os
import pty
import re
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import gevent
import pyte
import pytest
from gevent import subprocess
from gevent.socket import wait_read
from running_process import LIMIT, clean_environ

from relay_runtime.process.process import ExitCode

pytestmark = pytest.mark.slow

APP = """
import threading
from relay_runtime import CallActor

VERSION = "one"

class Menu(CallActor):
    def run(self):
        print("the app prints this")
        self.answer()
        digits = self.prompt_tts(f"Version {VERSION}. Press a key.", {"digits": {"max": 1}, "initial_timeout": 60})
        self.play_tts(f"You pressed {digits.wait().digits}").wait()
"""
ASYNCIO = """
from relay_runtime.aio import RelayClient

client = RelayClient(contexts=["office"])

@client.on_call
async def serve(call):
    print("the loop prints this")
    await call.answer()
    playing = await call.play_tts("Hello from a loop.")
    await playing.wait()
    await call.hangup()
"""


class AtTheTerminal:
    """``relay-runtime phone`` in a terminal of 80 columns, as pyte draws it."""

    def __init__(self, path: Path, *arguments: str) -> None:
        self._typed, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 80))
        self.before = termios.tcgetattr(theirs)
        self._screen = pyte.HistoryScreen(80, 24, history=1000)
        self._stream = pyte.ByteStream(self._screen)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "relay_runtime", "phone", *arguments],
            cwd=path,
            env=clean_environ({"TERM": "xterm"}),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        self._theirs = theirs

    def types(self, text: str) -> None:
        os.write(self._typed, text.encode())

    def _read(self) -> None:
        wait_read(self._typed)
        self._stream.feed(os.read(self._typed, 65536))

    @property
    def shown(self) -> str:
        above = ["".join(row[column].data for column in range(80)) for row in self._screen.history.top]
        return "\n".join(line.rstrip() for line in [*above, *self._screen.display])

    def sees(self, pattern: str) -> None:
        with gevent.Timeout(LIMIT, False):
            while not re.search(pattern, self.shown):
                self._read()
            return
        raise AssertionError(f"the terminal does not show {pattern!r} but\n{self.shown}")

    def ends(self) -> int:
        reading = gevent.spawn(self._read_all)
        code = self.process.wait(LIMIT)
        reading.kill()
        assert code is not None, self.shown
        assert termios.tcgetattr(self._theirs) == self.before  # it is given back as it was
        return int(code)

    def _read_all(self) -> None:
        while True:
            self._read()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(LIMIT)
        os.close(self._typed)
        os.close(self._theirs)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "loop.py").write_text(ASYNCIO)
    return tmp_path


@pytest.fixture
def terminals() -> Iterator[list[AtTheTerminal]]:
    made: list[AtTheTerminal] = []
    yield made
    for each in made:
        each.close()


def test_a_call_in_a_terminal_and_another_and_the_terminal_is_given_back(
    app: Path, terminals: list[AtTheTerminal]
) -> None:
    phone = AtTheTerminal(app, "app:Menu", "--time-scale", "0.2")
    terminals.append(phone)
    phone.sees(r"app +Version one\. Press a key\.")
    phone.sees("the app prints this")
    phone.types("5")
    phone.sees("phone +presses 5")
    phone.sees("You pressed 5")
    phone.sees("/dial calls again, Ctrl-D ends\n>")
    phone.types("/dial\n")
    phone.sees("(?s)hangs up.*phone +dials office.*Version one")
    phone.types("\x04")
    assert phone.ends() == ExitCode.OK
    assert "phone    hangs up" in phone.shown


def test_ctrl_c_ends_it_in_the_middle_of_a_call(app: Path, terminals: list[AtTheTerminal]) -> None:
    phone = AtTheTerminal(app, "app:Menu")
    terminals.append(phone)
    phone.sees("Version")
    phone.process.send_signal(2)
    assert phone.ends() == ExitCode.OK


def test_an_app_of_asyncio_is_called_too(app: Path, terminals: list[AtTheTerminal]) -> None:
    phone = AtTheTerminal(app, "loop.py:client", "--asyncio", "--time-scale", "0.2")
    terminals.append(phone)
    phone.sees(r"Hello from a loop\.")
    phone.sees("the loop prints this")
    phone.sees("app +hangs up")
    phone.types("\x04")
    assert phone.ends() == ExitCode.OK


def test_an_app_that_changes_is_dialled_again(app: Path, terminals: list[AtTheTerminal]) -> None:
    phone = AtTheTerminal(app, "app:Menu", "--reload", "--time-scale", "0.2")
    terminals.append(phone)
    phone.sees("Version one")
    (app / "app.py").write_text(APP.replace('"one"', '"two"'))
    phone.sees("(?s)Version one.*phone +dials office.*Version two")
    phone.types("7")
    phone.sees("You pressed 7")
    phone.types("\x04")
    assert phone.ends() == ExitCode.OK


def test_in_a_pipe_the_lines_are_the_caller_and_stdout_the_transcript(app: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "relay_runtime", "phone", "app:Menu", "--time-scale", "0.1"],
        cwd=app,
        env=clean_environ(),
        input=b"/hears press a key\n3\n",
        capture_output=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == ExitCode.OK, done.stderr.decode()
    printed = done.stdout.decode()
    assert "\x1b" not in printed
    lines = [" ".join(line[11:].split()) for line in printed.splitlines() if re.match(r" +[\d.]+ s  ", line)]
    assert [line for line in lines if "cut off" not in line] == [
        "phone dials office",
        "app answers",
        "app 'Version one. Press a key.'",
        "phone presses 3",
        "app 'You pressed 3'",
        "app hangs up",
    ]
