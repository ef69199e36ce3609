"""Looking into a running process from outside, by real processes."""

from __future__ import annotations

import os
import pty
import select
import signal
import stat
import tempfile
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import msgspec
import pytest
from gevent import os as gevent_os
from running_process import LIMIT, RunningProcess, ask, http, relay_runtime

from relay_runtime.process.process import ExitCode

pytestmark = [pytest.mark.scenario, pytest.mark.proof]

APP = """
from loguru import logger
from relay_runtime import CallActor

class Patient(CallActor):
    def run(self):
        self.answer()
        prompt = self.prompt_tts("Press 1", {"digits": {"max": 1}, "initial_timeout": 10_000})
        logger.info("answered")  # from here on, a key counts
        prompt.wait(60)
        self.play_tts("Goodbye").wait(10)
"""
LINE_OF_THE_PROMPT = APP.splitlines().index(next(line for line in APP.splitlines() if "prompt.wait" in line)) + 1
CALLER = "+15550107777"


class Bench:
    """A directory with an app, a process that serves it, and the commands that look into it."""

    def __init__(self, path: Path, runtime: Path) -> None:
        self.path = path
        self.runtime = runtime
        self.environ = {"XDG_RUNTIME_DIR": str(runtime)}

    def start(self, *arguments: str) -> RunningProcess:
        sandbox = ("--sandbox", "--sandbox-time-scale", "0.05")
        return self.run("start", "app:Patient", "-c", "office", *sandbox, *arguments)

    def run(self, *arguments: str) -> RunningProcess:
        return relay_runtime(*arguments, cwd=self.path, environ=self.environ)

    def ask(self, *arguments: str, code: int = ExitCode.OK) -> str:
        """Run a command to its end; return what it printed, or its complaint."""
        return ask(*arguments, environ=self.environ, code=code)

    def ask_json(self, *arguments: str) -> Any:
        return msgspec.json.decode(self.ask(*arguments, "--json"))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    (tmp_path / "app.py").write_text(APP)
    with tempfile.TemporaryDirectory(prefix="rr-") as runtime:  # a short path: sockets have a limit
        yield Bench(tmp_path, Path(runtime))
        assert [path for path in Path(runtime).rglob("*") if path.name != "relay-runtime"] == []


def call_in(process: RunningProcess, known: int = 0) -> tuple[str, str]:
    """Place a call that waits for the other side; return its id, and the URL of its run, when it is answered."""
    control = process.wait_for_line(r"control port +(http\S+)", "stdout")[1]
    process.wait_for_line("serving the contexts")
    steps = [{"waits_for_hangup": 60}]
    status, run = http(f"{control}/calls", {"context": "office", "number": CALLER, "steps": steps})
    assert status == 200, run
    process.wait_for_line(f"answered call_id={run['call_id']}")
    return run["call_id"], f"{control}/calls/{run['call_id']}"


def ended(process: RunningProcess) -> bool:
    process.send(signal.SIGTERM)
    return process.exit_code() == ExitCode.OK


def test_ps_shows_the_actors_and_the_calls(bench: Bench) -> None:
    with bench.start() as process:
        call_id, call = call_in(process)
        text, report = bench.ask("ps"), bench.ask_json("ps")
        http(f"{call}/press", {"digits": "1"})
        assert ended(process)
    (worker,) = report["workers"]
    assert (report["app"], worker["pid"], worker["state"]) == ("app:Patient", process.process.pid, "serving")
    assert worker["status"]["actors"][0]["name"] == "client"
    assert [live["call_id"] for live in worker["calls"]] == [call_id]
    assert worker["stats"]["calls_offered"] == 1
    for words in ("app:Patient", "ConnectionActor", "connected", call_id, "1 of 1000 inbound slots taken"):
        assert words in text
    assert CALLER not in text


def test_call_shows_where_the_code_of_a_call_stands(bench: Bench) -> None:
    with bench.start() as process:
        call_id, call = call_in(process)
        text, status = bench.ask("call", call_id[:8]), bench.ask_json("call", call_id)
        http(f"{call}/press", {"digits": "1"})
        assert ended(process)
    assert (status["call_id"], status["state"], status["doing"]) == (call_id, "answered", "calling.play_and_collect")
    assert f"app.py:{LINE_OF_THE_PROMPT} in Patient.run" in status["where"]
    assert f"app.py:{LINE_OF_THE_PROMPT} in Patient.run" in text
    assert "answered at" in text


def test_a_shell_is_offered_the_live_calls_and_none_of_a_process_that_is_stopped(bench: Bench) -> None:
    asks = {**bench.environ, "_RELAY_RUNTIME_COMPLETE": "complete_bash", "COMP_CWORD": "2"}

    def offered() -> str:
        environ = {**asks, "COMP_WORDS": f"relay-runtime\ncall\n{call_id[:2]}"}
        with relay_runtime(cwd=bench.path, environ=environ) as shell:
            assert shell.exit_code() == ExitCode.OK
        assert shell.stderr == ""
        return shell.stdout

    with bench.start() as process:
        call_id, call = call_in(process)
        assert offered() == call_id
        process.send(signal.SIGSTOP)
        assert offered() == ""
        process.send(signal.SIGCONT)
        http(f"{call}/press", {"digits": "1"})
        assert ended(process)


