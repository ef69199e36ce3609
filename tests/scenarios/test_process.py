"""The relay-runtime process, as an operator starts and stops it."""

from __future__ import annotations

import signal
from pathlib import Path

import gevent
import msgspec
import pytest
from doubles.hub import until
from running_process import LIMIT, RunningProcess, http, relay_runtime

from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Sandbox

pytestmark = [pytest.mark.scenario, pytest.mark.proof]

APP = """
from loguru import logger
from relay_runtime import CallActor, RelayClient

class Patient(CallActor):
    def run(self):
        self.answer()
        prompt = self.prompt_tts("Press 1", {"digits": {"max": 1}, "initial_timeout": 10_000})
        logger.info("answered")  # from here on, a key counts
        prompt.wait(60)
        self.play_tts("Goodbye").wait(10)
        logger.info("said goodbye")
"""
CLIENT = """
from relay_runtime import RelayClient

client = RelayClient(contexts=["lobby"])

@client.on_call
def serve(call):
    call.answer()
    call.play_tts("Hello").wait(10)
"""


QUIET = (
    """
import sys
from loguru import logger

logger.remove(0)
logger.add(sys.stdout, format="mine: {message}", filter=lambda line: line["name"] == __name__)
"""
    + APP
)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "own.py").write_text(CLIENT)
    return tmp_path


def start(app: Path, *arguments: str) -> RunningProcess:
    return relay_runtime("start", *arguments, "--sandbox", "--sandbox-time-scale", "0.05", cwd=app)


def call_in(process: RunningProcess, context: str = "office") -> str:
    """Place a call that waits for the other side, and return the URL of its run."""
    control = process.wait_for_line(r"control port +(http\S+)", "stdout")[1]
    process.wait_for_line("serving the contexts")
    status, run = http(f"{control}/calls", {"context": context, "steps": [{"waits_for_hangup": 60}]})
    assert status == 200, run
    return f"{control}/calls/{run['call_id']}"


def test_a_call_that_is_up_at_sigterm_ends_by_its_own_script_and_the_exit_code_is_0(app: Path) -> None:
    with start(app, "app:Patient", "-c", "office") as process:
        call = call_in(process)
        process.wait_for_line(" answered ")
        process.send(signal.SIGTERM)
        process.wait_for_line("draining; live calls: 1")
        assert http(f"{call}/press", {"digits": "1"})[0] == 200
        assert process.exit_code() == ExitCode.OK
    assert "said goodbye" in process.stderr
    assert "every call ended by itself" in process.stderr


def test_a_terminal_that_is_closed_lets_the_call_end_however_often_it_says_so(app: Path) -> None:
    with start(app, "app:Patient", "-c", "office") as process:
        call = call_in(process)
        process.wait_for_line(" answered ")
        process.send(signal.SIGHUP)
        process.wait_for_line("SIGHUP: letting live calls end")
        process.send(signal.SIGHUP)
        process.wait_for_line("draining; live calls: 1")
        assert http(f"{call}/press", {"digits": "1"})[0] == 200
        assert process.exit_code() == ExitCode.OK
    assert "said goodbye" in process.stderr


def test_a_closed_terminal_is_nothing_to_a_process_that_was_told_to_ignore_it(app: Path) -> None:
    sandbox = ("--sandbox", "--sandbox-time-scale", "0.05")
    with relay_runtime("start", "app:Patient", "-c", "office", *sandbox, cwd=app, ignores=signal.SIGHUP) as process:
        call = call_in(process)
        process.wait_for_line(" answered ")
        process.send(signal.SIGHUP)
        assert http(f"{call}/press", {"digits": "1"})[0] == 200
        process.wait_for_line("said goodbye")
        process.send(signal.SIGTERM)
        process.wait_for_line("SIGTERM: letting live calls end")
        assert process.exit_code() == ExitCode.OK
    assert "SIGHUP" not in process.stderr


def test_while_draining_a_new_offer_is_passed_on(app: Path) -> None:
    with start(app, "app:Patient", "-c", "office", "--log-format", "json") as process:
        control = process.wait_for_line(r"control port +(http\S+)", "stdout")[1]
        process.wait_for_line("serving the contexts")
        call = http(f"{control}/calls", {"context": "office", "steps": [{"waits_for_hangup": 60}]})[1]
        process.wait_for_line('"answered"')
        session = http(f"{control}/sessions")[1]["sessions"][0]["sessionid"]
        process.send(signal.SIGTERM)
        process.wait_for_line("draining")
        offer = {
            "jsonrpc": "2.0",
            "id": "late",
            "method": "signalwire.event",
            "params": {
                "event_type": "calling.call.receive",
                "params": {"call_id": "late", "node_id": "n", "call_state": "created", "context": "office"},
            },
        }
        assert http(f"{control}/sessions/{session}/push", {"frame": offer})[0] == 200
        process.wait_for_line("call late was passed on")
        journal = f"{control}/sessions/{session}/journal?method=calling.pass"
        passes = until(lambda: http(journal)[1]["frames"], "the frame")  # it leaves behind the line of the log
        assert [entry["frame"]["params"]["call_id"] for entry in passes] == ["late"]
        http(f"{control}/calls/{call['call_id']}/press", {"digits": "1"})
        assert process.exit_code() == ExitCode.OK


