"""Writing results to stdout."""

from __future__ import annotations

import errno
import json
import os
import shlex
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from doubles.narrow import Narrow
from doubles.output import Output
from rich.table import Table

from relay_runtime.cli.console import (
    check_written,
    escape_what_does_not_fit,
    place_call_with,
    print_json,
    print_line,
    print_rich,
)
from relay_runtime.cli.failure import Failure
from relay_runtime.process.process import ExitCode


def test_a_value_is_one_line_of_json(output: Output) -> None:
    assert print_json({"text": "two\nlines", "numbers": (1, 2)})
    (line,) = output()[0].splitlines()
    assert msgspec.json.decode(line) == {"text": "two\nlines", "numbers": [1, 2]}


def test_a_reader_who_has_gone_is_told_and_never_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        monkeypatch.setattr("sys.stdout", nobody)
        assert not print_line("hello")
        assert print_line("to nowhere")  # what Python flushes at the end complains no more


FULL = Path("/dev/full")
WHY = "^stdout can't be written: No space left on device$"


@pytest.mark.skipif(not FULL.exists(), reason="a disk that is always full")
@pytest.mark.parametrize("printed", [print_line, print_json, print_rich])
def test_a_disk_that_is_full_ends_the_command(
    printed: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with FULL.open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        with pytest.raises(Failure, match=WHY) as raised:
            printed("hello")
        assert raised.value.code == ExitCode.FAILED
        assert print_line("to nowhere")  # what Python flushes at the end complains no more


@pytest.mark.skipif(not FULL.exists(), reason="a disk that is always full")
def test_what_others_could_not_write_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with FULL.open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        with pytest.raises(OSError, match="No space") as raised:
            full.write("x" * 100_000)  # of which nothing is kept
        with pytest.raises(Failure, match=WHY):
            check_written(raised.value)


def test_an_error_of_another_file_is_none_of_stdout(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    check_written(OSError(errno.ENOSPC, "of another file"))
    check_written(FileNotFoundError(errno.ENOENT, "no such file"))
    monkeypatch.setattr("sys.stdout", None)
    check_written(OSError(errno.ENOSPC, "of another file"))
    assert output()[1] == ""


def test_a_table_that_goes_to_a_file_is_not_cut_off(output: Output) -> None:
    table = Table("first", "second", box=None)
    table.add_row("x" * 70, "y" * 70)
    print_rich(table)
    assert any("x" * 70 in line and "y" * 70 in line for line in output()[0].splitlines())


NASTY = "a\x1b[2J\x9b1m\u202e[red]b[/red]:smile:\nforged"
SHOWN = r"a\x1b[2J\x9b1m\u202e[red]b[/red]:smile:\nforged"


def test_a_line_is_one_line_and_controls_nothing(output: Output) -> None:
    assert print_line(NASTY)
    assert output()[0] == f"{SHOWN}\n"


def test_json_controls_nothing_and_means_what_it_was(output: Output) -> None:
    assert print_json({"text": NASTY})
    (line,) = output()[0].splitlines()
    assert not {"\x1b", "\x9b", "\u202e"} & set(line)
    assert msgspec.json.decode(line) == {"text": NASTY}


def test_a_table_takes_nothing_for_markup(output: Output) -> None:
    table = Table("text", box=None)
    table.add_row("[red]b[/red]:smile:")
    print_rich(table)
    assert "[red]b[/red]:smile:" in output()[0]


def test_a_call_is_placed_by_a_command_that_a_shell_understands() -> None:
    curl, *arguments = shlex.split(place_call_with("http://127.0.0.1:1", "office"))
    assert (curl, arguments[:2]) == ("curl", ["-s", "http://127.0.0.1:1/calls"])
    assert msgspec.json.decode(arguments[-1])["context"] == "office"


def test_a_shell_takes_the_brackets_of_an_ipv6_address_as_they_are() -> None:
    command = place_call_with("http://[::1]:8091", "office")
    assert "'http://[::1]:8091/calls'" in command
    assert shlex.split(command)[2] == "http://[::1]:8091/calls"


WORDS = "Grüße 😀 €"


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", WORDS),
        ("latin-1", r"Grüße \U0001f600 \u20ac"),
        ("cp1252", r"Grüße \U0001f600 €"),
        ("ascii", r"Gr\xfc\xdfe \U0001f600 \u20ac"),
    ],
)
def test_what_stdout_does_not_have_is_escaped_and_nothing_is_lost(
    encoding: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = Narrow(encoding, monkeypatch)
    escape_what_does_not_fit()
    assert print_line(WORDS)
    assert print_json({"text": WORDS})
    table = Table("text", box=None)
    table.add_row(WORDS)
    print_rich(table)
    line, as_json, *rows = narrow.text.splitlines()
    assert line == shown
    assert msgspec.json.decode(as_json) == {"text": WORDS}
    assert any(shown in row for row in rows)


def test_half_of_a_character_is_json_that_means_it(output: Output) -> None:
    assert print_json({"text": "half \udcff", "numbers": (1, 2)})
    assert json.loads(output()[0]) == {"text": "half \udcff", "numbers": [1, 2]}


def test_a_stdout_that_is_none_of_pythons_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", StringIO())
    escape_what_does_not_fit()
    assert print_json({"text": WORDS})
