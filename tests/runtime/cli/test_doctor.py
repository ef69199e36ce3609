"""``relay-runtime doctor``: what its examination finds, told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.doctor import Finding, Verdict
from relay_runtime.process.process import ExitCode
from relay_runtime.settings.config import Config

FINE = Finding("python", Verdict.OK, "Python 3")
FAULT = Finding("tcp", Verdict.FAULT, "port 9 can't be reached", "check firewalls")


class Examination:
    """Finds what it was told to.

    Attributes:
        finds: that.
        config: the settings that it got.
        subscribe: whether it may subscribe.
        window: for how long it may leave a session alone, if at all.
        word: what it says while it lasts.
    """

    def __init__(self) -> None:
        self.finds: list[Finding] = [FINE]
        self.config: Any = None
        self.subscribe = False
        self.window: float | None = None
        self.word = ""

    def __call__(
        self,
        config: Config,
        timeout: float,
        *,
        subscribe: bool,
        window: float | None,
        tell: Callable[[str], object],
    ) -> Iterator[Finding]:
        self.config, self.subscribe, self.window = config, subscribe, window
        if self.word:
            tell(self.word)
        yield from self.finds


@pytest.fixture
def examination(monkeypatch: pytest.MonkeyPatch) -> Examination:
    examination = Examination()
    monkeypatch.setattr("relay_runtime.doctor.examine", examination)
    return examination


def test_when_nothing_is_wrong_that_is_said(examination: Examination, output: Output) -> None:
    assert run(["doctor", "--host", "x.example.com", "-c", "shop"]) == ExitCode.OK
    assert output()[0].splitlines() == ["ok       python       Python 3", "nothing is wrong"]
    assert (examination.config["host"], examination.config["contexts"]) == ("x.example.com", ("shop",))
    assert not examination.subscribe


def test_a_fault_is_told_with_its_remedy_and_counted(examination: Examination, output: Output) -> None:
    examination.finds.append(FAULT)
    assert run(["doctor", "--subscribe"]) == ExitCode.NEGATIVE
    lines = output()[0].splitlines()
    assert lines[1].split() == ["fault", "tcp", *FAULT.says.split()]
    assert lines[2].strip() == "mend: check firewalls"
    assert lines[3] == "wrong: 1"
    assert examination.subscribe


def test_scripts_get_a_finding_a_line(examination: Examination, output: Output) -> None:
    examination.finds.append(FAULT)
    assert run(["doctor", "--json"]) == ExitCode.NEGATIVE
    found = [msgspec.json.decode(line, type=Finding) for line in output()[0].splitlines()]
    assert found == [FINE, FAULT]


def test_with_a_sandbox_there_is_a_server_and_a_context_to_try(examination: Examination) -> None:
    assert run(["doctor", "--sandbox"]) == ExitCode.OK
    assert examination.config["host"].startswith("ws://127.0.0.1:")
    assert examination.config["contexts"] == ("office",)
    assert examination.subscribe


@pytest.mark.parametrize(("flags", "window"), [([], None), (["--resume"], 60), (["--resume", "--window", "5"], 5)])
def test_sessions_are_resumed_only_when_told(examination: Examination, flags: list[str], window: float | None) -> None:
    assert run(["doctor", *flags]) == ExitCode.OK
    assert examination.window == window


def test_a_window_is_for_nothing_else(examination: Examination, output: Output) -> None:
    assert run(["doctor", "--window", "5"]) == ExitCode.USAGE
    assert "give --resume too" in output()[1]


def test_what_is_told_meanwhile_is_none_of_the_results(examination: Examination, output: Output) -> None:
    examination.word = "window: \x1b[2Jkept"
    assert run(["doctor", "--resume", "--json"]) == ExitCode.OK
    said, complained = output()
    assert msgspec.json.decode(said, type=Finding) == FINE
    assert complained == "window: \\x1b[2Jkept\n"


def test_nothing_that_a_server_says_controls_the_terminal(examination: Examination, output: Output) -> None:
    nasty = "a\x1b[2J\x9b1m[red]x[/red]\nforged"
    examination.finds = [Finding("login", Verdict.FAULT, nasty, nasty)]
    assert run(["doctor"]) == ExitCode.NEGATIVE
    text = output()[0]
    assert text.count(r"a\x1b[2J\x9b1m[red]x[/red]\nforged") == 2
    assert not {"\x1b", "\x9b"} & set(text)
