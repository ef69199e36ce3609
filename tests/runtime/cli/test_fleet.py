"""``relay-runtime fleet``: the processes and calls of all hosts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles.hosts import Listener, fleet_of, hosts, until
from doubles.output import Output
from engine_server import EngineServer

from relay_runtime import RelayClient
from relay_runtime.cli import run
from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Caller, Sandbox

pytestmark = pytest.mark.slow  # a server of its own


@pytest.fixture
def engine(here: Path) -> Iterator[EngineServer]:
    with EngineServer() as engine:
        os.environ["RELAY_FLEET"] = engine.url
        yield engine


@pytest.fixture
def fleet(sandbox: Sandbox, engine: EngineServer, here: Path) -> Iterator[list[RelayClient]]:
    with hosts(sandbox, engine.url, here, "alpha", "beta") as clients:
        yield clients


@pytest.fixture
def call(sandbox: Sandbox, fleet: list[RelayClient]) -> str:
    """The id of a call on host beta."""
    sandbox.place(Caller("+15550100001").dials("beta").waits_for_hangup(600))
    until(fleet[1].live_calls)
    call_id = fleet[1].live_calls()[0].call_id
    until(lambda: fleet[0].fleet.find(call_id))
    return call_id


def test_ps_shows_hosts_processes_and_calls(call: str, output: Output) -> None:
    assert run(["fleet", "ps"]) == ExitCode.OK
    said = output()[0]
    assert "2 hosts, 2 processes" in said
    rows = [line.split() for line in said.splitlines()]
    assert [row[0] for row in rows if row[1:2] == [str(os.getpid())]] == ["alpha", "beta"]
    assert call in said
    assert run(["fleet", "ps", "--calls", "0"]) == ExitCode.OK
    assert call not in output()[0]


def test_ps_gives_json(call: str, output: Output) -> None:
    assert run(["fleet", "ps", "--json"]) == ExitCode.OK
    told = json.loads(output()[0])
    assert told["drained"] == []
    assert {each["member"]["host"]: len(each["report"]["calls"]) for each in told["processes"]} == {
        "alpha": 0,
        "beta": 1,
    }


def test_a_call_of_another_host_is_shown_told_and_hung_up(call: str, fleet: list[RelayClient], output: Output) -> None:
    assert run(["fleet", "call", call[:8]]) == ExitCode.OK
    assert f"call       {call}" in output()[0]
    assert run(["fleet", "tell", call[:8], '{"page": 5}']) == ExitCode.OK
    assert output()[0] == f"told {call}\n"
    until(lambda: Listener.heard)
    assert Listener.heard == [{"page": 5}]
    assert run(["fleet", "hangup", call, "--json"]) == ExitCode.OK
    assert json.loads(output()[0]) == {"call_id": call}
    until(lambda: not fleet[1].live_calls())
    until(lambda: not fleet[0].fleet.find(call))
    assert run(["fleet", "call", call]) == ExitCode.NEGATIVE
    assert "no live call of the fleet" in output()[1]


def test_a_host_is_drained_and_is_not(fleet: list[RelayClient], output: Output) -> None:
    beta = fleet[1]
    assert run(["fleet", "drain", "beta"]) == ExitCode.OK
    assert output()[0] == "beta gets no new calls from now on\n"
    until(lambda: fleet_of(beta).away and not beta.status().connection.subscribed)
    assert run(["fleet", "ps"]) == ExitCode.OK
    assert "drained" in output()[0]
    assert run(["fleet", "undrain", "beta"]) == ExitCode.OK
    until(lambda: not fleet_of(beta).away and beta.status().connection.subscribed)
    assert run(["fleet", "drain", "gamma"]) == ExitCode.OK
    assert "once it is there; hosts of the fleet: alpha, beta" in output()[0]
    assert run(["fleet", "ps"]) == ExitCode.OK
    assert "drained, and not there: gamma" in output()[0]


def test_top_gives_lines_for_scripts(call: str, output: Output) -> None:
    assert run(["fleet", "top", "--json", "--count", "1"]) == ExitCode.OK
    told = json.loads(output()[0])
    assert [worker["state"] for worker in told["workers"]] == ["serving", "serving"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["call"], ExitCode.USAGE, "call takes ID: relay-runtime fleet call ID"),
        (["tell", "x"], ExitCode.USAGE, "tell takes ID and JSON"),
        (["ps", "x"], ExitCode.USAGE, "ps takes nothing more"),
        (["tell", "x", "{"], ExitCode.USAGE, "what is told is no JSON"),
        (["jump"], ExitCode.USAGE, "ACTION"),
        (["ps", "--fleet", "http://x"], ExitCode.USAGE, "--fleet: not the URL of a fleet's engine"),
        (["ps", "--fleet", "redis://127.0.0.1:1"], ExitCode.UNREACHABLE, "redis://127.0.0.1:1 does not answer"),
        (["call", "cc1e54"], ExitCode.NEGATIVE, "no live call of the fleet begins with 'cc1e54'"),
    ],
)
def test_what_is_wrong_is_said(
    engine: EngineServer, output: Output, arguments: list[str], code: ExitCode, told: str
) -> None:
    assert run(["fleet", *arguments]) == code
    assert told in output()[1]


def test_without_a_fleet_it_is_said_how_one_is_named(here: Path, output: Output) -> None:
    assert run(["fleet", "ps"]) == ExitCode.USAGE
    assert "--fleet redis://host, or RELAY_FLEET in the environment" in output()[1]
