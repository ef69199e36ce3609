"""Parents of workers: shares, sums, deaths."""

from __future__ import annotations

import sys
from pathlib import Path

import gevent
import pytest

from relay_runtime.metrics import MetricSamples
from relay_runtime.process.process import ExitCode
from relay_runtime.workers import Blueprint, Fleet, Policy, share
from relay_runtime.workers.lifeline import Errand
from relay_runtime.workers.policy import Intensity
from relay_runtime.workers.totals import Lost

pytestmark = pytest.mark.slow

LIMIT = 20.0
QUICK = Policy(first_delay=0.01, longest_delay=0.02, max_deaths=3, window=30.0, kill_after=0.5)
SERVES = """
import json, os, signal, socket, sys, time
errand = json.loads(os.environ["RELAY_RUNTIME_WORKER"])
line = socket.socket(fileno=errand["channel"])
def say(said, **facts):
    line.sendall(json.dumps({"said": said, **facts}).encode() + b"\\n")
def end(*_):
    time.sleep(0.05)
    offered = ["relay_calls_offered_total", {}, errand["number"]]
    say("over", metrics=[{"name": "relay_calls_offered", "kind": "counter", "meaning": "", "values": [offered]}])
    os._exit(0)
signal.signal(signal.SIGTERM, end)
say("loaded", drain_timeout=0.1)
line.recv(10)
say("ready")
"""
DEAF = SERVES.replace("SIGTERM, end", "SIGTERM, signal.SIG_IGN")
FOREVER = "while line.recv(10): pass\n"  # until the parent is gone


def fleet(tmp_path: Path, program: str, workers: int = 1, policy: Policy = QUICK, *, patient: bool = False) -> Fleet:
    blueprint = Blueprint(arguments=("-c", program), directory=tmp_path)
    return Fleet(workers, blueprint, 0.1, policy=policy, patient=patient)


def started(fleet: Fleet) -> gevent.Greenlet:
    """Run a fleet, and wait until all of its workers serve."""
    serving = gevent.event.Event()
    fleet.on_serving = serving.set
    running = gevent.spawn(fleet.run)
    assert serving.wait(LIMIT)
    return running


def code(running: gevent.Greenlet) -> int:
    return running.get(timeout=LIMIT)


@pytest.mark.parametrize(("limit", "workers", "parts"), [(10, 3, [4, 3, 3]), (2, 2, [1, 1]), (7, 1, [7])])
def test_the_shares_of_a_limit_are_the_limit(limit: int, workers: int, parts: list[int]) -> None:
    assert [share(limit, number, workers) for number in range(1, workers + 1)] == parts


def test_deaths_outside_of_the_window_do_not_count() -> None:
    intensity = Intensity(2, 60.0)
    assert [intensity.died(at) for at in (0.0, 1.0, 61.0, 62.0, 63.0)] == [False, False, False, False, True]
    assert intensity.count == 3


def test_a_worker_is_started_again_later_and_later_up_to_a_limit() -> None:
    policy = Policy(first_delay=1.0, longest_delay=30.0)
    assert [policy.delay(attempt, 1.0) for attempt in (0, 1, 4, 5, 10_000)] == [1.0, 2.0, 16.0, 30.0, 30.0]


def counter(name: str, value: int, **labels: str) -> MetricSamples:
    return MetricSamples(name, "counter", "", ((f"{name}_total", labels, float(value)),))


def test_what_has_ended_is_added_up_by_name_and_by_reason_without_gauges() -> None:
    lost = Lost()
    lost.add([counter("relay_calls_offered", 2), counter("relay_calls_refused", 1, policy="drop")])
    lost.add([])
    lost.add(
        [
            counter("relay_calls_offered", 3),
            counter("relay_calls_refused", 1, policy="drop"),
            counter("relay_calls_refused", 4, policy="drain"),
            MetricSamples("relay_calls_live", "gauge", "", (("relay_calls_live", {}, 7.0),)),
        ]
    )
    assert lost.summary() == "calls offered: 5, admitted: 0, refused: drain 4, drop 2; ended: none"
    assert [each.name for each in lost.metrics] == ["relay_calls_offered", "relay_calls_refused"]


def test_an_errand_shows_no_secret() -> None:
    errand = Errand(number=1, workers=2, channel=3, control_socket="x", settings={"token": "PT-secret"})
    assert "PT-secret" not in repr(errand)
    assert "PT-secret" not in repr(Blueprint(arguments=("a",), directory=Path(), settings={"token": "PT-secret"}))


def test_workers_that_keep_dying_are_given_up_with_the_last_cause(tmp_path: Path, log_lines: list[str]) -> None:
    dying = fleet(tmp_path, "raise SystemExit(42)")
    assert code(gevent.spawn(dying.run)) == ExitCode.FAILED
    (told,) = [line for line in log_lines if "giving up" in line]
    assert "4 workers died within 30 s, the last with exit code 42, and none serves calls: giving up" in told
    assert dying.slots[0].restarts == 3


