"""The report: the same tables on the terminal and in Markdown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console

from benchmarks.goals import ASYNCIO_GOALS, GOALS, Goal
from benchmarks.grid import MISSING, Grid
from benchmarks.ladder.table import ladder_grid
from benchmarks.plan import ASYNCIO, CLIENTS, FLOOR, GROWTH, LADDER, LOOPS, MAIN, OFFICIAL, OURS, label
from benchmarks.samples import median_of, median_ratio, spread
from benchmarks.suite import Measurements

BUSY_SHARE = 0.9
OWN_SHARE = 0.95


@dataclass(frozen=True)
class Figure:
    """A row of the table.

    Attributes:
        name: The figure's name in the measurements.
        text: What it is called in the report.
        scale: What it is multiplied by, from the unit measured to the unit shown.
        digits: Behind the decimal point.
    """

    name: str
    text: str
    scale: float = 1.0
    digits: int = 0

    def shown(self, value: float | None) -> str:
        """Return a value in the row's unit."""
        return MISSING if value is None else f"{value * self.scale:,.{self.digits}f}"


IN_THROUGHPUT = (
    Figure("throughput.cpu_us_per_call", "200 calls at a time: CPU per call, µs"),
    Figure("throughput.calls_per_s", "… calls/s"),
    Figure("throughput.events_per_s", "… events/s"),
    Figure("throughput.p50_ms", "… offer→answer p50, ms", digits=2),
    Figure("throughput.client_cpu_share", "… CPU share of the client, %", scale=100),
    Figure("throughput.server_cpu_share", "… CPU share of the load server, %", scale=100),
)
FURTHER = (
    Figure("latency.p50_ms", "500 calls/s offered: offer→answer p50, ms", digits=2),
    Figure("latency.p99_ms", "… p99, ms", digits=2),
    Figure("latency.p999_ms", "… p99.9, ms", digits=2),
    Figure("latency.cpu_us_per_call", "… CPU per call, µs"),
    Figure("latency.client_cpu_share", "… CPU share of the client, %", scale=100),
    Figure("held_1000.bytes_per_call", "1,000 held calls: memory per call, KB", scale=1e-3, digits=1),
    Figure("held_10000.bytes_per_call", "10,000 held calls: memory per call, KB", scale=1e-3, digits=1),
    Figure("held_10000.rss_bytes", "… memory of the process, MB", scale=1e-6),
    Figure("status_10000.status_ms", "… time to a `status()`, ms", digits=2),
    Figure("held_50000.bytes_per_call", "50,000 held calls: memory per call, KB", scale=1e-3, digits=1),
    Figure("held_50000.rss_bytes", "… memory of the process, MB", scale=1e-6),
    Figure("status_50000.status_ms", "… time to a `status()`, ms", digits=2),
    Figure("churn.events_per_s", "10,000 events to 10,000 held calls: events/s"),
    Figure("million.events_per_s", "1,000,000 events to 10,000 held calls: events/s"),
    Figure("reconnect.back_s", "10,000 held calls, socket cut: back after, s", digits=2),
    Figure("reconnect.all_sent_s", "… then all have sent again after, s", digits=2),
    *(
        figure
        for n in GROWTH
        for figure in (
            Figure(f"growth_{n}.cpu_us_per_call", f"{n:,} calls at a time: CPU per call, µs"),
            Figure(f"growth_{n}.calls_per_s", "… calls/s"),
        )
    ),
    Figure("messages.messages_per_s", "messages sent and delivered per second"),
    Figure("messages.cpu_us_per_message", "… CPU per message, µs"),
    Figure("start.import_s", "import, ms", scale=1e3),
    Figure("start.connect_s", "connect, ms", scale=1e3, digits=1),
)
FIGURES = (*IN_THROUGHPUT, *FURTHER)


def _ratio_text(ratio: float | None) -> str:
    return MISSING if ratio is None else f"{ratio:.2f}"


def clients_grid(measurements: Measurements) -> Grid:
    """Return what 200 calls at a time cost each client, the dearest first, and against ours: CPU time, then rates."""
    cpu, rate, *others = IN_THROUGHPUT
    ours_cpu, ours_rate = (measurements.series(OURS, figure.name) for figure in (cpu, rate))
    found = []
    for client in CLIENTS:
        cpus, rates, *further = (measurements.series(client, figure.name) for figure in IN_THROUGHPUT)
        if cpus or rates:
            ratios = (_ratio_text(median_ratio(cpus, ours_cpu)), _ratio_text(median_ratio(ours_rate, rates)))
            cells = (_with_spread(cpu, cpus), ratios[0], _with_spread(rate, rates), ratios[1])
            more = (_with_spread(figure, series) for figure, series in zip(others, further, strict=True))
            found.append((median_of(cpus) or 0.0, (label(client), *cells, *more)))
    found.sort(key=lambda pair: -pair[0])
    headings = ("200 calls at a time", "CPU per call, µs", "its ÷ ours", "calls/s", "ours ÷ its")
    return Grid((*headings, *(figure.text.removeprefix("… ") for figure in others)), tuple(row for _, row in found))


