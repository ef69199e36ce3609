"""``relay-runtime listen``: print what comes in."""

from __future__ import annotations

import os
from typing import Any

import gevent
import msgspec
import pytest
from doubles.narrow import Narrow
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Caller, Sandbox, Status

LIMIT = 60.0
TO, FROM = "+15550100001", "+15550100099"


def subscribed(sandbox: Sandbox, context: str) -> None:
    while not any(context in session.contexts for session in sandbox.sessions()):
        gevent.sleep(0.005)


def lines(output: Output) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in output()[0].splitlines()]


def test_listen_prints_calls_and_messages_and_passes_the_calls_on(sandbox: Sandbox, output: Output) -> None:
    listening = gevent.spawn(run, ["listen", "-c", "office", "--count", "2", "--json"])
    subscribed(sandbox, "office")
    call = sandbox.place(Caller(TO).dials("office"))
    assert call.wait(LIMIT).status is Status.PASSED
    sandbox.sends_message(from_number=TO, to_number=FROM, body="hello", context="office")
    assert listening.get(timeout=LIMIT) == ExitCode.OK
    offered, text = lines(output)
    assert (offered["event"], offered["call_id"], offered["context"]) == ("call", call.call_id, "office")
    assert (offered["from"], text["from"]) == (TO, TO)
    assert (text["event"], text["body"]) == ("message", "hello")


@pytest.mark.slow
def test_listen_stops_after_its_time(sandbox: Sandbox, output: Output) -> None:
    assert run(["listen", "-c", "office", "--timeout", "0.1"]) == ExitCode.OK
    assert output() == ("", "")


def test_listen_needs_a_context(sandbox: Sandbox, output: Output) -> None:
    assert run(["listen"]) == ExitCode.USAGE
    assert "--context NAME" in output()[1]


def test_a_reader_who_has_seen_enough_ends_listen_and_the_call_is_passed_on(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        monkeypatch.setattr("sys.stdout", nobody)
        listening = gevent.spawn(run, ["listen", "-c", "office"])
        subscribed(sandbox, "office")
        call = sandbox.place(Caller(TO).dials("office"))
        assert call.wait(LIMIT).status is Status.PASSED
        assert listening.get(timeout=LIMIT) == ExitCode.OK


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_listen_loses_nothing_on_a_stdout_that_lacks_a_character(
    sandbox: Sandbox, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = Narrow("latin-1", monkeypatch)
    listening = gevent.spawn(run, ["listen", "-c", "office", "--count", "2", *arguments])
    subscribed(sandbox, "office")
    for body in ("Grüße 😀", "second"):
        sandbox.sends_message(from_number=TO, to_number=FROM, body=body, context="office")
    assert listening.get(timeout=LIMIT) == ExitCode.OK
    first, second = narrow.text.splitlines()
    if arguments:
        assert (msgspec.json.decode(first)["body"], msgspec.json.decode(second)["body"]) == ("Grüße 😀", "second")
    else:
        assert r"body=Grüße \U0001f600" in first
        assert "body=second" in second
