"""What may stand at the cursor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from relay_runtime.cli.entry import COMMANDS
from relay_runtime.completion import answer
from relay_runtime.completion.answer import offers, shell_that_asks

ROOT = Path(__file__).parents[3]
LIMIT = 60.0


def values(*words: str) -> list[str]:
    *before, incomplete = words
    return [value for value, _ in offers(before, incomplete)]


@pytest.fixture(autouse=True)
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text("from relay_runtime import CallActor\nclass Desk(CallActor): ...\n")
    calls = [("cc1e54", "answered"), ("cc2", "ringing"), ("dd", "answered")]
    monkeypatch.setattr(answer.processes, "live_calls", lambda socket, pid: [*calls, (f"of-{socket}{pid}", "")])
    monkeypatch.setattr(answer.processes, "running", lambda: [("4711", "app:Desk")])


def test_commands_are_offered_with_what_they_do() -> None:
    assert values("") == list(COMMANDS)
    assert values("do") == ["doctor"]
    assert dict(offers([], "hang"))["hangup"].startswith("Hang up a live call.")
    assert "--install-completion" in values("--")


@pytest.mark.parametrize("command", ["call", "hangup", "trace"])
def test_live_calls_are_offered_where_one_is_meant(command: str) -> None:
    assert values(command, "cc") == ["cc1e54", "cc2"]
    assert values(command, "--json", "cc") == ["cc1e54", "cc2"]
    assert values(command, "--pid", "7", "of") == ["of-7"]
    assert values(command, "--socket=/x", "of") == ["of-/x"]
    assert values(command, "cc1e54", "") == []


def test_apps_are_offered_where_one_is_meant() -> None:
    assert values("start", "") == ["app:Desk"]
    assert values("start", "app:") == ["app:Desk"]
    assert values("start", "--asyncio", "") == []
    assert values("start", "-c", "office", "app:D") == ["app:Desk"]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("start", "--log-level", ""), ["trace", "debug", "info", "warning", "error"]),
        (("listen", "--log-format", "j"), ["json"]),
        (("config", "--overload", ""), ["drop", "pass", "busy"]),
        (("start", "--reload-calls", ""), ["end", "drain"]),
        (("start", "--log-level=de"), ["--log-level=debug"]),
        (("ps", "--pid", ""), ["4711"]),
        (("start", "--host", ""), []),
        (("start", "--config", ""), []),
        (("ps", "--j"), ["--json"]),
        (("start", "--no-such-flag", "--log-level", "inf"), ["info"]),
        (("nothing", ""), []),
        (("doctor", ""), []),
    ],
)
def test_flags_and_the_values_that_they_accept_are_offered(words: tuple[str, ...], offered: list[str]) -> None:
    assert values(*words) == offered


@pytest.mark.parametrize(
    ("value", "shell"),
    [("complete_bash", "bash"), ("complete_fish", "fish"), ("source_bash", ""), ("complete_pwsh", ""), ("", "")],
)
def test_only_questions_of_the_shells_that_are_known_are_answered(value: str, shell: str) -> None:
    assert shell_that_asks({answer.VARIABLE: value}) == shell


@pytest.mark.slow
def test_the_table_is_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "tools" / "completion_table.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), "run: python tools/completion_table.py"


def asked(shell: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Ask the command as a script of a shell does."""
    variables = {**os.environ, answer.VARIABLE: f"complete_{shell}", **environ}
    program = (
        "import sys; sys.argv = ['relay-runtime']; from relay_runtime.__main__ import main\n"
        "try: main()\n"
        "finally: sys.stderr.write(','.join(sorted({'gevent', 'typer', 'loguru', 'relay_actors'} & set(sys.modules))))"
    )
    return subprocess.run(
        [sys.executable, "-c", program], env=variables, capture_output=True, text=True, timeout=LIMIT, check=False
    )


@pytest.mark.slow
def test_the_command_answers_without_loading_what_it_does_not_need() -> None:
    done = asked("bash", COMP_WORDS="relay-runtime\nstart\nap", COMP_CWORD="2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "app:Desk\n", "")


@pytest.mark.parametrize("environ", [{}, {"COMP_WORDS": "relay-runtime", "COMP_CWORD": "x"}])
@pytest.mark.slow
def test_it_is_silent_whatever_goes_wrong(environ: dict[str, str]) -> None:
    done = asked("bash", **environ)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def in_bash(directory: Path, *words: str) -> str:
    """Press Tab in a real bash, by the script that the command installs; return what it would show."""
    command = directory / "bin" / "relay-runtime"
    command.parent.mkdir(exist_ok=True)
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m relay_runtime "$@"\n')
    command.chmod(0o755)
    quoted = " ".join(f"'{word}'" for word in words)
    script = f"""
eval "$(_RELAY_RUNTIME_COMPLETE=source_bash relay-runtime)"
COMP_WORDS=({quoted})
COMP_CWORD={len(words) - 1}
_relay_runtime_completion relay-runtime
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    environ = {**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "--norc", "-c", script], env=environ, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.proof
def test_bash_shows_what_is_offered_by_the_script_that_the_command_installs(tmp_path: Path) -> None:
    assert in_bash(tmp_path, "relay-runtime", "start", "ap") == "app:Desk\n"
    assert in_bash(tmp_path, "relay-runtime", "start", "app", ":") == "Desk\n"
    assert in_bash(tmp_path, "relay-runtime", "start", "--log-l") == "--log-level\n"
