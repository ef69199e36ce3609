"""What the one-shot commands share: a connection for as long as the command lasts."""

from __future__ import annotations

import os

import pytest
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.oneshot import connected
from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Sandbox

TO, FROM = "+15550100001", "+15550100099"


def at_once(*_: float, **limits: float) -> float:
    return 0.0


def dial(*arguments: str) -> int:
    return run(["dial", TO, "--from", FROM, "--timeout", "5", *arguments])


@pytest.mark.slow
def test_a_server_that_cannot_be_reached_has_an_exit_code_of_its_own(sandbox: Sandbox, output: Output) -> None:
    os.environ["SIGNALWIRE_SPACE"] = "ws://127.0.0.1:9"  # the discard port: nobody listens
    assert dial("--connect-timeout", "0.2", "--log-level", "error") == ExitCode.UNREACHABLE
    (line,) = output()[1].splitlines()
    assert "not connected to 127.0.0.1:9 within 0.2 s" in line


def test_refused_credentials_have_an_exit_code_of_their_own(
    sandbox: Sandbox, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay_actors.kit.restarts.backoff_delay", at_once)
    sandbox.settings.change(token="another")
    assert dial("--log-level", "critical") == ExitCode.USAGE
    assert dial("--log-level", "error") == ExitCode.REFUSED
    assert "login refused" in output()[1]


def test_the_client_is_disconnected_when_the_command_is_over(sandbox: Sandbox) -> None:
    with connected({}, config_file=None, env_file=None, patience=5.0) as client:
        assert len(sandbox.sessions()) == 1
        assert client.status().connection.state == "connected"
    assert client.status().connection.state == "stopped"


def test_without_credentials_nobody_is_connected_to(sandbox: Sandbox) -> None:
    del os.environ["SIGNALWIRE_API_TOKEN"]
    with pytest.raises(Failure, match=r"missing credentials: token \(SIGNALWIRE_API_TOKEN"):
        connected({}, config_file=None, env_file=None, patience=5.0).__enter__()
    assert sandbox.counters.connections == 0