def figures_grid(measurements: Measurements) -> Grid:
    """Return medians by client, their spread, and the ratios of ours; rows and columns that nobody has are left out.

    What 200 calls at a time cost has more clients, and a table of its own: `clients_grid`.
    """
    found = [(figure, {client: measurements.series(client, figure.name) for client in CLIENTS}) for figure in FURTHER]
    clients = [client for client in CLIENTS if any(series[client] for _, series in found)]
    rows = []
    for figure, series in found:
        if any(series.values()):
            medians = [_with_spread(figure, series[client]) for client in clients]
            ratios = [_ratio_text(median_ratio(series[OURS], series[other])) for other in (OFFICIAL, FLOOR)]
            rows.append((figure.text, *medians, *ratios))
    headings = ("median", *(label(client) for client in clients), "ours ÷ official", "ours ÷ floor")
    return Grid(headings, tuple(rows))


def loops_grid(measurements: Measurements) -> Grid:
    """Return both clients side by side on each loop, a row for each; rows that neither has are left out."""
    rows = []
    for figure in FIGURES:
        for loop, pair in LOOPS.items():
            official, ours = (measurements.series(client, figure.name) for client in pair)
            if official or ours:
                medians = (_with_spread(figure, series) for series in (official, ours))
                rows.append((figure.text, loop, *medians, _ratio_text(median_ratio(ours, official))))
    return Grid(("median", "loop", "official", "ours, aio", "ours ÷ official"), tuple(rows))


def _with_spread(figure: Figure, series: list[float | None]) -> str:
    shown = figure.shown(median_of(series))
    known = sum(value is not None for value in series)
    return f"{shown} ±{spread(series):.0%}" if known > 1 else shown


def goals_grid(measurements: Measurements, goals: Sequence[Goal] = GOALS) -> Grid:
    """Return each goal with what was measured and whether it is met."""
    rows = []
    for goal in goals:
        value = goal.value(measurements)
        verdict = "not measured" if value is None else "met" if goal.is_met(value) else "**missed**"
        rows.append((goal.text, goal.bound_text, MISSING if value is None else f"{value:,.3g}{goal.unit}", verdict))
    return Grid(("goal", "bound", "measured", "verdict"), tuple(rows))


def warnings(measurements: Measurements, *, shared_core: bool) -> list[str]:
    """Return what a reader has to know before trusting the figures."""
    found = [*measurements.errors(), *_strays(measurements)]
    if shared_core:
        found.append("the load server and the client share the only core: no figure means much")
    for client in CLIENTS:
        found += _cpu_notes(measurements, client)
    return found


def _cpu_notes(measurements: Measurements, client: str) -> list[str]:
    """Return what the CPU shares say: at full throughput the client, and nobody else, uses up its core."""
    server = median_of(measurements.series(client, "throughput.server_cpu_share"))
    own = median_of(measurements.series(client, "throughput.client_cpu_share"))
    if server is not None and server > BUSY_SHARE:
        return [f"the load server was {server:.0%} busy with {client}: it may have been the bottleneck"]
    if own is not None and own < OWN_SHARE:
        return [f"{client} got only {own:.0%} of its core: the machine was busy with something else"]
    return []


def _strays(measurements: Measurements) -> list[str]:
    """Return which frames a client sent in vain, by kind."""
    found: dict[str, int] = {}
    for run in measurements.runs:
        for kind, number in run.strays.items():
            key = f"{run.client} sent in vain: {kind}"
            found[key] = found.get(key, 0) + number
    return [f"{key}, {number:,} times" for key, number in found.items()]


@dataclass(frozen=True)
class Part:
    """A part of the report, which can be measured alone.

    Attributes:
        name: What the plan calls it, and `--only` takes.
        mark: What the marks around it on the page are called.
        goals: What is to be reached.
        tables: Those of what was measured, in order.
    """

    name: str
    mark: str
    goals: tuple[Goal, ...]
    tables: tuple[Callable[[Measurements], Grid], ...]

    def goals_and_tables(self, measurements: Measurements) -> tuple[Grid | None, list[Grid]]:
        """Return the table of the goals, if there are any, and the others that have a row."""
        goals = goals_grid(measurements, self.goals) if self.goals else None
        return goals, [grid for table in self.tables if (grid := table(measurements)).rows]


PARTS = (
    Part(MAIN, "measured", GOALS, (clients_grid, figures_grid)),
    Part(ASYNCIO, "asyncio", ASYNCIO_GOALS, (loops_grid,)),
    Part(LADDER, "ladder", (), (ladder_grid,)),
)


def measured_parts(measurements: Measurements) -> list[tuple[Part, Measurements]]:
    """Return the parts that something was measured of, each with what was."""
    found = [(part, measurements.part(part.name)) for part in PARTS]
    return [(part, its) for part, its in found if its.runs]


def print_report(console: Console, measurements: Measurements, *, shared_core: bool) -> None:
    """Print the tables of each part that was measured, and the warnings."""
    for part, its in measured_parts(measurements):
        goals, tables = part.goals_and_tables(its)
        for table in tables:
            console.print(table.rich("Measured: medians of the rounds ± half their range"))
        if goals is not None:
            console.print(goals.rich("Goals: medians of the ratios within a round"))
        for warning in warnings(its, shared_core=shared_core):
            console.print(f"[yellow]note:[/] {warning}", highlight=False)