def test_trace_prints_the_frames_of_a_call_until_it_ends_without_numbers_and_digits(bench: Bench) -> None:
    with bench.start() as process:
        call_id, call = call_in(process)
        with bench.run("trace", call_id[:10], "--json") as trace:
            trace.wait_for_line(f"tracing {call_id}")
            http(f"{call}/press", {"digits": "1"})
            assert trace.exit_code() == ExitCode.OK, trace.lines
        assert ended(process)
    items = [msgspec.json.decode(line) for line in trace.lines["stdout"]]
    kinds = [(item["direction"], item["what"]) for item in items]
    assert ("in", "calling.call.collect") in kinds
    assert ("out", "calling.play") in kinds
    assert ("in", "reply to calling.play") in kinds
    assert any(what == "calling.call.state" for _, what in kinds)
    assert CALLER not in trace.stdout
    (collected,) = [item for item in items if item["what"] == "calling.call.collect"]
    assert collected["frame"]["params"]["params"]["result"]["params"]["digits"] == "********"


def test_hangup_ends_a_call_from_outside(bench: Bench) -> None:
    with bench.start() as process:
        call_id, call = call_in(process)
        assert bench.ask("hangup", call_id[:12]) == f"hung up {call_id}"
        outcome = http(f"{call}?wait=10")[1]["outcome"]
        assert ended(process)
    assert outcome["end_source"] == "outbound"
    assert "Traceback" not in process.stderr


def test_drain_lets_the_process_end_and_waits_for_it(bench: Bench) -> None:
    with bench.start() as process:
        _, call = call_in(process)
        assert bench.ask("drain") == "draining; live calls: 1"
        assert bench.ask("drain") == "it drains already; live calls: 1"
        assert bench.ask("drain", "--wait", "--timeout", "0.2", code=ExitCode.NEGATIVE) == ""
        with bench.run("drain", "--wait") as waiting:
            waiting.wait_for_line("it drains already", "stdout")
            http(f"{call}/press", {"digits": "1"})
            assert waiting.exit_code() == ExitCode.OK
        assert process.exit_code() == ExitCode.OK
    assert "relay-runtime drain: letting live calls end" in process.stderr


def test_an_id_that_no_call_has_and_one_that_several_have_are_told(bench: Bench) -> None:
    with bench.start("--drain-timeout", "0") as process:
        ids = [call_in(process)[0] for _ in range(17)]  # of 17 ids, two begin with the same of 16 digits
        twice = next(each[0] for each in ids if sum(other[0] == each[0] for other in ids) > 1)
        unknown = bench.ask("call", "nothing", code=ExitCode.NEGATIVE)
        several = bench.ask("hangup", twice, code=ExitCode.USAGE)
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.CALLS_ENDED
    assert f"live calls begin with {twice}: " in several
    assert "no live call begins with 'nothing'; live calls: 17; relay-runtime ps lists them" in unknown


def test_without_a_process_and_with_several_the_commands_say_what_to_do(bench: Bench) -> None:
    nobody = bench.ask("ps", code=ExitCode.UNREACHABLE)
    assert "no relay-runtime of yours runs here" in nobody
    with bench.start() as first, bench.start("--workers", "2") as second:
        first.wait_for_line("serving the contexts")
        second.wait_for_line("all workers serve calls")
        several = bench.ask("ps", code=ExitCode.USAGE)
        assert f"{first.process.pid} (app:Patient)" in several
        assert f"{second.process.pid} (app:Patient)" in several
        assert bench.ask_json("ps", "--pid", str(second.process.pid))["supervised"] is True
        assert "is no relay-runtime that can be asked" in bench.ask("ps", "--pid", "1", code=ExitCode.UNREACHABLE)
        assert ended(first)
        assert ended(second)


def test_a_call_of_any_worker_is_found_through_the_parent(bench: Bench) -> None:
    with bench.start("--workers", "2") as process:
        process.wait_for_line("all workers serve calls")
        calls = dict(call_in(process) for _ in range(4))
        report = bench.ask_json("ps")
        placed = {live["call_id"]: worker["number"] for worker in report["workers"] for live in worker["calls"]}
        for call_id in calls:
            assert bench.ask_json("call", call_id)["call_id"] == call_id
        last, url = calls.popitem()
        with bench.run("trace", last) as trace:
            trace.wait_for_line(f"tracing {last}")
            assert bench.ask("hangup", last) == f"hung up {last}"
            assert trace.exit_code() == ExitCode.OK, trace.lines
        assert http(f"{url}?wait=10")[1]["outcome"]["end_source"] == "outbound"
        for url in calls.values():
            http(f"{url}/press", {"digits": "1"})
        assert ended(process)
    assert set(placed) == {*calls, last}
    assert set(placed.values()) == {1, 2}
    assert "-> calling.end" in trace.stdout


