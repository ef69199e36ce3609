"""What is kept of a run, and the table of it."""

import msgspec

from benchmarks.plan import OFFICIAL, OURS, OURS_HOOKS
from benchmarks.report import MISSING, Grid
from benchmarks.results import Machine
from benchmarks.samples import median_of, median_ratio

MARK = "pythons"
HEADINGS = ("Python", "ours, `run()`: µs", "ours, hooks: µs", "official: µs", "official ÷ ours")


class Row(msgspec.Struct, frozen=True):
    """One Python.

    Attributes:
        name: Its version.
        reason: Why it was not measured, or None.
        versions: Of what the figures depend on, as installed for this Python.
        cpu_us_per_call: From a client to one figure a round, in µs; None where a round gave none.
        failures: From a client to what ended it early.
    """

    name: str
    reason: str | None = None
    versions: dict[str, str] = {}
    cpu_us_per_call: dict[str, list[float | None]] = {}
    failures: dict[str, str] = {}

    def cells(self) -> tuple[str, ...]:
        """Return the row of the table; a Python that was not measured says why behind its name."""
        if self.reason is not None:
            return (f"{self.name}: {self.reason}", *(MISSING for _ in HEADINGS[1:]))
        ours, hooks, official = (self.cpu_us_per_call.get(client, []) for client in (OURS, OURS_HOOKS, OFFICIAL))
        ratio = median_ratio(official, ours)
        return (
            self.name,
            *(_microseconds(series) for series in (ours, hooks, official)),
            MISSING if ratio is None else f"{ratio:.2f}",
        )


class PythonResults(msgspec.Struct, frozen=True):
    """One run over all Pythons, as it is kept."""

    date: str
    seconds: float
    rounds: int
    shared_core: bool
    machine: Machine
    rows: list[Row]


def _microseconds(series: list[float | None]) -> str:
    value = median_of(series)
    return MISSING if value is None else f"{value:,.0f}"


def grid(results: PythonResults) -> Grid:
    """Return the table: medians of the rounds, and the median of the ratios within a round."""
    return Grid(HEADINGS, tuple(row.cells() for row in results.rows))


def notes(results: PythonResults) -> list[str]:
    """Return what a reader has to know before trusting the figures."""
    found = [f"{client} on Python {row.name}: {why}" for row in results.rows for client, why in row.failures.items()]
    if results.shared_core:
        found.append("the load server and the client share the only core: no figure means much")
    return found


def versions_text(rows: list[Row]) -> str:
    """Return the versions of the packages; one that differs between Pythons has several."""
    names = dict.fromkeys(name for row in rows for name in row.versions)
    found = {name: dict.fromkeys(row.versions[name] for row in rows if name in row.versions) for name in names}
    return ", ".join(f"{name} {' or '.join(numbers)}" for name, numbers in found.items())


def markdown(results: PythonResults) -> str:
    """Return what the page shows: where it was measured, the table, notes."""
    machine = results.machine
    parts = [
        f"CPU time per call in µs, measured on {results.date[:10]} on {machine.cores} cores of {machine.processor}, "
        f"{machine.kernel}; medians of {results.rounds} rounds in {results.seconds:.0f} s. "
        f"{versions_text(results.rows)}.",
        grid(results).markdown(),
        *(f"Note: {note}." for note in notes(results)),
    ]
    return "\n\n".join(parts)
