"""Plays seven waits in virtual time, many times over beside busy loops, and counts how many outcomes each has.

An outcome is every frame that passes with its virtual time, what the far end heard, and what the code of the app was
told. Runs are spread over processes, since Python orders what it hashes differently in each.

    python -m proof.outcomes [RUNS] [BUSY]
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import gevent
from loguru import logger

from relay_runtime import CallActor, RelayError, Timing
from relay_runtime.sandbox import Caller
from relay_runtime.testing import RelayKit

__all__ = ["WAITS", "main", "outcome"]

_PROCESSES: Final = 4


class Patient(CallActor):
    """Asks three times, ten words each, and waits 30 s for a key."""

    def run(self) -> None:
        self.answer()
        for _ in range(3):
            self.play_and_collect(
                [{"type": "tts", "params": {"text": "Press one."}}],
                {"digits": {"max": 1}, "initial_timeout": 30},
            ).wait()
        self.hangup()


class Talkative(CallActor):
    """Talks for as long as it is let."""

    def run(self) -> None:
        if self.direction == "inbound":
            self.answer()
        while True:
            self.play_tts("And another thing.").wait()


class Offloading(CallActor):
    """Has a thread work in mid-call, twice at a time."""

    def run(self) -> None:
        self.answer()
        self.play_tts("One moment.").wait()
        for _ in range(3):
            self.offload(time.sleep, 0.002)
            gevent.sleep(7)
        self.play_tts("Thank you.").wait()
        self.hangup()


def three_silences(kit: RelayKit) -> object:
    """Three silences of 30 s."""
    return kit.sandbox.place(Caller("+15550100001").dials("office")).wait(600)


def maximum(kit: RelayKit) -> object:
    """A dial whose call may last 600 s."""
    devices = [[{"type": "phone", "params": {"from_number": "+15550100099", "to_number": "+15550100002"}}]]
    kit.client.dial(devices, max_duration=600, call_actor=Talkative)
    return kit.sandbox.runs("+15550100002")[0].wait(700)


def offload(kit: RelayKit) -> object:
    """Threads in mid-call."""
    return kit.sandbox.place(Caller("+15550100001").dials("office")).wait(600)


def withheld(kit: RelayKit) -> object:
    """A reply that never comes."""
    kit.sandbox.arm("calling.play", withhold=True)
    began = kit.clock.now()
    return _told(lambda: kit.client.execute("calling.play", {"call_id": "none", "node_id": "none"})), (
        round(kit.clock.now() - began, 6)
    )


def outbox(kit: RelayKit) -> object:
    """A command that waits for a connection until its deadline."""
    kit.sandbox.faults.refuse("hang", times=100)
    kit.sandbox.cut()
    gevent.sleep(1)
    began = kit.clock.now()
    told = _told(lambda: kit.client.execute("calling.play", {"call_id": "none", "node_id": "none"}))
    return told, round(kit.clock.now() - began, 6)


def backoff(kit: RelayKit) -> object:
    """Ten tries that are refused, and the one behind them."""
    kit.sandbox.faults.refuse("http", times=10)
    kit.sandbox.cut()
    while kit.client.state == "connected":
        gevent.sleep(0.1)
    while kit.client.state != "connected":
        gevent.sleep(0.1)
    return kit.clock.now()


def session_lost(kit: RelayKit) -> object:
    """A session that is lost at the end of its window, with a call."""
    run = kit.sandbox.place(Caller("+15550100001").dials("office"))
    gevent.sleep(20)
    kit.sandbox.faults.refuse("hang", times=2)
    kit.sandbox.cut()
    return run.wait(600)


def _told(command: Callable[[], object]) -> str:
    try:
        return repr(command())
    except RelayError as error:
        return repr(error)


WAITS: Final[dict[str, tuple[Callable[[RelayKit], object], Any]]] = {
    "three silences of 30 s": (three_silences, Patient),
    "a maximum of 600 s": (maximum, Patient),
    "offload in mid-call": (offload, Offloading),
    "a reply withheld": (withheld, Patient),
    "the outbox's deadline": (outbox, Patient),
    "a backoff": (backoff, Patient),
    "a session lost at its window": (session_lost, Talkative),
}


def outcome(name: str) -> tuple[str, float, object]:
    """Play one wait; return a digest of all that happened, the virtual seconds, and what the test saw."""
    play, app = WAITS[name]
    digest = hashlib.sha256()
    with RelayKit(app, contexts=["office"], timing=Timing()) as kit:

        def see(direction: str, frame: str | bytes) -> None:
            text = frame if isinstance(frame, str) else frame.decode()
            digest.update(f"{kit.clock.now()} {direction} {text}\n".encode())

        kit.client.tap.watch(see)
        seen = play(kit)
        digest.update(f"{seen} {getattr(seen, 'transcript', None)} {kit.clock.now()}".encode())
        passed = kit.clock.now()
    return digest.hexdigest()[:16], passed, seen


def main(runs: int = 100, busy: int = 3) -> dict[str, dict[str, int]]:
    """Play each wait so often beside so many busy loops; print a table, and return how often each outcome came."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
    try:
        share = -(-runs // _PROCESSES)
        found: dict[str, dict[str, int]] = {name: {} for name in WAITS}
        began = time.monotonic()
        for _ in range(_PROCESSES):
            command = [sys.executable, "-m", "proof.outcomes", "played", str(share)]
            path = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
            environment = {**os.environ, "PYTHONPATH": path}
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=False)
            if done.returncode:
                raise SystemExit(f"a process that plays the waits has ended with {done.returncode}:\n{done.stderr}")
            for line in done.stdout.splitlines():
                name, digest, seconds = line.split("\t")
                count = found[name]
                count[f"{digest} {seconds}"] = count.get(f"{digest} {seconds}", 0) + 1
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    print(f"| wait | virtual seconds | outcomes in {share * _PROCESSES} runs |\n|---|---:|---:|")
    for name, outcomes in found.items():
        print(f"| {name} | {', '.join(sorted({each.split()[1] for each in outcomes}))} | {len(outcomes)} |")
    print(f"\n{time.monotonic() - began:.0f} s of the machine, beside {busy} busy loops")
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["played"]:
        logger.remove()
        for _ in range(int(sys.argv[2])):
            for each in WAITS:
                print(each, *outcome(each)[:2], sep="\t")
    else:
        main(*map(int, sys.argv[1:]))
