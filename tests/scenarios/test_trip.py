"""An offer's way through the rooms stays short."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.scenario


def test_an_offer_comes_to_run_in_few_stays_in_few_files() -> None:
    """In a process of its own: a tracer of the test run would take the trace away."""
    folder = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "proof.trip"], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    *_, last = done.stdout.splitlines()
    stays, files = (int(word) for word in last.split() if word.isdigit())
    assert stays <= 26, done.stdout
    assert files <= 12, done.stdout
