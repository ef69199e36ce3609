"""All benchmarks, side by side: `python -m benchmarks`."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import plan, results
from benchmarks.processes import ROOT, Cores
from benchmarks.report import print_report
from benchmarks.suite import Measurements, run_all

WIDTH = 150
console = Console()
if not console.is_terminal:
    console = Console(width=WIDTH)  # a log has no width of its own


def chosen(names: str, known: list[str], what: str) -> list[str]:
    """Return the names in a comma-separated list; the empty list stands for all that are known."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise typer.BadParameter(f"unknown {what} {', '.join(unknown)}; there is {', '.join(known)}")
    return wanted or known


def selected(only: str) -> list[plan.Scenario]:
    """Return the scenarios in a comma-separated list of names and of parts of the report; the empty one is all."""
    known = [name for scenario in plan.SCENARIOS for name in (scenario.part, scenario.name)]
    names = set(chosen(only, list(dict.fromkeys(known)), "scenario"))
    return [scenario for scenario in plan.SCENARIOS if names & {scenario.part, scenario.name}]


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of the compared workloads.")] = plan.ROUNDS,
    clients: Annotated[str, typer.Option(help="Comma-separated; all if empty.")] = "",
    only: Annotated[str, typer.Option(help="Scenarios or parts (main, asyncio), comma-separated; all if empty.")] = "",
    page: Annotated[bool, typer.Option(help="Rewrite what was measured in docs/performance.md.")] = True,  # noqa: FBT002
    again: Annotated[Path | None, typer.Option(help="Measure nothing: report this results file.")] = None,
) -> None:
    """Measure the clients in turn, print the tables, keep the results, and write the page."""
    if again is not None:
        kept = results.load(again, results.Results)
    else:
        scenarios = selected(only)
        cores = Cores.choose()
        began = time.monotonic()
        with console.status("starting") as status:
            measurements = run_all(
                scenarios, chosen(clients, list(plan.CLIENTS), "client"), rounds, cores, status.update
            )
        kept = results.make_results(measurements, rounds, time.monotonic() - began, shared_core=cores.shared)
        console.print(f"results: {results.save(kept).relative_to(ROOT)}, {kept.seconds:.0f} s")
    print_report(console, Measurements(kept.runs), shared_core=kept.shared_core)
    if page:
        results.write_page(kept)
        console.print(f"page: {results.PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    typer.run(main)
