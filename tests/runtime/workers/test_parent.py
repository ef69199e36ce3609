"""The parent of several workers: starts, deaths, replacements, signals."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import gevent
import pytest
from doubles.hub import until
from doubles.worker_process import DEAF, FOREVER, SERVES, SILENT

from relay_actors.kit.restarts import Backoff, Intensity
from relay_runtime.process.process import ExitCode
from relay_runtime.workers import Blueprint, Parent, Policy

pytestmark = pytest.mark.slow  # processes and sockets

LIMIT = 60.0
QUICK = Policy(backoff=Backoff(first=0.01, limit=0.02), intensity=Intensity(3, 30.0), kill_after=0.5)


def parent_of(
    tmp_path: Path, program: str, workers: int = 1, policy: Policy = QUICK, *, patient: bool = False
) -> Parent:
    blueprint = Blueprint(arguments=("-c", program), directory=tmp_path)
    return Parent(workers, blueprint, 0.1, policy=policy, patient=patient)


def started(parent: Parent) -> gevent.Greenlet:
    """Run a parent, and wait until all of its workers serve."""
    serving = gevent.event.Event()
    parent.on_serving.append(serving.set)
    running = gevent.spawn(parent.run)
    assert serving.wait(LIMIT)
    return running


def code(running: gevent.Greenlet) -> int:
    return running.get(timeout=LIMIT)


def test_workers_that_keep_dying_are_given_up_with_the_last_cause(tmp_path: Path, log_lines: list[str]) -> None:
    dying = parent_of(tmp_path, "raise SystemExit(42)")
    assert code(gevent.spawn(dying.run)) == ExitCode.FAILED
    (told,) = [line for line in log_lines if "giving up" in line]
    assert "4 workers died within 30 s, the last with exit code 42 while it loaded the app, and none serves" in told
    assert dying.slots[0].restarts.total == 3


@pytest.mark.parametrize("end", ["raise SystemExit(0)", "os._exit(0)", "os._exit(6)"])
def test_a_worker_that_ends_by_itself_while_it_loads_the_app_is_no_clean_end(
    tmp_path: Path, log_lines: list[str], end: str
) -> None:
    dying = parent_of(tmp_path, f"import os\n{end}")
    assert code(gevent.spawn(dying.run)) == ExitCode.FAILED
    assert any("exit code 0 while it loaded the app" in line for line in log_lines) == ("0" in end)
    assert not any("every call ended by itself" in line for line in log_lines)


LOADS = (
    "import os, signal, sys, time, pathlib\n{handler}\npathlib.Path({here!r}).touch()\nwhile True: time.sleep(0.01)\n"
)
"""Does not come to the end of loading the app."""


@pytest.mark.parametrize(
    ("handler", "end"),
    [
        ("", "signal 15"),
        ("signal.signal(signal.SIGTERM, lambda *_: os._exit(0))", "exit code 0"),
        ("signal.signal(signal.SIGTERM, lambda *_: sys.exit())", "exit code 0"),
    ],
)
def test_a_worker_that_is_stopped_while_it_loads_the_app_is_no_clean_end(
    tmp_path: Path, log_lines: list[str], handler: str, end: str
) -> None:
    begun = tmp_path / "begun"
    loading = parent_of(tmp_path, LOADS.format(handler=handler, here=str(begun)))
    running = gevent.spawn(loading.run)
    until(begun.exists, "the loading", LIMIT)
    loading.stop("SIGTERM")
    assert code(running) == ExitCode.FAILED
    assert any(f"worker 1 ended with {end} while it loaded the app" in line for line in log_lines)
    assert not any("every call ended by itself" in line for line in log_lines)


@pytest.mark.parametrize(("own", "expected"), [(False, ExitCode.OK), (True, ExitCode.FAILED)])
def test_a_replacement_that_is_stopped_while_it_loads_counts_if_it_ended_by_itself(
    tmp_path: Path, log_lines: list[str], own: bool, expected: ExitCode
) -> None:
    there, begun = tmp_path / "there", tmp_path / "begun"
    handler = "signal.signal(signal.SIGTERM, lambda *_: os._exit(0))" if own else ""
    other = LOADS.format(handler=handler, here=str(begun))
    first = f"import pathlib\nif pathlib.Path({str(there)!r}).exists():\n exec({other!r})\n"
    rolling = parent_of(tmp_path, first + SERVES + FOREVER)
    running = started(rolling)
    there.touch()
    rolling.roll("a change")
    until(begun.exists, "the loading of the replacement", LIMIT)
    rolling.stop("SIGTERM")
    assert code(running) == expected
    assert any("while it loaded the app" in line for line in log_lines)


def test_while_another_worker_serves_nothing_is_given_up(tmp_path: Path) -> None:
    program = SERVES + "if errand['number'] == 2: os._exit(3)\n" + FOREVER
    serving = parent_of(tmp_path, program, workers=2)
    running = gevent.spawn(serving.run)
    until(lambda: serving.slots[1].restarts.total >= 8, "eight restarts", LIMIT)
    assert serving.slots[0].serving
    serving.stop("SIGTERM")
    assert code(running) == ExitCode.OK


@pytest.mark.parametrize(("healthy_after", "forgotten"), [(0.0, True), (60.0, False)])
def test_a_worker_that_has_served_for_long_enough_starts_to_count_its_deaths_anew(
    tmp_path: Path, healthy_after: float, forgotten: bool
) -> None:
    program = SERVES + "if errand['number'] == 2: os._exit(3)\n" + FOREVER
    policy = Policy(backoff=Backoff(first=0.001, limit=0.002, healthy_after=healthy_after), kill_after=LIMIT)
    serving = parent_of(tmp_path, program, workers=2, policy=policy)
    running = gevent.spawn(serving.run)
    restarts = serving.slots[1].restarts
    until(lambda: restarts.total >= 4, "four restarts", LIMIT)
    assert (restarts.count == 1) == forgotten
    serving.stop("SIGTERM")
    assert code(running) == ExitCode.OK


@pytest.mark.parametrize("hopeless", [ExitCode.USAGE, ExitCode.BAD_APP, ExitCode.BAD_CONFIG, ExitCode.REFUSED])
def test_what_can_only_fail_again_ends_the_parent_with_its_exit_code(tmp_path: Path, hopeless: ExitCode) -> None:
    failing = parent_of(tmp_path, f"raise SystemExit({int(hopeless)})", workers=3)
    assert code(gevent.spawn(failing.run)) == hopeless
    assert failing.slots[0].restarts.total == 0


def test_a_patient_parent_waits_for_a_change_instead(tmp_path: Path) -> None:
    program = f"import pathlib\nif not pathlib.Path({str(tmp_path / 'fixed')!r}).exists(): raise SystemExit(3)\n"
    waiting = parent_of(tmp_path, program + SERVES + FOREVER, patient=True)
    serving, failed = gevent.event.Event(), gevent.event.Event()
    waiting.on_serving.append(serving.set)
    waiting.on_loaded.append(lambda _: failed.set())
    running = gevent.spawn(waiting.run)
    assert failed.wait(LIMIT)
    (tmp_path / "fixed").touch()
    waiting.roll("a change")
    assert serving.wait(LIMIT)
    waiting.stop("SIGTERM")
    assert code(running) == ExitCode.OK


@pytest.mark.parametrize("end", ["os._exit(0)", "os._exit(1)"])
def test_a_patient_parent_starts_what_has_ended_by_its_own_code_again_at_a_change_only(
    tmp_path: Path, log_lines: list[str], end: str
) -> None:
    fixed = tmp_path / "fixed"
    ends = f"import os, pathlib\nif not pathlib.Path({str(fixed)!r}).exists(): {end}\n"
    waiting = parent_of(tmp_path, SERVES + ends + FOREVER, patient=True)
    running = gevent.spawn(waiting.run)
    until(lambda: any("waiting for a change" in line for line in log_lines))
    assert waiting.living == []
    assert waiting.slots[0].restarts.total == 0
    fixed.touch()
    waiting.roll("a change")
    until(lambda: waiting.slots[0].serving)
    waiting.stop("SIGTERM")
    code(running)


def test_a_worker_that_does_not_end_is_killed(tmp_path: Path, log_lines: list[str]) -> None:
    deaf = parent_of(tmp_path, DEAF + FOREVER)
    running = started(deaf)
    deaf.stop("SIGTERM")
    assert code(running) == ExitCode.FAILED
    assert any(
        "worker 1 did not drain: it ended with signal 9, killed by its parent since it had not ended in time" in line
        for line in log_lines
    )


def test_a_silent_worker_is_named_counted_killed_and_started_again(tmp_path: Path, log_lines: list[str]) -> None:
    once = f"import pathlib\nfirst = not pathlib.Path({str(tmp_path / 'before')!r}).exists()\n"
    begins = f"pathlib.Path({str(tmp_path / 'before')!r}).touch()\n"
    program = f"{once}{begins}exec({SILENT!r} if first else {SERVES!r})\n{FOREVER}"
    policy = Policy(backoff=Backoff(first=0.01, limit=0.02), kill_after=LIMIT, timeout=2.0)
    silent = parent_of(tmp_path, program, policy=policy)
    running = started(silent)
    until(lambda: silent.slots[0].restarts.total == 1 and silent.slots[0].serving, "the next worker", LIMIT)
    assert silent.timeouts == 1
    (told,) = [line for line in log_lines if "has been silent for" in line]
    assert "no thread of it answers where it stands" in told
    assert "is killed" in told
    assert any(
        "ended with signal 9, killed by its parent since it was silent; starting it again" in line for line in log_lines
    )
    silent.stop("SIGTERM")
    assert code(running) == ExitCode.OK


def test_a_worker_that_may_be_silent_for_ever_is_left_alone(tmp_path: Path) -> None:
    silent = parent_of(tmp_path, SILENT + FOREVER, policy=Policy(timeout=0.0))
    running = started(silent)
    (worker,) = silent.living
    heartbeat = worker._heartbeat
    assert heartbeat is not None
    until(lambda: heartbeat._waits, "a question", LIMIT)
    assert (worker.silence, silent.timeouts) == ("", 0)
    silent.stop("SIGTERM")
    assert code(running) == ExitCode.OK


@pytest.mark.parametrize("other", [0, 6, 7, 1])
def test_a_worker_that_left_calls_up_weighs_more_than_any_other(
    tmp_path: Path, log_lines: list[str], other: int
) -> None:
    codes = f"os._exit(8 if errand['number'] == 1 else {other})"
    leaving = parent_of(tmp_path, SERVES.replace("os._exit(0)", codes) + FOREVER, workers=2)
    running = started(leaving)
    leaving.stop("SIGTERM")
    assert code(running) == ExitCode.UNREACHABLE
    assert any("worker 1: calls may be up still; its own lines name them" in line for line in log_lines)
    assert not any("every call ended by itself" in line for line in log_lines)


LEAVES = SERVES.replace('say("ready")', 'count(2, "call-a", "call-b", offered=3, admitted=2); say("ready")')
"""The same, with two calls up."""
ONCE = "import pathlib\nhere = pathlib.Path({!r})\nfirst = not here.exists()\nhere.touch()\n"


@pytest.mark.parametrize("end", ["os._exit(3)", "os.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)"])
def test_calls_of_a_worker_that_died_are_named_and_counted_and_weigh_more_than_a_clean_end(
    tmp_path: Path, log_lines: list[str], end: str
) -> None:
    program = ONCE.format(str(tmp_path / "before")) + f"exec({LEAVES + end!r} if first else {SERVES + FOREVER!r})\n"
    dying = parent_of(tmp_path, program)
    running = gevent.spawn(dying.run)
    until(lambda: dying.slots[0].restarts.total == 1 and dying.slots[0].serving, "the next worker", LIMIT)
    assert dying.outcome.left_up == 2
    (told,) = [line for line in log_lines if "calls may be up still: 2: call-a, call-b" in line]
    assert told.startswith("ERROR worker 1 ended with ")
    dying.stop("SIGTERM")
    assert code(running) == ExitCode.UNREACHABLE
    assert not any("every call ended by itself" in line for line in log_lines)
    assert any("stopped: calls may be up still" in line for line in log_lines)
    (total,) = [line for line in log_lines if "all workers have ended" in line]
    assert "calls offered: 4, admitted: 2" in total  # one of them by the worker that ended well
    assert "incomplete: workers that died without a last word: 1" in total


def test_a_worker_that_is_replaced_and_leaves_calls_up_counts_as_well(tmp_path: Path) -> None:
    program = ONCE.format(str(tmp_path / "before")) + f"exec(({LEAVES!r} if first else {SERVES!r}) + {FOREVER!r})\n"
    rolling = parent_of(tmp_path, program.replace("SIGTERM, end", "SIGTERM, lambda *_: os._exit(8)"))
    running = started(rolling)
    first = rolling.slots[0].worker
    rolling.roll("a change")
    until(lambda: rolling.slots[0].worker is not first and rolling.slots[0].serving, "the replacement", LIMIT)
    assert rolling.outcome.left_up == 2
    rolling.slots[0].worker.kill("of the test")
    rolling.stop("SIGTERM")
    assert code(running) == ExitCode.UNREACHABLE


@pytest.mark.parametrize("signals", [1, 2])
def test_a_blocked_worker_is_killed_with_a_line_that_says_so_and_what_it_left(
    tmp_path: Path, log_lines: list[str], signals: int
) -> None:
    blocked = LEAVES.replace("threading.Thread(target=answer, daemon=True).start()", "pass")
    policy = Policy(kill_after=LIMIT * 2 if signals == 2 else 0.1, blocked_after=0.1, timeout=0.0)
    stopping = parent_of(tmp_path, blocked.replace("SIGTERM, end", "SIGTERM, signal.SIG_IGN") + FOREVER, policy=policy)
    running = started(stopping)
    (worker,) = stopping.living
    for _ in range(signals):
        stopping.stop("SIGTERM")
    assert code(running) == ExitCode.UNREACHABLE
    killed = f"worker 1 has not ended in time; process {worker.pid} is killed, with calls up: 2"
    assert any(killed in line for line in log_lines)
    left = "worker 1 ended with signal 9, killed by its parent since it had not ended in time; calls may be up still: 2"
    assert any(f"{left}: call-a, call-b" in line for line in log_lines)


def test_a_second_signal_right_behind_the_first_reaches_the_worker_as_well(tmp_path: Path) -> None:
    count = "seen = []\nsignal.signal(signal.SIGTERM, lambda *_: seen.append(1) or (len(seen) == 2 and os._exit(7)))\n"
    twice = parent_of(tmp_path, SERVES.replace('say("loaded"', count + 'say("loaded"') + FOREVER, policy=Policy())
    running = started(twice)
    for _ in range(2):
        twice.stop("SIGTERM")
    assert code(running) == ExitCode.AT_ONCE


def test_at_a_third_signal_workers_are_killed_without_waiting(tmp_path: Path) -> None:
    policy = Policy(kill_after=60.0)
    deaf = parent_of(tmp_path, DEAF + FOREVER, policy=policy)
    running = started(deaf)
    for _ in range(3):
        deaf.stop("SIGTERM")
    assert code(running) == ExitCode.AT_ONCE


def test_what_workers_counted_is_added_up_when_they_have_ended(tmp_path: Path, log_lines: list[str]) -> None:
    counting = parent_of(tmp_path, SERVES + FOREVER, workers=3)
    running = started(counting)
    counting.stop("SIGTERM")
    assert code(running) == ExitCode.OK
    assert any("calls offered: 6, admitted: 0, refused: none" in line for line in log_lines)


def test_a_rolling_restart_replaces_workers_one_by_one(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    note = f"""
def note(what):
    with open({str(diary)!r}, "a") as file:
        file.write(f"{{errand['number']}} {{what}}\\n")
