"""A real deployment's shape: one worker beside two, `python -m benchmarks.workers`.

`relay-runtime start` serves 5,000 calls in prompts of 25 seconds while 200 new ones come a second; see
`benchmarks.load.deployed`. The two deployments take turns, so that a machine whose speed changes does so for both.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks import results
from benchmarks.deployment import Deployment
from benchmarks.plan import Step
from benchmarks.processes import ROOT, LoadServer, RunFailed
from benchmarks.report import MISSING, Grid
from benchmarks.samples import median_of, spread
from benchmarks.suite import Measurements, Run, rotated

SCENARIO, MARK = "deployed", "workers"
WORKERS = {1: "one worker", 2: "two workers"}
HELD, RATE = 5_000, 200
WIDTH = 120
SETTLE_S, SECONDS, ROUNDS = 2.0, 12.0, 3
STEP = Step(SCENARIO, "deployed", {"held": HELD, "rate": RATE, "settle_s": SETTLE_S, "seconds": SECONDS}, limit_s=40.0)


@dataclass(frozen=True)
class Layout:
    """Which cores the load server and the workers run on.

    Attributes:
        server: The load server's own core, or None: wherever the system puts it.
        workers: The workers' own cores, in order; empty: wherever the system puts them.
        text: The same in words.
    """

    server: int | None
    workers: tuple[int, ...]
    text: str

    @classmethod
    def choose(cls, workers: int, cores: Sequence[int]) -> "Layout":
        """Give each process a core of its own if there are enough; otherwise the system shares them out.

        Raises:
            RunFailed: Several workers, and one core.
        """
        if len(cores) > workers:
            last = tuple(sorted(cores)[-workers:])
            return cls(min(cores), last, "a core each, the load server too")
        if workers > 1 and len(cores) < 2:
            raise RunFailed(f"not measured: {workers} workers need as many cores, and there is one")
        several = f"{workers} workers" if workers > 1 else "the worker"
        shared = f"{len(cores)} cores" if len(cores) > 1 else "the only core"
        return cls(None, (), f"{several} and the load server share {shared}")


def run_once(workers: int, round_: int, cores: Sequence[int], step: Step = STEP) -> Run:
    """Take a deployment through its day, in processes of their own. Blocks until they are gone."""
    name, facts = WORKERS[workers], {"cores": MISSING}
    startup: dict[str, Any] = {}
    figures: dict[str, dict[str, Any]] = {}
    strays: dict[str, int] = {}
    try:
        layout = Layout.choose(workers, cores)
        facts["cores"] = layout.text
        with LoadServer(layout.server, workers) as server, Deployment(server.port, cores, workers) as served:
            for pid, core in zip(served.pids, layout.workers, strict=False):
                pin(pid, core)
            startup = served.startup
            server.ask("clients", 5, pids=served.pids, parent=served.parent)
            answer = server.ask(step.do, step.limit_s, **step.options)
            strays = answer.pop("strays")
            figures[step.key] = {**answer, **facts}
    except RunFailed as failure:
        return Run(SCENARIO, name, round_, startup, {step.key: facts, **figures}, str(failure), strays)
    return Run(SCENARIO, name, round_, startup, figures, strays=strays)


def pin(pid: int, core: int) -> None:
    """Keep a process, with all threads that it has, on a core."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), {core})


def number(name: str, digits: int = 0, scale: float = 1.0) -> Callable[[list[dict[str, Any]]], str]:
    """Return what shows the median of a figure over the rounds, and how far they lie apart."""

    def shown(rounds: list[dict[str, Any]]) -> str:
        series = [figures.get(name) for figures in rounds]
        middle = median_of(series)
        if middle is None:
            return MISSING
        return f"{middle * scale:,.{digits}f}" + (f" ±{spread(series):.0%}" if len(series) > 1 else "")

    return shown


def sizes(rounds: list[dict[str, Any]]) -> str:
    """Show the memory of each process, in MB: the median of the rounds."""
    each = [figures["rss_bytes_each"] for figures in rounds if "rss_bytes_each" in figures]
    middles = (median_of(series) or 0 for series in zip(*each, strict=True))
    return " and ".join(f"{middle / 1e6:,.0f}" for middle in middles) or MISSING


def places(rounds: list[dict[str, Any]]) -> str:
    """Say who ran where."""
    return rounds[-1]["cores"] if rounds else MISSING


ROWS: tuple[tuple[str, Callable[[list[dict[str, Any]]], str]], ...] = (
    ("calls up, on average", number("held")),
    ("calls that ended per second", number("calls_per_s", 1)),
    ("offer→answer p50, ms", number("p50_ms", 2)),
    ("… p99, ms", number("p99_ms", 2)),
    ("… p99.9, ms", number("p999_ms", 2)),
    ("CPU of all workers per call, µs", number("cpu_us_per_call")),
    ("… share of one core, %", number("client_cpu_share", 1, 100)),
    ("CPU share of their parent, %", number("parent_cpu_share", 2, 100)),
    ("CPU share of the load server, %", number("server_cpu_share", 1, 100)),
    ("memory of each worker, MB", sizes),
    ("memory of their parent, MB", number("parent_rss_bytes", scale=1e-6)),
    ("where", places),
)


def grid(measurements: Measurements) -> Grid:
    """Return the table: a column for each deployment."""
    columns = [[run.figures[SCENARIO] for run in measurements.runs if run.client == name] for name in WORKERS.values()]
    rows = tuple((text, *(shown(rounds) for rounds in columns)) for text, shown in ROWS)
    return Grid(("median", *WORKERS.values()), rows)


def notes(measurements: Measurements) -> list[str]:
    """Return what a reader has to know before trusting the figures."""
    found = [*measurements.errors()]
    for run in measurements.runs:
        found += [f"{run.client} sent in vain: {kind}, {times:,} times" for kind, times in run.strays.items()]
    return list(dict.fromkeys(found))


def markdown(kept: results.Results) -> str:
    """Return what the page shows."""
    measurements = Measurements(kept.runs)
    return "\n\n".join((kept.where, grid(measurements).markdown(), *(f"Note: {note}." for note in notes(measurements))))


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each deployment; the medians count.")] = ROUNDS,
    page: Annotated[bool, typer.Option(help="Rewrite what was measured in docs/performance.md.")] = True,  # noqa: FBT002
) -> None:
    """Measure one worker and two in turn, print the table, keep the results, and write the page."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)  # a log has no width of its own
    cores = sorted(os.sched_getaffinity(0))
    began, runs = time.monotonic(), []
    with console.status("starting") as status:
        for round_ in range(rounds):
            for workers in rotated(list(WORKERS), round_):
                status.update(f"round {round_ + 1}: {WORKERS[workers]}")
                runs.append(run_once(workers, round_, cores))
    shared = any(run.figures[SCENARIO]["cores"] != "a core each, the load server too" for run in runs)
    kept = results.make_results(Measurements(runs), rounds, time.monotonic() - began, shared_core=shared)
    console.print(f"results: {results.save(kept).relative_to(ROOT)}, {kept.seconds:.0f} s")
    console.print(grid(Measurements(runs)).rich(f"{HELD:,} calls held, {RATE} new a second: medians of the rounds"))
    for note in notes(Measurements(runs)):
        console.print(f"[yellow]note:[/] {note}")
    if page:
        results.rewrite_page(MARK, markdown(kept))
        console.print(f"page: {results.PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    typer.run(main)
