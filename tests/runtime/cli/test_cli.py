"""The command line: what it prints, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from clean_process import clean_process

from relay_runtime.cli import run
from relay_runtime.process.process import ExitCode
from relay_runtime.settings.options import OPTIONS
from relay_runtime.version import VERSION

APP = """
from relay_runtime import CallActor, RelayClient

class Patient(CallActor):
    pass

client = RelayClient(project="p", token="t", host="ws://127.0.0.1:9")
"""
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


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with clean_process():
        monkeypatch.chdir(tmp_path)
        (tmp_path / "app.py").write_text(APP)
        yield tmp_path


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == ExitCode.OK
    assert capsys.readouterr().out == f"relay-runtime {VERSION}\n"


def test_without_a_command_the_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == ExitCode.OK
    listed = capsys.readouterr().out
    assert all(command in listed for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == ExitCode.OK
    assert f"Example: relay-runtime {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["strat"], ExitCode.USAGE, "start"),
        (["start"], ExitCode.USAGE, "say what serves the calls"),
        (["start", "app:Patient", "--sandbox", "--host", "h"], ExitCode.USAGE, "exclude each other"),
        (["start", "app:Patient", "--sandbox-callers", "2"], ExitCode.USAGE, "give --sandbox too"),
        (["start", "app:Patient", "--max-active-calls", "many"], ExitCode.USAGE, "--max-active-calls"),
        (["start", "app:client", "--overload", "busy"], ExitCode.USAGE, "--overload does not apply"),
        (["start", "app:client", "--leave-at", "0.9"], ExitCode.USAGE, "--leave-at does not apply"),
        (["start", "app:Patient", "--leave-at", "2"], ExitCode.BAD_CONFIG, "a share of max_active_calls"),
        (["start", "app:client", "--host", "x.example.com"], ExitCode.USAGE, "--host does not apply"),
        (["start", "app:client", "--sandbox"], ExitCode.USAGE, "--sandbox does not apply"),
        (["start", "app:Patent", "--sandbox"], ExitCode.BAD_APP, "did you mean Patient?"),
        (["start", "other.py", "--sandbox"], ExitCode.BAD_APP, "other.py is no file"),
        (["start", "app:Patient"], ExitCode.BAD_CONFIG, "missing credentials: project (SIGNALWIRE_PROJECT_ID"),
        (["start", "app:Patient", "--max-active-calls", "0"], ExitCode.BAD_CONFIG, "whole number from 1"),
        (["start", "app:Patient", "--drain-timeout", "-1"], ExitCode.BAD_CONFIG, "seconds from 0"),
        (["start", "app:Patient", "--overload", "queue"], ExitCode.BAD_CONFIG, "one of drop, pass, busy"),
        (["start", "app:Patient", "--host", "ws://example.com"], ExitCode.BAD_CONFIG, "would travel in clear"),
        (["start", "app:Patient", "--config", "no.toml"], ExitCode.BAD_CONFIG, "no.toml does not exist"),
        (["start", "app:Patient", "--env-file", "no.env"], ExitCode.BAD_CONFIG, "no.env does not exist"),
        (["sandbox", "--set", "resume_windwo=3"], ExitCode.BAD_CONFIG, "resume_window"),
        (["sandbox", "--set", "nothing"], ExitCode.USAGE, "accepted is NAME=VALUE"),
        (["sandbox", "--cert", "no.pem"], ExitCode.BAD_CONFIG, "both"),
        (["sandbox", "--host", "192.0.2.1"], ExitCode.BAD_CONFIG, "can't listen on 192.0.2.1"),
        (["listen", "-c", "office"], ExitCode.BAD_CONFIG, "missing credentials"),
        (["dial", "+15550100001"], ExitCode.USAGE, "--from"),
    ],
)
def test_a_mistake_is_one_line_that_helps_and_an_exit_code(
    arguments: list[str], code: ExitCode, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("relay-runtime: ")
    assert text in line


def test_an_authority_file_that_cannot_be_used_is_refused_before_the_first_connect(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "relay.toml").write_text('project = "p"\ntoken = "t"\nca_file = "none.pem"\n')
    assert run(["start", "app:Patient"]) == ExitCode.BAD_CONFIG
    assert "ca_file in relay.toml: " in capsys.readouterr().err


def test_an_unknown_key_of_the_file_in_the_current_directory_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "relay.toml").write_text('hots = "x"\n')
    assert run(["config"]) == ExitCode.BAD_CONFIG
    assert "relay.toml has an unknown key: hots; did you mean host?" in capsys.readouterr().err


def test_config_shows_every_setting_with_its_origin_and_no_secret(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "relay.toml").write_text('contexts = ["office", "shop"]\noverload = "pass"\n')
    (here / "my.env").write_text("SIGNALWIRE_API_TOKEN=PT-secret\nRELAY_OVERLOAD=busy\n")
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", "p-1")
    assert run(["config", "--env-file", "my.env", "--json", "--drain-timeout", "5"]) == ExitCode.OK
    text = capsys.readouterr().out
    assert "PT-secret" not in text
    shown = {name: (each["value"], each["from"]) for name, each in msgspec.json.decode(text).items()}
    assert set(shown) == set(OPTIONS)
    assert shown["project"] == ("p-1", "SIGNALWIRE_PROJECT_ID in the environment")
    assert shown["token"] == ("********", "SIGNALWIRE_API_TOKEN in my.env")
    assert shown["overload"] == ("busy", "RELAY_OVERLOAD in my.env")
    assert shown["contexts"] == (["office", "shop"], "contexts in relay.toml")
    assert shown["drain_timeout"] == (5.0, "--drain-timeout")
    assert shown["log_format"] == ("text", "default")


def test_config_is_a_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config"]) == ExitCode.OK
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["setting", "value", "from", "meaning"]
    assert [row.split()[0] for row in rows] == list(OPTIONS)


def test_a_defect_of_ours_is_told_with_a_traceback_and_a_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("relay_runtime.cli.configuring.merge", lambda *_: 1 / 0)
    assert run(["config"]) == ExitCode.FAILED
    err = capsys.readouterr().err
    assert "this is a defect" in err
    assert "ZeroDivisionError" in err
