"""A long run under a moderate load: `python -m benchmarks.soak --minutes 60`.

A sandbox, an app and `relay-runtime top` run as processes of their own, as an operator runs them; callers dial in. The
resident size of each is sampled. The run fails when the app's memory is not flat, when it logs a warning or worse
that is not explained here, when a call is lost, or when one of them does not end as it should.
"""

import json
import os
import pty
import random
import re
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Annotated, Any
from urllib.request import Request, urlopen

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.processes import ROOT

TENTHS = 10
WARM_UP_RATE = 60.0  # calls a second: in three minutes, the runtime's memory of past calls (10,000 ids) is full
SAMPLE_EVERY_S = 1.0
GRACE_S = 60.0
GROWTH_ALLOWED = 0.03  # of the size after the warm-up; what an allocator does by itself stays below
GROWTH_ALLOWED_BYTES = 2_000_000  # as much is noise, whatever the size
EARLY, LATE = slice(0, 3), slice(7, 10)  # the tenths that are compared
EXPLAINED: dict[str, str] = {}
"""Warnings that belong to such a run: a pattern of the message, and why it comes."""
WORSE = ("warning", "error", "critical")


@dataclass
class Sample:
    """The sizes in bytes at one moment.

    Attributes:
        at: Seconds since the end of the warm-up; negative before.
        placed: Calls that were placed until then.
    """

    at: float
    placed: int
    app: int
    top: int
    sandbox: int


@dataclass
class Outcome:
    """What a run was like.

    Attributes:
        seconds: How long it is, after the warm-up.
        warm_up: How long callers dial in before: what is kept of the past for a while (events and calls that may be
            delivered twice) is full then.
    """

    seconds: float
    warm_up: float
    samples: list[Sample] = field(default_factory=list)
    levels: Counter[str] = field(default_factory=Counter)
    unexplained: Counter[str] = field(default_factory=Counter)
    counters: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    pictures: int = 0

    def cut_short(self) -> None:
        """Judge the run by what there is of it: somebody has ended it."""
        self.faults.append(f"ended by Ctrl-C before its {self.seconds:.0f} s were over")
        self.seconds = max(1.0, self.samples[-1].at if self.samples else 0.0)

    def tenth(self, number: int) -> list[Sample]:
        """The samples of one tenth of the run, from 0."""
        width = self.seconds / TENTHS
        return [sample for sample in self.samples if number * width <= sample.at < (number + 1) * width]

    def medians(self, name: str) -> list[float]:
        """The median of a figure in each tenth; NaN where there was no sample."""
        tenths = ([getattr(sample, name) for sample in self.tenth(number)] for number in range(TENTHS))
        return [statistics.median(values) if values else float("nan") for values in tenths]


def growth(medians: list[float]) -> tuple[float, float]:
    """Return by how many bytes a size has grown from the first tenths to the last ones, and how many are allowed."""
    early, late = statistics.median(medians[EARLY]), statistics.median(medians[LATE])
    return late - early, max(GROWTH_ALLOWED * early, GROWTH_ALLOWED_BYTES)


