"""The phone as a person has it: a real process in a terminal, and in a pipe."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import gevent
import pyte
import pytest
from gevent import subprocess
from gevent.socket import wait_read
from running_process import LIMIT, clean_environ, relay_runtime, take_signals

from relay_runtime.process.process import ExitCode

pytestmark = pytest.mark.proof

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


def _in_the_foreground() -> None:
    """Have the terminal's keys send signals, and its end too."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    take_signals()


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
            preexec_fn=_in_the_foreground,
        )
        self._theirs = theirs

    def types(self, text: str) -> None:
        os.write(self._typed, text.encode())

    def types_until_it_ends(self, text: str) -> None:
        while self.process.poll() is None:
            self.types(text)
            gevent.sleep(0.2)

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
        try:
            code = self.process.wait(LIMIT)
        finally:
            reading.kill()
        assert code is not None, self.shown
        with suppress(OSError):  # nobody writes any more
            while select.select([self._typed], [], [], 0)[0]:
                self._stream.feed(os.read(self._typed, 65536))
        assert self.is_given_back
        return int(code)

    @property
    def is_given_back(self) -> bool:
        """Whether the terminal is as it was."""
        return termios.tcgetattr(self._typed) == self.before

    def _read_all(self) -> None:
        while True:
            self._read()

    def is_stopped(self) -> bool:
        return " T " in Path(f"/proc/{self.process.pid}/stat").read_text()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(LIMIT)
        for end in (self._typed, self._theirs):
            with suppress(OSError):
                os.close(end)

    def goes(self) -> None:
        """Be closed, as a window is in which a terminal is."""
        os.close(self._theirs)
        os.close(self._typed)


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


NOTING = """
class Noting(Menu):
    def run(self):
        try:
            super().run()
        finally:
            open("ended", "w").close()
"""
STUBBORN = """
import gevent
from relay_runtime import CallActor

class Stays(CallActor):
    def run(self):
        self.answer()
        gevent.sleep(3600)

class Spins(CallActor):
    def run(self):
        self.answer()
        print("here it spins")
        print("without end", end="", flush=True)
        open("spins", "w").close()
        while True:
            pass
"""


SPINNING = """
from relay_runtime.aio import RelayClient

client = RelayClient(contexts=["office"])

@client.on_call
async def serve(call):
    await call.answer()
    print("here it spins")
    print("without end", end="", flush=True)
    while True:
        pass
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back(app: Path, terminals: list[AtTheTerminal], number: signal.Signals) -> None:
    phone = AtTheTerminal(app, "app:Menu")
    terminals.append(phone)
    phone.sees("Version")
    phone.process.send_signal(number)
    assert phone.ends() == ExitCode.OK


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back_while_the_app_is_loaded(
    app: Path, terminals: list[AtTheTerminal], number: signal.Signals
) -> None:
    (app / "slow.py").write_text("import time\nprint('loading', flush=True)\ntime.sleep(3600)\n")
    phone = AtTheTerminal(app, "slow:App")
    terminals.append(phone)
    phone.sees("loading")
    phone.process.send_signal(number)
    assert phone.ends() == 130


def test_ctrl_c_typed_again_gives_the_terminal_back(app: Path, terminals: list[AtTheTerminal]) -> None:
    (app / "stubborn.py").write_text(STUBBORN)
    phone = AtTheTerminal(app, "stubborn:Stays")
    terminals.append(phone)
    phone.sees("app +answers")
    phone.types("\x03")
    phone.sees("phone +hangs up")
    phone.types("\x03")
    assert phone.ends() == ExitCode.AT_ONCE


def test_ctrl_c_ends_an_app_that_lets_nobody_else_run_and_shows_what_it_printed(
    app: Path, terminals: list[AtTheTerminal]
) -> None:
    (app / "stubborn.py").write_text(STUBBORN)
    phone = AtTheTerminal(app, "stubborn:Spins")
    terminals.append(phone)
    with gevent.Timeout(LIMIT):
        while not (app / "spins").exists():
            gevent.sleep(0.01)
    typing = gevent.spawn(phone.types_until_it_ends, "\x03")
    assert phone.ends() == ExitCode.AT_ONCE
    typing.kill()
    phone.sees("here it spins\nwithout end")


def test_ctrl_c_ends_a_loop_that_is_blocked_too(app: Path, terminals: list[AtTheTerminal]) -> None:
    (app / "spinning.py").write_text(SPINNING)
    phone = AtTheTerminal(app, "spinning.py:client", "--asyncio")
    terminals.append(phone)
    phone.sees("here it spins")
    typing = gevent.spawn(phone.types_until_it_ends, "\x03")
    assert phone.ends() == ExitCode.AT_ONCE
    typing.kill()
    phone.sees("without end")


def test_ctrl_z_gives_the_terminal_to_the_shell_until_it_goes_on(app: Path, terminals: list[AtTheTerminal]) -> None:
    phone = AtTheTerminal(app, "app:Menu")
    terminals.append(phone)
    phone.sees("Version one")
    phone.types("/sms he")
    phone.sees("> /sms he")
    phone.types("\x1a")
    with gevent.Timeout(LIMIT):
        while not phone.is_stopped():
            gevent.sleep(0.01)
    assert phone.is_given_back
    phone.process.send_signal(signal.SIGCONT)
    phone.types("llo\n")
    phone.sees("phone +texts 'hello'")
    assert not phone.is_given_back
    phone.types("\x04")
    assert phone.ends() == ExitCode.OK


def test_a_terminal_that_is_closed_ends_it_quietly(app: Path, terminals: list[AtTheTerminal]) -> None:
    (app / "noting.py").write_text(f"{APP}\n{NOTING}")
    phone = AtTheTerminal(app, "noting:Noting")
    terminals.append(phone)
    phone.sees("Version one")
    phone.goes()
    assert phone.process.wait(LIMIT) == ExitCode.OK
    assert (app / "ended").exists()


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
    assert "/dial calls again" not in phone.shown
    assert "SIGTERM" not in phone.shown
    phone.types("7")
    phone.sees("You pressed 7")
    phone.types("\x04")
    assert phone.ends() == ExitCode.OK


def test_one_ctrl_c_is_one_where_the_phone_ends_by_it_too(app: Path) -> None:
    with relay_runtime("phone", "app:Menu", "--reload", "--stays", "3600", cwd=app) as process:
        process.wait_for_line("Version one", "stdout")
        process.send(signal.SIGINT)
        assert process.exit_code() == ExitCode.OK, process.last_lines
        assert "again" not in process.stderr


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
