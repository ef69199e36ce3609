"""A guard against getting slower, in under a minute: `python -m benchmarks.quick`.

It compares ours with the floor and exits with 1 when the median ratio stays below a bound. What is compared is CPU time
per call, floor ÷ ours: on a core of their own that is the ratio of their throughputs, and unlike it, it hardly changes
when the machine does something else besides. A shared core may be half as fast for some seconds, so both clients stay
up and take turns of a third of a second on the same core: a ratio is taken within one turn of each. A quarter below
what was reached is the margin for noise, and a run below the bound is repeated, twice at most.
"""

import sys
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.plan import QUICK
from benchmarks.processes import Cores, RunFailed
from benchmarks.samples import median_of, median_ratio
from benchmarks.suite import take_turns

REACHED = 0.33  # the median of the runs of a day, on a machine that was slow for most of it
BOUND = round(0.75 * REACHED, 2)
ROUNDS = 16
TRIES = 3
FIGURE = "throughput.cpu_us_per_call"
EXIT_SLOWER, EXIT_NOT_MEASURED = 1, 2


def main(
    at_least: Annotated[float, typer.Option(min=0.0, help="Lowest ratio that passes.")] = BOUND,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each; the median counts.")] = ROUNDS,
) -> None:
    """Compare what a call costs with what it costs the floor."""
    console = Console(highlight=False)
    outcome = EXIT_NOT_MEASURED
    for _ in range(TRIES):
        outcome = measure(console, at_least, rounds)
        if outcome == 0:
            break
    sys.exit(outcome)


def measure(console: Console, at_least: float, rounds: int) -> int:
    """Measure once, print it, and return the exit code."""
    try:
        with console.status("measuring"):
            measurements = take_turns(QUICK, rounds, Cores.choose())
    except RunFailed as failure:
        console.print(f"[red]{failure}")
        return EXIT_NOT_MEASURED
    floor, ours = (measurements.series(client, FIGURE) for client in QUICK.clients)
    ratio = median_ratio(floor, ours)
    if ratio is None:
        console.print("no ratio could be measured")
        return EXIT_NOT_MEASURED
    console.print(
        f"CPU per call: floor {median_of(floor):,.0f} µs, ours {median_of(ours):,.0f} µs, "
        f"median ratio {ratio:.2f}; at least {at_least:.2f} passes"
    )
    return EXIT_SLOWER if ratio < at_least else 0


if __name__ == "__main__":
    typer.run(main)