def resident(pid: int) -> int:
    """Return the resident size of a process in bytes, 0 when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def script(chance: random.Random, at: float) -> list[Any]:
    """Return what one caller does who dials in at a time; in the warm-up, calls are short, so that few are up."""
    if at < 0:
        return [{"waits": 0.1}, "hangs_up"]
    kind = chance.random()
    if kind < 0.3:
        return [{"waits": 2}, {"presses": "1"}, {"waits_for_hangup": 60}]
    if kind < 0.6:
        return [{"waits": 3}, {"presses": "2"}, {"waits_for_hangup": 60}]
    if kind < 0.8:
        return [{"waits_for_hangup": 60}]
    return [{"waits": round(chance.uniform(0.2, 3), 2)}, "hangs_up"]


class Processes:
    """The sandbox, the app and top."""

    def __init__(self, stack: ExitStack, directory: Path, *, time_scale: float, workers: int) -> None:
        self._stack = stack
        self.log = directory / "app.log"
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("SIGNALWIRE_", "RELAY_"))}
        self._environ = {**environ, "XDG_RUNTIME_DIR": str(directory), "TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
        self.sandbox = self._start("sandbox", "--json", "--time-scale", str(time_scale), stdout=subprocess.PIPE)
        assert self.sandbox.stdout is not None
        where = json.loads(self.sandbox.stdout.readline())
        self.control: str = where["control_url"]
        self._environ |= {
            "SIGNALWIRE_SPACE": where["url"],
            "SIGNALWIRE_PROJECT_ID": where["project"],
            "SIGNALWIRE_API_TOKEN": where["token"],
        }
        app = str(ROOT / "benchmarks" / "soak_app.py") + ":Menu"
        log: IO[bytes] = stack.enter_context(self.log.open("wb"))
        arguments = ("-c", "office", "--log-format", "json", "--workers", str(workers))
        self.app = self._start("start", app, *arguments, stderr=log)
        self._wait_until_served("all workers serve" if workers > 1 else "serving the contexts")
        self._screen, theirs = pty.openpty()
        self.top = self._start("top", stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        stack.callback(os.close, self._screen)

    def _start(self, *arguments: str, **streams: Any) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "relay_runtime", *arguments],
            cwd=self.log.parent,
            env=self._environ,
            start_new_session=True,  # Ctrl-C is for this process, which ends the others
            **streams,
        )
        self._stack.callback(self._end, process)
        return process

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.kill()
            process.wait()

    def _wait_until_served(self, words: str) -> None:
        deadline = time.monotonic() + GRACE_S
        while words not in self.log.read_text():
            if time.monotonic() > deadline or self.app.poll() is not None:
                raise SystemExit(f"the app did not start: {self.log.read_text()}")
            time.sleep(0.1)

    def look(self, seconds: float) -> int:
        """Read what top draws for a while; return how many pictures there were."""
        deadline = time.monotonic() + seconds
        pictures = 0
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self._screen], [], [], left)[0]:
                try:
                    pictures += os.read(self._screen, 65536).count(b"Supervisor")
                except OSError:
                    time.sleep(max(0.0, left))  # top has ended, and that is told at the end
        return pictures


def request(url: str, body: Any = None) -> Any:
    """Return the decoded JSON of a GET, or of a POST when there is a body."""
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data, {"Content-Type": "application/json"}), timeout=10) as answer:
        return json.loads(answer.read())


def put_under_load(processes: Processes, outcome: Outcome, rate: float, note: Any) -> None:
    """Place calls at a rate and sample the sizes, until the time is over."""
    chance = random.Random(1)
    began = time.monotonic() + outcome.warm_up
    placed, next_call, next_sample = 0, -outcome.warm_up, -outcome.warm_up
    while (at := time.monotonic() - began) < outcome.seconds:
        if at >= next_call:
            request(f"{processes.control}/calls", {"context": "office", "steps": script(chance, at)})
            placed += 1
            next_call += chance.expovariate(WARM_UP_RATE if at < 0 else rate)
        if at >= next_sample:
            sizes = {name: resident(getattr(processes, name).pid) for name in ("app", "top", "sandbox")}
            outcome.samples.append(Sample(at, placed, **sizes))
            next_sample = at + SAMPLE_EVERY_S
            note(f"{at:.0f} of {outcome.seconds:.0f} s, {placed} calls, app {sizes['app'] / 1e6:.1f} MB")
        outcome.pictures += processes.look(max(0.0, min(next_call, next_sample) - (time.monotonic() - began)))


def end(processes: Processes, outcome: Outcome) -> None:
    """Stop top and the app as an operator does, and see how they end."""
    if processes.top.poll() is not None:
        outcome.faults.append(f"top ended during the run, with exit code {processes.top.returncode}")
    processes.top.send_signal(signal.SIGINT)
    for name, process in (("top", processes.top), ("app", processes.app)):
        if name == "app":
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        while process.poll() is None and time.monotonic() < deadline:
            processes.look(0.1)
        if process.returncode != 0:
            outcome.faults.append(f"{name} ended with exit code {process.returncode}")
    outcome.counters = request(f"{processes.control}/counters")


def read_log(path: Path, outcome: Outcome) -> None:
    """Count the app's lines by level, and keep those that nobody has explained."""
    for line in path.read_text().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            entry = {"level": "no JSON", "message": line}
        level, message = entry["level"], entry["message"]
        outcome.levels[level] += 1
        explained = any(re.search(pattern, message) for pattern in EXPLAINED)
        if (level in WORSE or level == "no JSON") and not explained:
            outcome.unexplained[f"{level}: {message}"] += 1