def test_a_call_that_outlasts_the_drain_timeout_is_hung_up_and_the_exit_code_says_so(app: Path) -> None:
    with start(app, "app:Patient", "-c", "office", "--drain-timeout", "0.2") as process:
        call_in(process)
        process.wait_for_line(" answered ")
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.CALLS_ENDED
    assert "calls that were still up were hung up" in process.stderr
    assert "Traceback" not in process.stderr


def test_a_second_signal_ends_at_once(app: Path) -> None:
    with start(app, "app:Patient", "-c", "office") as process:
        call_in(process)
        process.wait_for_line(" answered ")
        process.send(signal.SIGINT)
        process.wait_for_line("draining")
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.AT_ONCE
    assert "Traceback" not in process.stderr


def test_a_third_signal_ends_the_process_without_waiting_for_anybody(app: Path) -> None:
    with start(app, "app:Patient", "-c", "office") as process:
        call_in(process)
        process.wait_for_line(" answered ")
        control = process.wait_for_line(r"control port +(http\S+)", "stdout")[1]
        silence = {"method": "calling.end", "withhold": True, "withhold_events": True}
        assert http(f"{control}/arms", silence)[0] == 200
        for told in ("draining", "hanging up what is still up"):
            process.send(signal.SIGTERM)
            process.wait_for_line(told)
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.AT_ONCE
    assert "connection stopped" not in process.stderr


def test_fifty_calls_that_are_up_at_sigterm_all_end_by_their_own_script(app: Path) -> None:
    with start(app, "app:Patient", "-c", "office") as process:
        calls = [call_in(process) for _ in range(50)]
        with gevent.Timeout(LIMIT, AssertionError("not every call was answered")):
            while process.stderr.count(" answered ") < 50:
                gevent.sleep(0.02)
        process.send(signal.SIGTERM)
        process.wait_for_line("draining; live calls: 50")
        for call in calls:
            http(f"{call}/press", {"digits": "1"})
        assert process.exit_code() == ExitCode.OK
    assert process.stderr.count("said goodbye") == 50


def test_a_signal_before_the_connection_is_up_stops_the_process(app: Path) -> None:
    environ = {
        "SIGNALWIRE_SPACE": "ws://127.0.0.1:9",  # the discard port: nobody listens
        "SIGNALWIRE_PROJECT_ID": "p",
        "SIGNALWIRE_API_TOKEN": "a-token",
    }
    with relay_runtime("start", "app:Patient", cwd=app, environ=environ) as process:
        process.wait_for_line("connection waiting")
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK
    assert "Traceback" not in process.stderr


def test_lines_of_a_calls_code_carry_its_id(app: Path) -> None:
    with start(app, "app:Patient", "-c", "office", "--log-format", "json", "--drain-timeout", "0") as process:
        call = call_in(process)
        process.wait_for_line('"message":"answered"')
        process.send(signal.SIGTERM)
        process.exit_code()
    lines = [msgspec.json.decode(line) for line in process.lines["stderr"]]
    answered = next(line for line in lines if line["message"] == "answered")
    assert answered["call_id"] == call.rpartition("/")[2]
    assert (answered["context"], answered["actor"], answered["logger"]) == ("office", "Patient", "app")


def test_a_client_of_the_apps_own_is_served_on_the_sandbox_too(app: Path) -> None:
    with start(app, "own:client") as process:
        call = call_in(process, "lobby")
        run = http(f"{call}?wait=10")[1]
        assert run["outcome"]["heard"] == ["Hello"]
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK


def test_example_callers_dial_in_on_the_sandbox(app: Path) -> None:
    with start(app, "own.py", "--sandbox-callers", "3") as process:
        for number in (1, 2, 3):
            process.wait_for_line(f'^caller {number}: answered; heard "Hello"', "stdout")
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK


