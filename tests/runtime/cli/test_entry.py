"""The entry of the command line: which commands there are, and what becomes of a failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.process.process import ExitCode
from relay_runtime.version import VERSION

COMMANDS = (
    "start",
    "config",
    "sandbox",
    "dial",
    "send-message",
    "listen",
    "doctor",
    "ps",
    "top",
    "call",
    "trace",
    "hangup",
    "drain",
)


def test_the_version_is_printed(output: Output) -> None:
    assert run(["--version"]) == ExitCode.OK
    assert output()[0] == f"relay-runtime {VERSION}\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full")
@pytest.mark.parametrize("arguments", [["--version"], ["--help"], [], ["new", "--help"], ["new", "hello"]])
def test_a_disk_that_is_full_is_one_line(
    here: Path, arguments: list[str], output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert run(arguments) == ExitCode.FAILED
        full.flush()  # as Python does at its end
    assert output() == ("", "relay-runtime: stdout can't be written: No space left on device\n")
    assert (here / "hello" / "app.py").exists() is ("hello" in arguments)


@pytest.mark.slow
def test_without_a_command_the_commands_are_listed(output: Output) -> None:
    assert run([]) == ExitCode.OK
    listed = output()[0]
    assert all(command in listed for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, output: Output) -> None:
    assert run([command, "--help"]) == ExitCode.OK
    assert f"Example: relay-runtime {command}" in output()[0]


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["strat"], ExitCode.USAGE, "start"),
        (["listen", "-c", "office"], ExitCode.BAD_CONFIG, "missing credentials"),
        (["dial", "+15550100001"], ExitCode.USAGE, "--from"),
    ],
)
def test_a_mistake_is_one_line_that_helps_and_an_exit_code(
    arguments: list[str], code: ExitCode, text: str, output: Output
) -> None:
    assert run(arguments) == code
    out, err = output()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("relay-runtime: ")
    assert text in line


def test_a_defect_of_ours_is_told_with_a_traceback_and_a_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, output: Output
) -> None:
    monkeypatch.setattr("relay_runtime.cli.configuring.merge", lambda *_: 1 / 0)
    assert run(["config"]) == ExitCode.FAILED
    err = output()[1]
    assert "this is a defect" in err
    assert "ZeroDivisionError" in err
