"""``relay-runtime phone``, in this process: what is typed comes from a pipe."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.process.process import ExitCode

APP = """
from threading import Thread
import gevent
from relay_runtime import CallActor, RelayClient

class Menu(CallActor):
    def run(self):
        self.answer()
        digits = self.prompt_tts("Press one.", {"digits": {"max": 1}, "initial_timeout": 30}).wait().digits
        self.play_tts(f"You pressed {digits}").wait()

class Crashing(CallActor):
    def run(self):
        self.answer()
        raise LookupError("no such department")

client = RelayClient(contexts=["sales"])

def crash(place):
    raise LookupError(place)

aside = RelayClient(contexts=["sales"])

@aside.on_message
def read(message):
    crash("in a message")

@aside.on_call
def crash_everywhere(call):
    call.answer()
    gevent.spawn(crash, "aside")
    thread = Thread(target=crash, args=["in a thread"])
    thread.start()
    thread.join()
    gevent.sleep(0.2)
    crash("in a call")

@client.on_call
def serve(call):
    call.answer()
    call.play_tts("Sales.").wait()
"""

pytestmark = pytest.mark.slow  # a process with a sandbox, on sockets


class Pipe:
    """What stdin is, for commands of this process."""

    def __init__(self) -> None:
        self._before = os.dup(0)
        self._file = Path("typed")

    def __call__(self, *lines: str) -> None:
        self._file.write_text("".join(f"{line}\n" for line in lines))
        with self._file.open() as file:
            os.dup2(file.fileno(), 0)

    def close(self) -> None:
        os.dup2(self._before, 0)
        os.close(self._before)


@pytest.fixture
def typed(here: Path) -> Iterator[Pipe]:
    (here / "menu.py").write_text(APP)
    pipe = Pipe()
    yield pipe
    pipe.close()


def phone(*arguments: str) -> int:
    return run(["phone", "--time-scale", "0.05", *arguments])


def told(output: Output) -> list[str]:
    return [" ".join(line[11:].split()) for line in output()[0].splitlines()]


def test_a_call_of_an_app_by_what_is_typed(typed: Pipe, output: Output) -> None:
    typed("/hears press", "1")
    assert phone("menu:Menu") == ExitCode.OK
    lines = told(output)
    assert [line for line in lines if "cut off" not in line] == [
        "phone dials office",
        "app answers",
        "app 'Press one.'",
        "phone presses 1",
        "app 'You pressed 1'",
        "app hangs up",
    ]


def test_the_context_is_the_app_s_own_or_the_one_that_is_named(typed: Pipe, output: Output) -> None:
    typed()
    assert phone("menu:client") == ExitCode.OK
    assert told(output)[:3] == ["phone dials sales", "app answers", "app 'Sales.'"]
    typed("/hangup")
    assert phone("menu:Menu", "--context", "desk") == ExitCode.OK
    assert told(output)[0] == "phone dials desk"


def test_an_app_that_crashes_ends_it_with_1_and_shows_where(typed: Pipe, output: Output) -> None:
    typed()
    assert phone("menu:Crashing") == ExitCode.FAILED
    printed = output()[0]
    assert "LookupError: no such department" in printed
    assert "menu.py" in printed
    assert "hangs up: error" in printed


def test_a_crash_is_told_once_with_the_app_s_own_lines_wherever_it_happens(typed: Pipe, output: Output) -> None:
    typed("/sms hello")
    assert phone("menu:aside") == ExitCode.FAILED
    printed, logged = output()
    assert logged == ""
    for place in ("in a call", "in a message", "aside", "in a thread"):
        assert printed.count(f"LookupError: {place}\n") == 1
    assert printed.count("Traceback") == 4
    assert set(re.findall(r'File ".*/(.*)", line', printed)) == {"menu.py"}


def test_what_can_not_be_done_ends_it_with_9_and_what_is_no_command_with_2(typed: Pipe, output: Output) -> None:
    typed("/line 4")
    assert phone("menu:Menu", "--no-dial") == ExitCode.NEGATIVE
    assert "'/line 4': there is no call on line 4; /dial calls the app" in output()[1]
    typed("/sy hello")
    assert phone("menu:Menu") == ExitCode.USAGE
    assert "there is no /sy: is it /say?" in output()[1]


def test_who_does_not_dial_waits_for_what_is_typed(typed: Pipe, output: Output) -> None:
    typed("/dial", "/hears press", "/hangup")
    assert phone("menu:Menu", "--no-dial", "--number", "+15550107777") == ExitCode.OK
    assert told(output)[-1] == "phone hangs up"


def test_an_app_that_is_not_there_is_told_as_by_start(typed: Pipe, output: Output) -> None:
    typed()
    assert phone("nowhere:App") == ExitCode.BAD_APP
    assert "there is no module 'nowhere'" in output()[1]
    assert run(["phone"]) == ExitCode.USAGE
    assert "say what serves the calls: relay-runtime phone MODULE:CLASS" in output()[1]


@pytest.mark.parametrize("flag", ["--number", "--to"])
def test_a_number_is_not_empty(typed: Pipe, output: Output, flag: str) -> None:
    assert phone("menu:Menu", flag, " ") == ExitCode.USAGE
    assert output()[1] == f"relay-runtime: {flag} is ' ': accepted is a number, such as +15550100001\n"


def test_a_closed_input_says_nothing_and_a_closed_output_shows_nothing(
    typed: Pipe, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed("/sy this is not read")
    monkeypatch.setattr("sys.stdin", None)
    assert phone("menu:Menu") == ExitCode.OK
    assert told(output)[-1] == "app hangs up"
    monkeypatch.setattr("sys.stdout", None)
    assert phone("menu:Menu") == ExitCode.OK