def test_only_the_owner_can_open_the_socket(bench: Bench) -> None:
    with bench.start() as process:
        process.wait_for_line("serving the contexts")
        path = bench.runtime / "relay-runtime" / f"{process.process.pid}.sock"
        modes = [stat.S_IMODE(os.lstat(each).st_mode) for each in (path, path.parent)]
        assert ended(process)
    assert modes == [0o600, 0o700]
    assert not path.exists()


def test_a_socket_of_ones_own_choice_is_asked_and_off_means_none(bench: Bench) -> None:
    path = str(bench.runtime / "mine.sock")
    with bench.start("--control-socket", path) as process, bench.start("--control-socket", "off") as silent:
        process.wait_for_line("serving the contexts")
        silent.wait_for_line("serving the contexts")
        report = bench.ask_json("ps", "--socket", path)
        assert report["pid"] == process.process.pid
        assert "no relay-runtime of yours" in bench.ask("ps", code=ExitCode.UNREACHABLE)
        with bench.start("--control-socket", path) as second:
            assert second.exit_code() == ExitCode.BAD_CONFIG
        assert f"--control-socket: another process listens on {path}" in second.stderr
        assert ended(process)
        assert ended(silent)


def test_the_socket_of_a_process_that_was_killed_is_replaced(bench: Bench) -> None:
    path = str(bench.runtime / "mine.sock")
    with bench.start("--control-socket", path) as process:
        process.wait_for_line("serving the contexts")
        process.send(signal.SIGKILL)
        process.exit_code()
    assert "nobody answers" in bench.ask("ps", "--socket", path, code=ExitCode.UNREACHABLE)
    (ledger,) = bench.runtime.rglob("*.ledger")
    ledger.unlink()  # the next process has a sandbox of its own, and nothing to do with it
    with bench.start("--control-socket", path) as process:
        process.wait_for_line("serving the contexts")
        assert bench.ask_json("ps", "--socket", path)["pid"] == process.process.pid
        assert ended(process)


def test_top_prints_one_report_a_line_for_scripts_and_wants_a_terminal_otherwise(bench: Bench) -> None:
    with bench.start() as process:
        process.wait_for_line("serving the contexts")
        lines = bench.ask("top", "--json", "--count", "3", "--interval", "0.1").splitlines()
        complaint = bench.ask("top", code=ExitCode.USAGE)
        assert ended(process)
    assert [msgspec.json.decode(line)["pid"] for line in lines] == [process.process.pid] * 3
    assert "top needs a terminal" in complaint


def test_top_draws_on_a_terminal_gives_it_back_at_ctrl_z_and_ends_with_the_process(bench: Bench) -> None:
    with bench.start() as process:
        call_id, call = call_in(process)
        screen, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 80))
        environ = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        top = gevent.subprocess.Popen(
            [os.sys.executable, "-m", "relay_runtime", "top", "--interval", "0.1"],
            cwd=bench.path,
            env={**environ, **bench.environ, "TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=gevent.subprocess.PIPE,
        )
        os.close(theirs)
        seen = ""

        def sees(words: str) -> None:
            nonlocal seen
            with gevent.Timeout(LIMIT, AssertionError(f"top did not draw {words!r}")):
                while words not in seen:
                    seen += gevent_os.tp_read(screen, 65536).decode(errors="replace")
            seen = seen.partition(words)[2]

        sees(call_id[:8])
        sees(f"app.py:{LINE_OF_THE_PROMPT} Patient.run")
        os.write(screen, b"t")
        sees("ConnectionActor")
        top.send_signal(signal.SIGTSTP)
        sees("\x1b[?1049l")
        with gevent.Timeout(LIMIT, AssertionError("top did not stop")):
            while Path(f"/proc/{top.pid}/stat").read_text().rpartition(") ")[2][0] != "T":
                gevent.sleep(0.02)
        top.send_signal(signal.SIGCONT)
        sees("\x1b[?1049h")
        sees("ConnectionActor")
        http(f"{call}/press", {"digits": "1"})
        assert ended(process)
        with gevent.Timeout(LIMIT, AssertionError("top did not end")):
            while top.poll() is None:
                if select.select([screen], [], [], 0)[0]:
                    try:
                        os.read(screen, 65536)
                    except OSError:
                        pass
                gevent.sleep(0.02)
        os.close(screen)
        complaint = top.stderr.read().decode()
    assert top.returncode == ExitCode.UNREACHABLE
    assert complaint.startswith(("relay-runtime: nobody answers on ", "relay-runtime: the process on "))
