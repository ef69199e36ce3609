"""Results on disk: JSON with machine, versions and date; tables and plots in the documentation."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from benchmarks.charts import write_charts
from benchmarks.clients.official_js import package
from benchmarks.plan import MAIN, OFFICIAL_JS
from benchmarks.processes import ROOT
from benchmarks.report import Part, measured_parts, warnings
from benchmarks.suite import Measurements, Run

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "performance.md"
IMAGES = ROOT / "docs" / "img"
DISTRIBUTIONS = (
    "relay-runtime",
    "signalwire-sdk",
    "gevent",
    "greenlet",
    "pykka",
    "msgspec",
    "websockets",
    "picows",
    "uvloop",
)


class Machine(msgspec.Struct, frozen=True):
    """Where it was measured. No name of the host: results are published."""

    processor: str
    cores: int
    memory_gb: float
    kernel: str
    python: str


class Results(msgspec.Struct, frozen=True):
    """One run of the benchmarks, as it is kept."""

    date: str
    seconds: float
    rounds: int
    shared_core: bool
    machine: Machine
    versions: dict[str, str]
    runs: list[Run]

    @property
    def where(self) -> str:
        """When, where and for how long it was measured, as a sentence."""
        machine = self.machine
        return (
            f"Measured on {self.date[:10]} with {machine.python} on {machine.cores} cores of {machine.processor}, "
            f"{machine.memory_gb:g} GB, {machine.kernel}; {self.rounds} rounds in {self.seconds:.0f} s."
        )


class Dated(Protocol):
    """What is kept of a run."""

    @property
    def date(self) -> str:
        """When it ended, as ISO 8601 in UTC."""


T = TypeVar("T")


def processor_name(cpuinfo: str) -> str:
    """Return the model name in the text of /proc/cpuinfo."""
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in {"model name", "Model"}:
            return value.strip()
    return platform.machine()


def this_machine() -> Machine:
    """Describe the machine of this process."""
    return Machine(
        processor=processor_name(Path("/proc/cpuinfo").read_text()),
        cores=os.cpu_count() or 1,
        memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        kernel=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
    )


def installed_versions() -> dict[str, str]:
    """Return the versions of what the figures depend on."""
    found = {}
    for name in DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def javascript_versions(measurements: Measurements) -> dict[str, str]:
    """Return the versions of the client for JavaScript and of its Node, as it told them, if it ran."""
    told = [run.startup for run in measurements.runs if run.client == OFFICIAL_JS and run.startup]
    return {package.NAME: told[-1]["version"], "Node": told[-1]["node"]} if told else {}


def make_results(measurements: Measurements, rounds: int, seconds: float, *, shared_core: bool) -> Results:
    """Put together what is kept of a run that ends now."""
    return Results(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(seconds, 1),
        rounds=rounds,
        shared_core=shared_core,
        machine=this_machine(),
        versions=installed_versions() | javascript_versions(measurements),
        runs=measurements.runs,
    )


def save(results: Dated, prefix: str = "") -> Path:
    """Write the results to a file named after their date, behind a prefix, and return its path."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{prefix}{results.date.replace(':', '').replace('+0000', 'Z')}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
    return path


def load(path: Path, kind: type[T]) -> T:
    """Read results back.

    Args:
        path: A file that `save` wrote.
        kind: Of what.

    Raises:
        msgspec.ValidationError: It is some other JSON.
    """
    return msgspec.json.decode(path.read_bytes(), type=kind)


def replace_measured(page: str, mark: str, measured: str) -> str:
    """Return the page with what stands between two marks replaced.

    Args:
        page: Markdown with the mark `<!-- MARK: begin -->` and, behind it, `<!-- MARK: end -->`.
        mark: What they are called.
        measured: What is to stand between them.

    Raises:
        ValueError: A mark is missing.
    """
    opening, closing = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    before, begin, rest = page.partition(opening)
    _, end, after = rest.partition(closing)
    if not begin or not end:
        raise ValueError(f"the page needs the marks {opening} and {closing}, in this order, around what is measured")
    return f"{before}{opening}\n\n{measured}\n\n{closing}{after}"


def rewrite_page(mark: str, measured: str) -> None:
    """Write what was measured between its marks on the page."""
    PAGE.write_text(replace_measured(PAGE.read_text(encoding="utf-8"), mark, measured), encoding="utf-8")


def measured_markdown(results: Results, part: Part, measurements: Measurements, images: dict[str, Path]) -> str:
    """Return what the page shows of a part: machine, tables, notes, plots."""
    versions = ", ".join(f"{name} {number}" for name, number in results.versions.items())
    goals, tables = part.goals_and_tables(measurements)
    parts = [
        f"{results.where} {versions}.",
        *([] if goals is None else [goals.markdown()]),
        "Medians of the rounds, ± half of what the rounds lie apart:",
        *(table.markdown() for table in tables),
        *(f"Note: {warning}." for warning in warnings(measurements, shared_core=results.shared_core)),
        *(f"![{name}](img/{path.name})" for name, path in images.items()),
    ]
    return "\n\n".join(parts)


def write_page(results: Results) -> None:
    """Write the parts of the page that were measured, and the plots of the main one."""
    page = PAGE.read_text(encoding="utf-8")
    for part, measurements in measured_parts(Measurements(results.runs)):
        images = write_charts(measurements, IMAGES) if part.name == MAIN else {}
        page = replace_measured(page, part.mark, measured_markdown(results, part, measurements, images))
    PAGE.write_text(page, encoding="utf-8")
