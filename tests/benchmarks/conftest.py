"""The benchmarks are no part of the wheel: their package is found at the root of the repository."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from benchmarks.suite import Measurements, Run  # noqa: E402 - found only now


@pytest.fixture
def make_run() -> Callable[..., Run]:
    """Make up what a client did in a round."""

    def make(client: str, figures: dict[str, dict[str, Any]], round_: int = 0, **more: Any) -> Run:
        told = {name: more.pop(name) for name in ("version", "node") if name in more}
        startup = {"import_s": 0.1, "connect_s": 0.02, **told}
        return Run(more.pop("scenario", "calls"), client, round_, startup, figures, **more)

    return make


@pytest.fixture
def make_rounds(make_run: Callable[..., Run]) -> Callable[..., Measurements]:
    """Make up one figure a round for each client."""

    def make(name: str = "throughput.calls_per_s", **series: list[float]) -> Measurements:
        step, _, figure = name.partition(".")
        return Measurements(
            make_run(client, {step: {figure: value}}, round_)
            for client, values in series.items()
            for round_, value in enumerate(values)
        )

    return make
