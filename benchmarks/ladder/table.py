"""The ladder as a table: what a call costs at each step, and what the step adds."""

from benchmarks.grid import MISSING, Grid
from benchmarks.ladder.rungs import RUNGS, TURN
from benchmarks.plan import OURS
from benchmarks.samples import median_difference, median_of, median_ratio, spread
from benchmarks.suite import Measurements

FIGURE = f"{TURN}.cpu_us_per_call"


def ladder_grid(measurements: Measurements) -> Grid:
    """Return a row for each rung, from the bottom: CPU time a call, what the step adds, and how much of ours it is."""
    series = {rung.client: measurements.series(rung.client, FIGURE) for rung in RUNGS}
    ours = series[OURS]
    rows = []
    for rung in RUNGS:
        its = series[rung.client]
        middle = median_of(its)
        if middle is None:
            continue
        added = None if rung.on is None else median_difference(its, series[rung.on])
        share = median_ratio(its, ours)
        rows.append(
            (
                rung.adds,
                f"{middle:.1f} ±{spread(its):.0%}",
                MISSING if added is None else f"{added:+.1f}",
                MISSING if share is None else f"{share:.2f}",
            )
        )
    return Grid(("step", "CPU per call, µs", "the step adds, µs", "÷ ours"), tuple(rows))
