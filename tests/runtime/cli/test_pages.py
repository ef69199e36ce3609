"""The page of a phone, as commands serve it."""

from __future__ import annotations

import os
import signal

import gevent
import msgspec
import pytest
from doubles.client import client_of
from doubles.looking import Looking
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.cli.pages import Announcement, browser_for, phone_at
from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Sandbox

pytestmark = pytest.mark.slow  # on sockets


def test_the_first_url_is_for_who_has_started_it_and_each_further_one_for_another_browser() -> None:
    lines: list[str] = []
    announce = Announcement(lines.append)
    announce("http://a")
    announce("http://b")
    announce("http://c")
    assert lines == ["open in a browser    http://a", "for another browser  http://b", "for another browser  http://c"]


def test_a_sandbox_that_runs_alone_has_a_phone_until_it_ends() -> None:
    urls: list[str] = []
    with Sandbox(time_scale=0.01) as sandbox:
        with phone_at(sandbox, browser_for(0, urls.append)), client_of(sandbox) as client:
            client.on_call(lambda call: (call.answer(), call.hangup()))  # type: ignore[func-returns-value]
            looking = Looking(urls[0])
            assert " 101 " in looking.opens()
            looking.hears(lambda message: message["type"] == "Overview" and message["ready"])
            looking.orders({"type": "Dial", "context": "office"})
            looking.hears(lambda message: message["type"] == "LineEnded" and message["status"] == "answered")
        with pytest.raises(OSError, match="refused"):
            Looking(urls[-1])


@pytest.mark.parametrize("command", [["sandbox"], ["phone", "app:Menu"]])
def test_a_port_that_is_taken_is_said_in_one_line(command: list[str], output: Output) -> None:
    with gevent.socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run([*command, "--web", "--web-port", str(port)]) == ExitCode.BAD_CONFIG
    _, err = output()
    assert err == (f"relay-runtime: --web-port: can't listen on port {port} of 127.0.0.1: Address already in use\n")


def test_for_scripts_the_urls_are_lines_of_json(output: Output) -> None:
    running = gevent.spawn(run, ["sandbox", "--web", "--json"])
    said = ""
    while said.count("\n") < 2:
        gevent.sleep(0)
        said += output()[0]
    told = [msgspec.json.decode(line) for line in said.splitlines()]
    assert told[0]["url"].startswith("ws://")
    assert "token=" in told[1]["web_url"]
    os.kill(os.getpid(), signal.SIGTERM)
    assert running.get() == ExitCode.OK


@pytest.mark.parametrize("command", [["sandbox"], ["phone", "app:Menu"]])
def test_a_port_without_a_page_is_a_mistake(command: list[str], output: Output) -> None:
    assert run([*command, "--web-port", "8080"]) == ExitCode.USAGE
    assert output()[1] == "relay-runtime: --web-port needs --web\n"
