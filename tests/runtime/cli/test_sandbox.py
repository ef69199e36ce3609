"""``relay-runtime sandbox``: what it refuses, and what it says when it is there."""

from __future__ import annotations

import os
import shlex
import signal

import gevent
import msgspec
import pytest
from doubles.ipv6 import has_ipv6
from doubles.output import Output

from relay_runtime import RelayClient
from relay_runtime.cli import run
from relay_runtime.process.process import ExitCode


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--set", "resume_windwo=3"], ExitCode.USAGE, "resume_window"),
        (["--set", "nothing"], ExitCode.USAGE, "accepted is NAME=VALUE"),
        (["--cert", "no.pem"], ExitCode.USAGE, "both"),
        (["--control-token", "two words"], ExitCode.USAGE, "control_token must be"),
        (["--host", "192.0.2.1"], ExitCode.BAD_CONFIG, "can't listen on 192.0.2.1"),
    ],
)
def test_a_mistake_is_one_line_that_helps_and_an_exit_code(
    arguments: list[str], code: ExitCode, text: str, output: Output
) -> None:
    assert run(["sandbox", *arguments]) == code
    out, err = output()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("relay-runtime: ")
    assert text in line


@pytest.mark.parametrize("more", [(), ("--no-control",)])
def test_it_says_where_it_is_and_runs_until_a_signal(more: tuple[str, ...], output: Output) -> None:
    running = gevent.spawn(run, ["sandbox", "--project", "p-1", "--set", "resume_window=30", "--json", *more])
    said = ""
    while "\n" not in said:
        gevent.sleep(0)
        said += output()[0]
    told = msgspec.json.decode(said)
    assert told["project"] == "p-1"
    assert told["url"].startswith("ws://127.0.0.1:")
    assert bool(told["control_url"]) == (not more)
    os.kill(os.getpid(), signal.SIGTERM)
    assert running.get() == ExitCode.OK


@pytest.mark.slow
def test_people_are_told_how_to_connect_and_how_to_place_a_call(output: Output) -> None:
    running = gevent.spawn(run, ["sandbox"])
    said = ""
    while "Ctrl-C" not in said:
        gevent.sleep(0)
        said += output()[0]
    os.kill(os.getpid(), signal.SIGINT)
    assert running.get() == ExitCode.OK
    for words in ("export SIGNALWIRE_SPACE=ws://", "export SIGNALWIRE_API_TOKEN=", "curl -s http://"):
        assert words in said
    assert "Authorization" not in said


@pytest.mark.parametrize("given", [None, "--control-token", "the environment"])
@pytest.mark.slow
def test_beyond_this_machine_the_control_port_has_a_token_which_is_told_if_it_was_made_up(
    given: str | None, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["--host", "0.0.0.0"]
    if given == "--control-token":
        arguments += [given, "mine"]
    elif given:
        monkeypatch.setenv("RELAY_SANDBOX_CONTROL_TOKEN", "mine")
    running = gevent.spawn(run, ["sandbox", *arguments])
    said = ""
    while "Ctrl-C" not in said:
        gevent.sleep(0)
        said += output()[0]
    os.kill(os.getpid(), signal.SIGINT)
    assert running.get() == ExitCode.OK
    assert ("\nits token\n  export RELAY_SANDBOX_CONTROL_TOKEN=" in said) is (given is None)
    assert "\\" not in said
    assert "SIGNALWIRE_SPACE=ws://127.0.0.1:" in said
    assert "http://127.0.0.1:" in said
    assert "0.0.0.0" not in said
    assert "other machines use this machine's address in these URLs\n" in said
    assert '-H "Authorization: Bearer $RELAY_SANDBOX_CONTROL_TOKEN"' in said
    assert "mine" not in said


def test_any_credentials_are_accepted_when_it_is_told_so_and_it_says_so(output: Output) -> None:
    running = gevent.spawn(run, ["sandbox", "--any-credentials"])
    said = ""
    while "Ctrl-C" not in said:
        gevent.sleep(0)
        said += output()[0]
    url = next(line.split()[1] for line in said.splitlines() if line.startswith("sandbox "))
    client = RelayClient("whose", "ever", host=url, contexts=["office"])
    client.connect(60)
    client.disconnect()
    os.kill(os.getpid(), signal.SIGINT)
    assert running.get() == ExitCode.OK
    assert "connect with these, or with any other credentials\n" in said


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
@pytest.mark.slow
def test_on_ipv6_it_says_an_address_that_a_client_and_a_shell_take(host: str, output: Output) -> None:
    running = gevent.spawn(run, ["sandbox", "--host", host])
    said = ""
    while "Ctrl-C" not in said:
        gevent.sleep(0)
        said += output()[0]
    variables = dict(shlex.split(line)[1].split("=", 1) for line in said.splitlines() if line.startswith("  export "))
    with RelayClient(
        variables["SIGNALWIRE_PROJECT_ID"], variables["SIGNALWIRE_API_TOKEN"], host=variables["SIGNALWIRE_SPACE"]
    ) as client:
        assert client.state == "connected"
    os.kill(os.getpid(), signal.SIGINT)
    assert running.get() == ExitCode.OK
    assert variables["SIGNALWIRE_SPACE"].startswith("ws://[::1]:")
    assert "control port  http://[::1]:" in said
    assert "token\n  export" not in said


@pytest.mark.parametrize("host", ["", " ", "no.such.host.invalid", "/", "\udcff", "é", "-1"])
def test_an_address_that_is_none_of_this_machine_is_refused_in_our_words(host: str, output: Output) -> None:
    assert run(["sandbox", f"--host={host}"]) == ExitCode.USAGE
    assert "accepted is an address of this machine, such as 127.0.0.1" in output()[1]
