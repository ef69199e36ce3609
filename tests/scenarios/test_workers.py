"""Several workers under a parent, as an operator starts, kills, replaces and stops them."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import msgspec
import pytest
from doubles.client import account_of
from running_process import LIMIT, RunningProcess, ask, http, http_text, relay_runtime

from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Sandbox

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
        logger.info("said goodbye")
"""


class Bench:
    """A directory with an app, and the processes that are started in it."""

    def __init__(self, path: Path, runtime: str) -> None:
        self.path = path
        self.environ = {"XDG_RUNTIME_DIR": runtime}

    def start(self, *arguments: str, workers: int = 2) -> RunningProcess:
        sandbox = ("--sandbox", "--sandbox-time-scale", "0.05")
        return self.run("start", "app:Patient", "-c", "office", "--workers", str(workers), *sandbox, *arguments)

    def run(self, *arguments: str, **environ: str) -> RunningProcess:
        return relay_runtime(*arguments, cwd=self.path, environ={**self.environ, **environ})

    def report(self) -> Any:
        return msgspec.json.decode(ask("ps", "--json", environ=self.environ))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    (tmp_path / "app.py").write_text(APP)
    with tempfile.TemporaryDirectory(prefix="rr-") as runtime:  # a short path: sockets have a limit
        yield Bench(tmp_path, runtime)
        left = [path for path in Path(runtime).rglob("*") if path.name != "relay-runtime"]
        assert left == []


def ready(process: RunningProcess) -> str:
    """Wait until all workers serve, and return the URL of the sandbox's control port."""
    process.wait_for_line("all workers serve calls")
    return process.wait_for_line(r"control port +(http\S+)", "stdout")[1]


def calls_in(process: RunningProcess, count: int) -> list[str]:
    """Place calls that wait for the other side; return the URLs of their runs when all are answered."""
    control = ready(process)
    urls = []
    for _ in range(count):
        status, run = http(f"{control}/calls", {"context": "office", "steps": [{"waits_for_hangup": 60}]})
        assert status == 200, run
        urls.append(f"{control}/calls/{run['call_id']}")
    until(lambda: process.stderr.count(" answered ") >= count, "not every call was answered")
    return urls


def until(condition: Callable[[], bool], complaint: str) -> None:
    with gevent.Timeout(LIMIT, AssertionError(complaint)):
        while not condition():
            gevent.sleep(0.02)


def pids(process: RunningProcess) -> list[int]:
    """Return the process ids of the workers in the order in which they began to serve."""
    return [int(line.rpartition(" ")[2]) for line in process.lines["stderr"] if "serves calls as process" in line]


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_fifty_calls_in_two_workers_that_are_up_at_sigterm_all_end_by_their_own_script(bench: Bench) -> None:
    with bench.start() as process:
        calls = calls_in(process, 50)
        shares = [worker["status"]["calls"]["live"] for worker in bench.report()["workers"]]
        process.send(signal.SIGTERM)
        until(lambda: process.stderr.count("draining; live calls:") == 2, "not every worker drains")
        for call in calls:
            assert http(f"{call}/press", {"digits": "1"})[0] == 200
        assert process.exit_code() == ExitCode.OK, process.stderr
    assert sum(shares) == 50
    assert min(shares) > 0
    assert process.stderr.count("said goodbye") == 50
    assert "calls offered: 50, admitted: 50, refused: none; ended: hangup 50" in process.stderr
    assert "Traceback" not in process.stderr


def test_calls_in_two_workers_that_outlast_the_drain_timeout_are_hung_up_and_the_exit_code_says_so(
    bench: Bench,
) -> None:
    with bench.start("--drain-timeout", "0.3") as process:
        calls = calls_in(process, 50)
        process.send(signal.SIGTERM)
        process.wait_for_line("hanging up what is still up")
        outcomes = [http(f"{call}?wait=10")[1]["outcome"] for call in calls[:3]]
        assert process.exit_code() == ExitCode.CALLS_ENDED, process.stderr
    assert {outcome["end_source"] for outcome in outcomes} <= {"outbound"}
    assert "said goodbye" not in process.stderr
    for number in (1, 2):
        process.wait_for_line(f"worker {number}: the drain timeout was over, and calls that were still up were hung up")
    assert "calls offered: 50, admitted: 50, refused: none; ended: hangup 50" in process.stderr
    assert "Traceback" not in process.stderr


def test_a_worker_that_is_killed_is_started_again_and_the_other_serves_on(bench: Bench) -> None:
    with bench.start() as process:
        control = ready(process)
        killed, other = pids(process)
        os.kill(killed, signal.SIGKILL)
        process.wait_for_line(r"worker 1 ended with signal 9; starting it again in \d")
        run = http(f"{control}/calls", {"context": "office", "steps": [{"waits_for_hangup": 60}]})[1]
        process.wait_for_line(" answered .* worker=2")
        http(f"{control}/calls/{run['call_id']}/press", {"digits": "1"})
        until(lambda: len(pids(process)) == 3, "the worker was not started again")
        report = bench.report()
        assert [worker["restarts"] for worker in report["workers"]] == [1, 0]
        assert [worker["pid"] for worker in report["workers"]] == [pids(process)[2], other]
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK, process.stderr