def judge(outcome: Outcome) -> list[str]:
    """Return what is wrong with a run."""
    faults = list(outcome.faults)
    for name in ("app", "top"):
        grown, allowed = growth(outcome.medians(name))
        if not grown <= allowed:
            faults.append(f"the memory of {name} grew by {grown / 1e6:.1f} MB; {allowed / 1e6:.1f} MB are allowed")
    faults += [f"{count} times {line}" for line, count in outcome.unexplained.most_common(20)]
    counters = outcome.counters
    lost = counters["placed"] - counters["answered"] - counters["abandoned"]
    if lost:
        faults.append(f"{lost} of {counters['placed']} calls were not answered: {counters}")
    for name in ("internal_errors", "calls_up", "failed_scripts"):
        if counters[name]:
            faults.append(f"the sandbox counts {counters[name]} {name}")
    if outcome.pictures < outcome.seconds / 4:
        faults.append(f"top drew {outcome.pictures} pictures only")
    return faults


def tell(console: Console, outcome: Outcome, faults: list[str]) -> None:
    """Print the run as a table, and what is wrong with it."""
    table = Table("tenth", "calls", "app, MB", "top, MB", "sandbox, MB")
    medians = {name: outcome.medians(name) for name in ("app", "top", "sandbox", "placed")}
    for number in range(TENTHS):
        sizes = (f"{medians[name][number] / 1e6:.2f}" for name in ("app", "top", "sandbox"))
        last = outcome.tenth(number)[-1].placed if outcome.tenth(number) else 0
        table.add_row(str(number + 1), str(last), *sizes)
    console.print(table)
    levels = ", ".join(f"{level} {count}" for level, count in sorted(outcome.levels.items()))
    console.print(f"log lines by level: {levels}; pictures of top: {outcome.pictures}")
    console.print(f"sandbox: {outcome.counters}")
    for name in ("app", "top"):
        grown, allowed = growth(outcome.medians(name))
        console.print(
            f"{name}: {grown / 1e6:+.2f} MB from the first tenths to the last; {allowed / 1e6:.2f} MB are allowed"
        )
    for fault in faults:
        console.print(f"WRONG: {fault}")
    if not faults:
        console.print("memory is flat, and every warning is explained")


def main(
    minutes: Annotated[float, typer.Option(min=0.2, help="How long callers dial in, after the warm-up.")] = 60.0,
    warm_up: Annotated[float, typer.Option(min=0, help="Minutes of many short calls before; not judged.")] = 3.0,
    rate: Annotated[float, typer.Option(min=0.1, help="Calls a second.")] = 8.0,
    time_scale: Annotated[float, typer.Option(min=0.001, help="Real seconds per second on the line.")] = 1.0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that serve the calls.")] = 1,
) -> None:
    """Let callers dial in for a long time with `top` open, and see whether memory stays flat and the log quiet."""
    console = Console(markup=False, highlight=False, soft_wrap=True)
    outcome = Outcome(minutes * 60, warm_up * 60)
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="soak-") as directory:
        with stack:
            processes = Processes(stack, Path(directory), time_scale=time_scale, workers=workers)
            with console.status("the load begins") as status:
                try:
                    put_under_load(processes, outcome, rate, status.update)
                except KeyboardInterrupt:
                    outcome.cut_short()
            end(processes, outcome)
        read_log(Path(directory) / "app.log", outcome)
    faults = judge(outcome)
    tell(console, outcome, faults)
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    typer.run(main)