def test_refused_credentials_are_one_line_and_an_exit_code_of_their_own(app: Path) -> None:
    with Sandbox() as sandbox:
        environ = {
            "SIGNALWIRE_SPACE": sandbox.url,
            "SIGNALWIRE_PROJECT_ID": sandbox.project,
            "SIGNALWIRE_API_TOKEN": "not-the-token",
        }
        with relay_runtime("start", "app", "--log-level", "error", cwd=app, environ=environ) as process:
            assert process.exit_code() == ExitCode.REFUSED
    (line,) = (line for line in process.lines["stderr"] if line.startswith("relay-runtime: "))
    assert "login refused 3 times" in line
    assert "relay-runtime config shows which credentials are used" in line
    assert "not-the-token" not in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_that_cannot_be_used_as_configured_is_one_line_and_an_exit_code(app: Path, workers: str) -> None:
    with Sandbox(control_port=None) as sandbox:
        environ = {
            "SIGNALWIRE_SPACE": sandbox.url.replace("ws:", "wss:"),
            "SIGNALWIRE_PROJECT_ID": sandbox.project,
            "SIGNALWIRE_API_TOKEN": sandbox.token,
        }
        with relay_runtime("start", "app", "--workers", workers, cwd=app, environ=environ) as process:
            assert process.exit_code() == ExitCode.BAD_CONFIG
    lines = [line for line in process.lines["stderr"] if line.startswith("relay-runtime: ")]
    assert "does not speak TLS" in lines[0]
    assert "relay-runtime doctor looks at every step of the way" in lines[0]
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["start", "app", "--overlaod", "drop"], ExitCode.USAGE, "--overload"),
        (["start", "ap:Patient", "--sandbox"], ExitCode.BAD_APP, "no module 'ap'"),
        (["start", "app"], ExitCode.BAD_CONFIG, "SIGNALWIRE_PROJECT_ID"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(app: Path, arguments: list[str], code: ExitCode, text: str) -> None:
    with relay_runtime(*arguments, cwd=app) as process:
        assert process.exit_code() == code, process.lines
    (line,) = process.lines["stderr"]
    assert line.startswith("relay-runtime: ")
    assert text in line
    assert process.stdout == ""


def test_a_sandbox_of_its_own_process_serves_the_one_shot_commands(app: Path) -> None:
    with relay_runtime("sandbox", "--json", "--time-scale", "0.02", cwd=app) as sandbox:
        where = msgspec.json.decode(sandbox.wait_for_line("url", "stdout").string)
        environ = {
            "SIGNALWIRE_SPACE": where["url"],
            "SIGNALWIRE_PROJECT_ID": where["project"],
            "SIGNALWIRE_API_TOKEN": where["token"],
        }
        with relay_runtime(
            "dial", "+15550100001", "--from", "+15550100099", "--say", "Hi", "--json", cwd=app, environ=environ
        ) as dial:
            assert dial.exit_code() == ExitCode.OK, dial.lines
        outcome = msgspec.json.decode(dial.stdout)
        assert (outcome["outcome"], outcome["said"], outcome["reason"]) == ("answered", True, "hangup")
        sandbox.send(signal.SIGTERM)
        assert sandbox.exit_code() == ExitCode.OK
    assert sandbox.stderr == ""


@pytest.mark.parametrize("last", ["client.run()", "relay_runtime.run(client)", "client.connect()"])
def test_a_program_that_would_serve_from_inside_its_import_is_refused(app: Path, last: str) -> None:
    (app / "own.py").write_text(f"import relay_runtime\n{CLIENT}\n{last}\n")
    with start(app, "own.py") as process:
        assert process.exit_code() == ExitCode.BAD_APP
    (line,) = [line for line in process.lines["stderr"] if line.startswith("relay-runtime: ")]
    assert f"own.py, line 12: RuntimeError: {last} was called while relay-runtime start imports own.py" in line
    assert 'if __name__ == "__main__":' in line
    assert "serving" not in process.stderr


def test_an_app_that_removes_the_sink_of_the_log_goes_on_and_logs_as_it_wants(app: Path) -> None:
    (app / "app.py").write_text(QUIET)
    with start(app, "app:Patient") as process:
        control = process.wait_for_line(r"control port +(http\S+)", "stdout")[1]
        sessions = f"{control}/sessions"
        until(lambda: any("office" in each["contexts"] for each in http(sessions)[1]["sessions"]), "the login", LIMIT)
        steps = [{"hears": "Press 1"}, {"presses": "1"}, {"waits_for_hangup": 60}]
        status, run = http(f"{control}/calls", {"context": "office", "steps": steps})
        assert status == 200, run
        process.wait_for_line("^mine: said goodbye", "stdout")
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK
        assert process.stderr == ""