"""
    program = SERVES.replace("def end(*_):\n", f'{note}def end(*_):\n    note("ends")\n')
    program = program.replace('say("ready")\n', 'note("serves")\nsay("ready")\n')
    rolling = parent_of(tmp_path, program + FOREVER, workers=3)
    running = started(rolling)
    before = {slot.worker.pid for slot in rolling.slots if slot.worker is not None}
    diary.write_text("")
    rolling.roll("SIGHUP")
    until(lambda: len(diary.read_text().splitlines()) == 6, "three replacements", LIMIT)
    until(lambda: all(slot.serving for slot in rolling.slots), "the last replacement", LIMIT)
    assert not {slot.worker.pid for slot in rolling.slots if slot.worker is not None} & before
    assert diary.read_text().splitlines() == ["1 ends", "1 serves", "2 ends", "2 serves", "3 ends", "3 serves"]
    rolling.stop("SIGTERM")
    assert code(running) == ExitCode.OK


def test_a_worker_that_is_to_be_replaced_is_alone_and_in_its_turn(tmp_path: Path, log_lines: list[str]) -> None:
    parent = parent_of(tmp_path, SERVES + FOREVER, workers=3)
    running = started(parent)
    before = [slot.worker for slot in parent.slots]
    for slot in (parent.slots[2], parent.slots[0], parent.slots[2]):
        parent.replace(slot, "has had 5 calls")
    until(lambda: all(slot.serving for slot in parent.slots) and parent.slots[0].worker is not before[0], "two", LIMIT)
    after = [slot.worker for slot in parent.slots]
    assert [old is new for old, new in zip(before, after, strict=True)] == [False, True, False]
    parent.stop("SIGTERM")
    assert code(running) == ExitCode.OK
    told = [line.removesuffix(" {}\n") for line in log_lines if "replac" in line]
    assert told == [f"INFO worker {number} has had 5 calls: replacing it" for number in (3, 1)]


def test_a_rolling_restart_that_is_asked_for_meanwhile_comes_afterwards(tmp_path: Path, log_lines: list[str]) -> None:
    parent = parent_of(tmp_path, SERVES + FOREVER, workers=2)
    running = started(parent)
    second = parent.slots[1].worker
    parent.replace(parent.slots[0], "has had 5 calls")
    parent.roll("SIGHUP")
    until(lambda: parent.slots[1].worker is not second and parent.slots[1].serving, "the second one's turn", LIMIT)
    parent.stop("SIGTERM")
    assert code(running) == ExitCode.OK
    assert sum("every worker was replaced" in line for line in log_lines) == 1


HEARS = (
    SERVES
    + """
import pathlib
while heard := line.recv(64):
    with pathlib.Path("heard").open("ab") as told:
        told.write(b"%d " % errand["number"] + heard)
"""
)
"""Writes down what its parent says while it serves."""


def test_those_that_serve_are_told_at_once_that_another_one_has_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They take its ledger over."""
    monkeypatch.chdir(tmp_path)
    parent = parent_of(tmp_path, HEARS, workers=2)
    running = started(parent)
    first, second = (slot.worker for slot in parent.slots)
    assert first is not None
    assert second is not None
    os.kill(first.pid, signal.SIGKILL)
    heard = tmp_path / "heard"
    until(
        lambda: heard.exists() and heard.read_bytes().startswith(b"%d died\n" % second.number), "the word of it", LIMIT
    )
    parent.request_stop("the test is over")
    code(running)
