"""The one-shot commands: dial, send-message, listen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import msgspec
import pytest
from clean_process import clean_process

from relay_runtime.cli import run
from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Callee, Caller, Sandbox, Status

LIMIT = 15.0
TO, FROM = "+15550100001", "+15550100099"

Output = Callable[[], tuple[str, str]]


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with (
        gevent.Timeout(2 * LIMIT, AssertionError("the test waited in vain")),
        clean_process(),
        Sandbox(time_scale=0.01) as running,
    ):
        monkeypatch.chdir(tmp_path)
        os.environ["SIGNALWIRE_SPACE"] = running.url
        os.environ["SIGNALWIRE_PROJECT_ID"] = running.project
        os.environ["SIGNALWIRE_API_TOKEN"] = running.token
        yield running
        assert running.errors == []


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> Output:
    def read() -> tuple[str, str]:
        captured = capsys.readouterr()
        return captured.out, captured.err

    return read


def dial(*arguments: str) -> int:
    return run(["dial", TO, "--from", FROM, "--timeout", "5", *arguments])


def test_a_dial_says_its_text_hangs_up_and_tells_so(sandbox: Sandbox, output: Output) -> None:
    sandbox.on_dial(TO, Callee().answers().hears("Your table").waits_for_hangup())
    assert dial("--say", "Your table is ready.", "--json") == ExitCode.OK
    outcome = msgspec.json.decode(output()[0])
    (held,) = sandbox.runs(TO)
    assert held.wait(LIMIT).ok
    assert outcome.pop("seconds") >= 0
    assert outcome == {"outcome": "answered", "call_id": held.call_id, "reason": "hangup", "said": True}


def test_a_callee_who_hangs_up_in_mid_sentence_was_reached_but_not_told(sandbox: Sandbox, output: Output) -> None:
    sandbox.on_dial(TO, Callee().answers().hangs_up_while_hearing("Your"))
    assert dial("--say", "Your table is ready.", "--json") == ExitCode.OK
    outcome = msgspec.json.decode(output()[0])
    assert (outcome["outcome"], outcome["said"]) == ("answered", False)


def test_a_dial_that_nobody_answers_has_an_exit_code_of_its_own(sandbox: Sandbox, output: Output) -> None:
    sandbox.on_dial(TO, Callee().is_busy())
    assert dial() == ExitCode.NEGATIVE
    out, err = output()
    assert out.startswith("failed (busy) after ")
    assert err == ""


def test_a_dial_that_the_server_refuses_says_why(sandbox: Sandbox, output: Output) -> None:
    sandbox.arm("calling.dial", reply={"code": "422", "message": "no such number"})
    assert dial("--json") == ExitCode.NEGATIVE
    outcome = msgspec.json.decode(output()[0])
    assert outcome["outcome"] == "refused"
    assert "no such number" in outcome["reason"]


def test_a_number_that_is_none_is_refused_before_anything_is_sent(sandbox: Sandbox, output: Output) -> None:
    assert run(["dial", "5550100001", "--from", FROM]) == ExitCode.USAGE
    out, err = output()
    assert out == ""
    assert "E.164" in err
    assert sandbox.runs() == []


def test_a_message_is_delivered(sandbox: Sandbox, output: Output) -> None:
    assert run(["send-message", TO, "Your table is ready.", "--from", FROM, "--json"]) == ExitCode.OK
    (sent,) = sandbox.messages()
    outcome = msgspec.json.decode(output()[0])
    assert outcome == {"message_id": sent.message_id, "state": "delivered", "reason": None}


def test_a_message_that_is_not_delivered_has_an_exit_code_of_its_own(sandbox: Sandbox, output: Output) -> None:
    sandbox.on_text(TO, "undelivered", "blocked")
    assert run(["send-message", TO, "hello", "--from", FROM]) == ExitCode.NEGATIVE
    assert output()[0].startswith("undelivered (blocked)  message ")


def test_a_message_without_a_terminal_state_ends_the_wait(sandbox: Sandbox, output: Output) -> None:
    sandbox.on_text(TO, "never")
    assert run(["send-message", TO, "hello", "--from", FROM, "--timeout", "0.3"]) == ExitCode.NEGATIVE
    assert "no terminal state after 0.3 s" in output()[0]


def test_a_message_need_not_be_waited_for(sandbox: Sandbox, output: Output) -> None:
    sandbox.on_text(TO, "never")
    assert run(["send-message", TO, "hello", "--from", FROM, "--no-wait"]) == ExitCode.OK


def test_a_message_of_nothing_is_refused(sandbox: Sandbox, output: Output) -> None:
    assert run(["send-message", TO, "--from", FROM]) == ExitCode.USAGE
    assert sandbox.messages() == []


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


def test_listen_stops_after_its_time(sandbox: Sandbox, output: Output) -> None:
    assert run(["listen", "-c", "office", "--timeout", "0.1"]) == ExitCode.OK
    assert output() == ("", "")


def test_listen_needs_a_context(sandbox: Sandbox, output: Output) -> None:
    assert run(["listen"]) == ExitCode.USAGE
    assert "--context NAME" in output()[1]


def test_a_server_that_cannot_be_reached_has_an_exit_code_of_its_own(sandbox: Sandbox, output: Output) -> None:
    os.environ["SIGNALWIRE_SPACE"] = "ws://127.0.0.1:9"  # the discard port: nobody listens
    assert dial("--connect-timeout", "0.2", "--log-level", "error") == ExitCode.UNREACHABLE
    (line,) = output()[1].splitlines()
    assert "not connected to 127.0.0.1:9 within 0.2 s" in line


@pytest.mark.slow
def test_refused_credentials_have_an_exit_code_of_their_own(sandbox: Sandbox, output: Output) -> None:
    sandbox.settings.change(token="another")
    assert dial("--log-level", "critical") == ExitCode.BAD_CONFIG
    assert dial("--log-level", "error") == ExitCode.REFUSED
    assert "login refused" in output()[1]


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
