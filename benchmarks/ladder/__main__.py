"""The ladder, measured, printed, kept and written on the page: `python -m benchmarks.ladder`.

All clients are up at once and take turns of a third of a second on one core, as those of `benchmarks.quick` do; each
has a load server of its own. What counts is CPU time per call, of the client's process alone.
"""

import sys
import time
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import results
from benchmarks.ladder.rungs import SCENARIO
from benchmarks.processes import ROOT, Cores, RunFailed
from benchmarks.report import print_report
from benchmarks.suite import take_turns

ROUNDS = 11
WIDTH = 120
EXIT_NOT_MEASURED = 2


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each client; the median counts.")] = ROUNDS,
    page: Annotated[bool, typer.Option(help="Rewrite the ladder in docs/performance.md.")] = True,  # noqa: FBT002
) -> None:
    """Measure what each step from the floor to ours costs, print it, keep it, and write the page."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)  # a log has no width of its own
    cores = Cores.choose()
    began = time.monotonic()
    try:
        with console.status("starting") as status:
            measurements = take_turns(SCENARIO, rounds, cores, status.update)
    except RunFailed as failure:
        console.print(f"[red]{failure}")
        sys.exit(EXIT_NOT_MEASURED)
    kept = results.make_results(measurements, rounds, time.monotonic() - began, shared_core=cores.shared)
    print_report(console, measurements, shared_core=cores.shared)
    console.print(f"results: {results.save(kept).relative_to(ROOT)}, {kept.seconds:.0f} s")
    if page:
        results.write_page(kept)
        console.print(f"page: {results.PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    typer.run(main)
