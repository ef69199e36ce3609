"""The plots of `docs/performance.md`, as SVG by pygal."""

from pathlib import Path

import pygal  # type: ignore[import-untyped]
from pygal.style import CleanStyle  # type: ignore[import-untyped]

from benchmarks.plan import CLIENTS, EVERYBODY, GROWTH
from benchmarks.samples import median_of
from benchmarks.suite import Measurements

_STYLE = CleanStyle(
    font_family="sans-serif",
    background="white",
    colors=("#c0504d", "#7f7f7f", "#1f77b4", "#17becf"),
    title_font_size=18,
    label_font_size=13,
    legend_font_size=14,
    value_font_size=13,
    major_label_font_size=13,
)
_COMMON = {
    "style": _STYLE,
    "js": [],  # the pages that show them run no scripts, and nothing is fetched from elsewhere
    "width": 720,
    "height": 400,
    "print_values": True,
    "print_values_position": "top",
    "include_x_axis": True,
    "print_zeroes": False,
}


def _median(measurements: Measurements, client: str, name: str, scale: float = 1.0) -> float | None:
    value = median_of(measurements.series(client, name))
    return None if value is None else round(value * scale, 3)


def _bars(
    title: str, measurements: Measurements, clients: tuple[str, ...], figures: dict[str, str], scale: float = 1.0
) -> pygal.Bar:
    chart = pygal.Bar(title=title, value_formatter=lambda value: f"{value:,.6g}", **_COMMON)
    chart.x_labels = list(figures)
    for client in clients:
        values = [_median(measurements, client, name, scale) for name in figures.values()]
        if any(value is not None for value in values):
            chart.add(client.replace("_", ", "), values)
    return chart


def throughput_chart(measurements: Measurements) -> pygal.Bar:
    """Return calls per second, 200 calls at a time."""
    return _bars(
        "Calls per second on one core", measurements, EVERYBODY, {"200 calls at a time": "throughput.calls_per_s"}
    )


def latency_chart(measurements: Measurements) -> pygal.Bar:
    """Return the offer-to-answer percentiles at 500 calls a second."""
    figures = {"p50": "latency.p50_ms", "p99": "latency.p99_ms", "p99.9": "latency.p999_ms"}
    return _bars("Offer to answer at 500 calls/s, ms", measurements, EVERYBODY, figures)


def memory_chart(measurements: Measurements) -> pygal.Bar:
    """Return memory per held call."""
    figures = {f"{n:,}": f"held_{n}.bytes_per_call" for n in (1_000, 10_000, 50_000)}
    return _bars("Memory per held call, KB, by calls held", measurements, CLIENTS, figures, scale=1e-3)


def growth_chart(measurements: Measurements) -> pygal.Line:
    """Return calls per second against calls at a time."""
    chart = pygal.Line(
        title="Calls per second against calls at a time",
        value_formatter=lambda value: f"{value:,.0f}",
        **{**_COMMON, "print_values": False},
    )
    chart.x_labels = [f"{n:,}" for n in GROWTH]
    for client in EVERYBODY:
        values = [_median(measurements, client, f"growth_{n}.calls_per_s") for n in GROWTH]
        if any(value is not None for value in values):
            chart.add(client, values)
    return chart


CHARTS = {
    "throughput": throughput_chart,
    "latency": latency_chart,
    "memory": memory_chart,
    "growth": growth_chart,
}


def write_charts(measurements: Measurements, folder: Path) -> dict[str, Path]:
    """Write the charts that have something to show and return their paths by name.

    Args:
        measurements: What was measured.
        folder: Where the files go; made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for name, draw in CHARTS.items():
        chart = draw(measurements)
        if chart.raw_series:
            chart.uuid = name  # a random one would change the file without a change in it
            written[name] = folder / f"performance-{name}.svg"
            written[name].write_bytes(chart.render())
    return written