def test_while_another_worker_serves_nothing_is_given_up(tmp_path: Path) -> None:
    program = SERVES + "if errand['number'] == 2: os._exit(3)\n" + FOREVER
    serving = fleet(tmp_path, program, workers=2)
    running = gevent.spawn(serving.run)
    with gevent.Timeout(LIMIT):
        while serving.slots[1].restarts < 8:
            gevent.sleep(0.02)
    assert serving.slots[0].serving
    serving.stop("SIGTERM")
    assert code(running) == ExitCode.OK


@pytest.mark.parametrize("hopeless", [ExitCode.USAGE, ExitCode.BAD_APP, ExitCode.BAD_CONFIG, ExitCode.REFUSED])
def test_what_can_only_fail_again_ends_the_fleet_with_its_exit_code(tmp_path: Path, hopeless: ExitCode) -> None:
    failing = fleet(tmp_path, f"raise SystemExit({int(hopeless)})", workers=3)
    assert code(gevent.spawn(failing.run)) == hopeless
    assert failing.slots[0].restarts == 0


def test_a_patient_fleet_waits_for_a_change_instead(tmp_path: Path) -> None:
    program = f"import pathlib\nif not pathlib.Path({str(tmp_path / 'fixed')!r}).exists(): raise SystemExit(3)\n"
    waiting = fleet(tmp_path, program + SERVES + FOREVER, patient=True)
    serving, failed = gevent.event.Event(), gevent.event.Event()
    waiting.on_serving = serving.set
    waiting.on_loaded.append(lambda _: failed.set())
    running = gevent.spawn(waiting.run)
    assert failed.wait(LIMIT)
    (tmp_path / "fixed").touch()
    waiting.roll("a change")
    assert serving.wait(LIMIT)
    waiting.stop("SIGTERM")
    assert code(running) == ExitCode.OK


def test_a_worker_that_does_not_end_is_killed(tmp_path: Path, log_lines: list[str]) -> None:
    deaf = fleet(tmp_path, DEAF + FOREVER)
    running = started(deaf)
    deaf.stop("SIGTERM")
    assert code(running) == ExitCode.FAILED
    assert any("worker 1 ended with signal 9 instead of draining" in line for line in log_lines)


def test_a_second_signal_right_behind_the_first_reaches_the_worker_as_well(tmp_path: Path) -> None:
    count = "seen = []\nsignal.signal(signal.SIGTERM, lambda *_: seen.append(1) or (len(seen) == 2 and os._exit(7)))\n"
    twice = fleet(tmp_path, SERVES.replace('say("loaded"', count + 'say("loaded"') + FOREVER, policy=Policy())
    running = started(twice)
    for _ in range(2):
        twice.stop("SIGTERM")
    assert code(running) == ExitCode.AT_ONCE


def test_at_a_third_signal_workers_are_killed_without_waiting(tmp_path: Path) -> None:
    policy = Policy(kill_after=60.0)
    deaf = fleet(tmp_path, DEAF + FOREVER, policy=policy)
    running = started(deaf)
    for _ in range(3):
        deaf.stop("SIGTERM")
    assert code(running) == ExitCode.AT_ONCE


def test_what_workers_counted_is_added_up_when_they_have_ended(tmp_path: Path, log_lines: list[str]) -> None:
    counting = fleet(tmp_path, SERVES + FOREVER, workers=3)
    running = started(counting)
    counting.stop("SIGTERM")
    assert code(running) == ExitCode.OK
    assert any("calls offered: 6, admitted: 0, refused: none" in line for line in log_lines)


def test_a_rolling_restart_replaces_workers_one_by_one(tmp_path: Path) -> None:
    rolling = fleet(tmp_path, SERVES + FOREVER, workers=3)
    running = started(rolling)
    before = [slot.worker.pid for slot in rolling.slots if slot.worker is not None]
    fewest = len(before)
    rolling.roll("SIGHUP")
    with gevent.Timeout(LIMIT):
        while {slot.worker.pid for slot in rolling.slots if slot.worker is not None} & set(before):
            fewest = min(fewest, sum(slot.serving for slot in rolling.slots))
            gevent.sleep(0.005)
        while not all(slot.serving for slot in rolling.slots):
            gevent.sleep(0.005)
    assert fewest == 2
    rolling.stop("SIGTERM")
    assert code(running) == ExitCode.OK


def test_arguments_run_the_command_of_this_interpreter_and_not_of_the_current_directory() -> None:
    assert Blueprint.command(["start", "app"]) == ("-P", "-m", "relay_runtime", "start", "app")
    assert sys.flags.safe_path in {True, False}