def test_workers_whose_parent_was_killed_let_their_calls_end_and_go(bench: Bench) -> None:
    with Sandbox(time_scale=0.05) as sandbox:
        account = account_of(sandbox)
        with bench.run("start", "app:Patient", "-c", "office", "--workers", "2", **account) as process:
            process.wait_for_line("all workers serve calls")
            call = http(f"{sandbox.control_url}/calls", {"context": "office", "steps": [{"waits_for_hangup": 60}]})[1]
            process.wait_for_line(" answered ")
            process.send(signal.SIGKILL)
            process.wait_for_line("the parent process has died: letting live calls end")
            http(f"{sandbox.control_url}/calls/{call['call_id']}/press", {"digits": "1"})
            until(lambda: not any(lives(pid) for pid in pids(process)), "a worker outlived its parent")
            process.exit_code()
    assert process.stderr.count("said goodbye") == 1
    assert process.stderr.count("stopped: every call ended by itself") == 2
    for path in Path(bench.environ["XDG_RUNTIME_DIR"]).glob("relay-runtime/*.sock"):
        path.unlink()  # the parent was killed: the next one would replace it


def test_a_rolling_restart_replaces_every_worker_and_ends_no_call(bench: Bench) -> None:
    with bench.start() as process:
        calls = calls_in(process, 4)
        before = pids(process)
        process.send(signal.SIGHUP)
        process.wait_for_line("draining; live calls: 2; .* worker=1")
        # The first one drains, so the second one serves, and the replacement waits.
        states = [worker["state"] for worker in bench.report()["workers"]]
        for call in calls:
            http(f"{call}/press", {"digits": "1"})
        process.wait_for_line("every worker was replaced")
        after = [worker["pid"] for worker in bench.report()["workers"]]
        more = http(f"{ready(process)}/calls", {"context": "office", "steps": [{"waits": 1}]})[1]
        until(lambda: process.stderr.count(" answered ") == 5, "the replacements serve no call")
        http(f"{ready(process)}/calls/{more['call_id']}/press", {"digits": "1"})
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK, process.stderr
    assert states == ["draining", "serving"]
    assert not set(before) & set(after)
    assert process.stderr.count("said goodbye") == 5
    assert "ended: hangup 5" in process.stderr


def test_a_rolling_restart_to_a_broken_app_ends_nothing(bench: Bench) -> None:
    with bench.start() as process:
        ready(process)
        (bench.path / "app.py").write_text("import nothing_of_that_name\n")
        process.send(signal.SIGHUP)
        process.wait_for_line("the replacement of worker 1 ended with exit code 3; the others go on as they are")
        assert [worker["pid"] for worker in bench.report()["workers"]] == pids(process)
        assert [worker["state"] for worker in bench.report()["workers"]] == ["serving", "serving"]
        (bench.path / "app.py").write_text(APP)
        process.send(signal.SIGHUP)
        process.wait_for_line("every worker was replaced")
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK, process.stderr
    assert process.stderr.count("No module named 'nothing_of_that_name'") == 1


def test_a_second_signal_ends_the_workers_at_once(bench: Bench) -> None:
    with bench.start() as process:
        calls_in(process, 2)
        process.send(signal.SIGINT)
        until(lambda: process.stderr.count("draining; live calls: 1") == 2, "not every worker drains")
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.AT_ONCE, process.stderr
    assert not any(lives(pid) for pid in pids(process))
    assert "Traceback" not in process.stderr


def test_an_app_that_cannot_be_loaded_is_told_once_with_its_exit_code(bench: Bench) -> None:
    with bench.run("start", "app:Patent", "--workers", "3", "--sandbox") as process:
        assert process.exit_code() == ExitCode.BAD_APP
    assert process.stderr == "relay-runtime: app has no 'Patent'; did you mean Patient?"


def test_refused_credentials_end_all_workers_with_their_exit_code(bench: Bench) -> None:
    with Sandbox() as sandbox:
        environ = {
            "SIGNALWIRE_SPACE": sandbox.url,
            "SIGNALWIRE_PROJECT_ID": sandbox.project,
            "SIGNALWIRE_API_TOKEN": "not-the-token",
        }
        with bench.run("start", "app", "--workers", "2", "--log-level", "error", **environ) as process:
            assert process.exit_code() == ExitCode.REFUSED, process.stderr
    assert "login refused 3 times" in process.stderr
    assert "not-the-token" not in process.stderr


