"""What a process says of itself, as values."""

from __future__ import annotations

import os
import sys

import pytest

from relay_actors.telemetry.stats import Stats
from relay_runtime.inspection.reports import counted, resident_bytes


def test_counts_are_listed_by_name_and_by_reason_and_durations_are_left_out() -> None:
    stats = Stats()
    stats.calls_offered = 2
    stats.calls_refused["busy"] += 1
    stats.commands_failed["calling.play", "lost"] += 3
    stats.call_seconds.add(1.0)
    found = counted(stats)
    assert found["calls_offered"] == 2
    assert found["calls_refused"] == {"busy": 1}
    assert found["commands_failed"] == {"calling.play lost": 3}
    assert "call_seconds" not in found


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't tell")
def test_the_resident_size_is_that_of_this_process_or_of_another() -> None:
    assert resident_bytes() > 1_000_000
    assert resident_bytes(os.getppid()) is not None


def test_a_process_that_is_not_there_has_no_size() -> None:
    assert resident_bytes(2**31 - 1) is None
