"""Find the Pythons, make them ready, measure, print one table, keep it, and write it into the page.

A Python that is wanted and not here, or can't be made ready, says so in its row; the exit code is 0 all the same.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import results
from benchmarks.processes import ROOT, Cores
from benchmarks.pythons import finding, installing, measuring, table

ROUNDS = 9
WIDTH = 150
console = Console()
if not console.is_terminal:
    console = Console(width=WIDTH)  # a log has no width of its own


def main(
    wheel: Annotated[Path | None, typer.Argument(exists=True, help="The wheel of relay-runtime.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each client on each Python.")] = ROUNDS,
    page: Annotated[bool, typer.Option(help="Rewrite the table in docs/performance.md.")] = True,  # noqa: FBT002
    again: Annotated[Path | None, typer.Option(help="Measure nothing: report this results file.")] = None,
) -> None:
    """Measure what a call costs ours and the official client on each Python from 3.11 that is here."""
    if again is not None:
        kept = results.load(again, table.PythonResults)
    elif wheel is None:
        raise typer.BadParameter("give the wheel to measure, as dist/*.whl, or --again FILE")
    else:
        kept = measure(wheel.resolve(), rounds)
        console.print(f"results: {results.save(kept, 'pythons-').relative_to(ROOT)}, {kept.seconds:.0f} s")
    console.print(table.grid(kept).rich("CPU per call, µs: medians of the rounds; ratios within a round"))
    for note in table.notes(kept):
        console.print(f"[yellow]note:[/] {note}", highlight=False)
    if page:
        results.rewrite_page(table.MARK, table.markdown(kept))
        console.print(f"page: {results.PAGE.relative_to(ROOT)}")


def measure(wheel: Path, rounds: int) -> table.PythonResults:
    """Make each Python ready, have all take turns, and return what is to be kept."""
    # What is measured is the wheel, whatever this process was told to import.
    os.environ.pop("PYTHONPATH", None)
    cores = Cores.choose()
    with console.status("looking for Pythons") as status:
        rows, ready = prepare(wheel, status.update)
        began = time.monotonic()
        turns = measuring.take_turns(ready, rounds, cores, status.update)
        seconds = time.monotonic() - began
    return table.PythonResults(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(seconds, 1),
        rounds=rounds,
        shared_core=cores.shared,
        machine=results.this_machine(),
        rows=[with_figures(row, turns) for row in rows],
    )


def prepare(wheel: Path, report: Callable[[str], None]) -> tuple[list[table.Row], dict[str, str]]:
    """Return a row for each Python, without figures, and the programs of those that can be measured."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    files = finding.candidates(finding.bin_folders(os.environ.get("PATH", ""), pyenv))
    rows, ready = [], {}
    for choice in finding.choose([python for file in files if (python := finding.ask(file))]):
        reason, versions = choice.reason, {}
        if choice.program is not None:
            report(f"Python {choice.name}: installing")
            try:
                ready[choice.name] = installing.install(choice.name, choice.program, wheel)
                versions = installing.versions(ready[choice.name])
            except installing.NotInstalled as failure:
                reason = str(failure)
        rows.append(table.Row(choice.name, reason, versions))
    return rows, ready


def with_figures(row: table.Row, turns: measuring.Turns) -> table.Row:
    """Return a row with what was measured on its Python."""
    figures = {client: series for (name, client), series in turns.figures.items() if name == row.name}
    failures = {client: why for (name, client), why in turns.failures.items() if name == row.name}
    return table.Row(row.name, row.reason, row.versions, figures, failures)


if __name__ == "__main__":
    typer.run(main)