def test_the_cap_is_shared_out_and_no_secret_is_in_the_arguments_of_a_worker(bench: Bench) -> None:
    with bench.start("--max-active-calls", "5") as process:
        ready(process)
        limits = [worker["status"]["calls"]["limit"] for worker in bench.report()["workers"]]
        arguments = [Path(f"/proc/{pid}/cmdline") for pid in pids(process)]
        told = b" ".join(path.read_bytes() for path in arguments if path.exists())
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK
    assert limits == [3, 2]
    assert b"sandbox-token" not in told
    assert b"--sandbox" not in told


def value(page: str, name: str) -> float:
    """Return the value of a metric on a page of Prometheus' text format."""
    (line,) = [line for line in page.splitlines() if line.startswith(f"{name} ")]
    return float(line.rpartition(" ")[2])


def test_the_parent_serves_the_sum_of_the_metrics_and_what_has_ended_stays_counted(bench: Bench) -> None:
    with bench.start("--http-port", "0", "--max-active-calls", "4", "--overload", "busy") as process:
        calls = calls_in(process, 4)
        url = process.wait_for_line(r"probes and metrics on (http\S+)")[1].rstrip("/")
        control = ready(process)
        for _ in range(2):  # beyond the cap
            http(f"{control}/calls", {"context": "office", "steps": [{"waits_for_hangup": 60}]})
        until(
            lambda: value(http_text(f"{url}/metrics")[1], 'relay_calls_refused_total{policy="busy"}') == 2,
            "not refused",
        )
        assert http_text(f"{url}/readyz")[0] == 200
        page = http_text(f"{url}/metrics")[1]
        assert value(page, "relay_calls_offered_total") == 6
        assert value(page, "relay_calls_active") == 4
        assert value(page, "relay_clients") == 2
        assert value(page, 'relay_workers{state="serving"}') == 2
        os.kill(pids(process)[0], signal.SIGKILL)
        process.wait_for_line("worker 1 ended with signal 9")
        page = http_text(f"{url}/metrics")[1]
        assert value(page, "relay_calls_offered_total") == 6
        assert value(page, "relay_calls_active") == 2
        until(lambda: len(pids(process)) == 3, "the worker was not started again")
        page = http_text(f"{url}/metrics")[1]
        assert value(page, "relay_calls_offered_total") == 6
        assert value(page, "relay_worker_restarts_total") == 1
        process.send(signal.SIGTERM)
        process.wait_for_line("draining; live calls")
        assert http_text(f"{url}/readyz")[0] == 503
        assert http_text(f"{url}/livez")[0] == 200
        for call in calls:
            http(f"{call}/press", {"digits": "1"})
        assert process.exit_code() == ExitCode.OK, process.stderr
    assert "refused: busy 2" in process.stderr


def test_a_cap_below_the_number_of_workers_is_refused(bench: Bench) -> None:
    with bench.start("--max-active-calls", "2", workers=3) as process:
        assert process.exit_code() == ExitCode.BAD_CONFIG
    (line,) = process.lines["stderr"]
    assert "--max-active-calls is 2, which is fewer than the 3 workers that share it" in line


def test_a_program_that_would_serve_from_inside_its_import_is_refused_once(bench: Bench) -> None:
    client = "from relay_runtime import RelayClient\nclient = RelayClient(contexts=['office'])\nclient.run()\n"
    (bench.path / "own.py").write_text(client)
    with bench.run("start", "own.py", "--workers", "2", "--sandbox") as process:
        assert process.exit_code() == ExitCode.BAD_APP
    assert process.stderr.count("own.py, line 3: RuntimeError: client.run() was called while") == 1
    assert "every call ended by itself" not in process.stderr


def test_workers_that_are_stopped_while_they_load_the_app_are_no_clean_end(bench: Bench) -> None:
    (bench.path / "slow.py").write_text("import time\nprint('loading', flush=True)\ntime.sleep(600)\n")
    with bench.run("start", "slow.py", "--workers", "2", "--sandbox") as process:
        process.wait_for_line("loading", "stdout")
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.FAILED
    process.wait_for_line("worker 1 ended with signal 15 while it loaded the app")
    process.wait_for_line("stopped before a worker had loaded the app")
    assert "every call ended by itself" not in process.stderr


def test_workers_that_have_had_so_many_calls_are_replaced_one_by_one_while_their_calls_go_on(
    bench: Bench, tmp_path: Path
) -> None:
    pid_file = tmp_path / "relay.pid"
    with bench.start("--max-calls-per-worker", "3", "--pid-file", str(pid_file)) as process:
        calls = calls_in(process, 8)
        assert pid_file.read_text() == f"{process.process.pid}\n"
        old = pids(process)
        process.wait_for_line(r"worker \d has had \d+ calls: replacing it")
        for call in calls:
            assert http(f"{call}/press", {"digits": "1"})[0] == 200
        until(lambda: len(pids(process)) == 4, "not both were replaced")
        assert not any(lives(pid) for pid in old)
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK, process.stderr
    assert process.stderr.count("said goodbye") == 8
    assert not pid_file.exists()
