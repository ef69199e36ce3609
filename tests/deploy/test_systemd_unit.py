"""The unit for systemd: systemd itself takes it, and it agrees with what the process does."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import typer

from relay_actors.timing import Timing
from relay_runtime.cli import app
from relay_runtime.process.process import ExitCode

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "relay-app.service"


def service() -> dict[str, list[str]]:
    """The settings of the service, each with all its values."""
    section, found = "", {}
    for line in UNIT.read_text().splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


SERVICE = service()


def one(name: str) -> str:
    (value,) = SERVICE[name]
    return value


def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    command = tmp_path / ".venv" / "bin" / "relay-runtime"
    command.parent.mkdir(parents=True)
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/relay-app", str(tmp_path)))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_finds_it_well_confined(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(UNIT)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PAGER": "cat", "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


def test_its_command_is_one_that_the_command_line_has() -> None:
    path, command, *arguments = shlex.split(one("ExecStart"))
    assert path.endswith("/bin/relay-runtime")
    flags = {flag for parameter in typer.main.get_command(app).commands[command].params for flag in parameter.opts}  # type: ignore[attr-defined]
    assert {argument for argument in arguments if argument.startswith("--")} <= flags


def test_the_process_gets_longer_to_stop_than_its_calls_get_to_end() -> None:
    drain = re.search(r"--drain-timeout (\d+)", one("ExecStart"))
    assert drain is not None
    timing = Timing()
    hanging_up = timing.hangup_timeout + timing.stop_timeout + timing.close_timeout
    assert int(one("TimeoutStopSec")) >= int(drain[1]) + max(10, hanging_up)


def test_ends_that_would_come_again_are_not_tried_again_and_ends_as_told_are_no_failures() -> None:
    hopeless = {ExitCode.USAGE, ExitCode.BAD_APP, ExitCode.BAD_CONFIG, ExitCode.REFUSED}
    assert {int(code) for code in one("RestartPreventExitStatus").split()} == hopeless
    assert {int(code) for code in one("SuccessExitStatus").split()} == {ExitCode.CALLS_ENDED, ExitCode.AT_ONCE}


def test_calls_that_were_left_up_are_a_failure_that_is_started_again() -> None:
    assert str(int(ExitCode.UNREACHABLE)) not in one("SuccessExitStatus").split()
    assert str(int(ExitCode.UNREACHABLE)) not in one("RestartPreventExitStatus").split()
    assert one("Restart") == "always"


def test_systemd_waits_for_readiness_and_watches_the_main_process() -> None:
    assert (one("Type"), one("NotifyAccess")) == ("notify", "main")
    assert int(one("WatchdogSec")) >= 10


def test_no_secret_is_on_its_command_line_or_in_it() -> None:
    text = UNIT.read_text()
    assert "EnvironmentFile=" in text
    assert not re.search(r"^[^#]*(TOKEN|PROJECT_ID)=", text, re.MULTILINE)
    parser = configparser.ConfigParser(strict=False, interpolation=None, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    assert parser.sections() == ["Unit", "Service", "Install"]


def test_no_core_dump_is_left_that_would_hold_a_token() -> None:
    assert one("LimitCORE") == "0"


def test_the_folder_of_the_ledgers_is_there_for_the_next_start() -> None:
    assert one("Environment") == f"XDG_RUNTIME_DIR=%t/{one('RuntimeDirectory')}"  # PrivateTmp is gone with the process
    assert one("RuntimeDirectoryPreserve") == "restart"


def test_callers_of_a_process_that_has_died_do_not_wait_for_long() -> None:
    assert one("RestartSec").endswith("ms")


def test_one_worker_that_the_kernel_kills_takes_no_other_with_it() -> None:
    assert one("OOMPolicy") == "continue"
