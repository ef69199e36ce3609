"""The garbage collector of real processes: eased where `relay-runtime start` serves, and never by a library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from running_process import RunningProcess, relay_runtime

pytestmark = pytest.mark.scenario

APP = """
import gc, json, os
from relay_runtime import CallActor

STARTED = gc.get_threshold()
{own}

class Patient(CallActor):
    def run(self):
        self.answer()

def on_ready(client):
    told = {{"started": STARTED, "now": gc.get_threshold(), "frozen": gc.get_freeze_count()}}
    os.write(1, (json.dumps(told) + "\\n").encode())
"""
AS_A_LIBRARY = """
import gc
before = gc.get_threshold()
from relay_runtime import RelayClient
import relay_runtime.process.running
RelayClient(project="p", token="t", host="ws://127.0.0.1:9")
assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
print("as it was")
"""


def told(path: Path, *arguments: str, own: str = "") -> dict[str, Any]:
    """Start an app, and return what it says of its collector once it is connected."""
    (path / "app.py").write_text(APP.format(own=own))
    with relay_runtime("start", "app:Patient", "-c", "office", "--sandbox", *arguments, cwd=path) as process:
        found: dict[str, Any] = json.loads(process.wait_for_line("frozen", "stdout").string)
        return found


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.proof)])
def test_it_is_eased_when_the_app_is_loaded(tmp_path: Path, workers: str) -> None:
    found = told(tmp_path, "--workers", workers)
    assert found["now"][0] > found["started"][0]
    assert found["frozen"] > 10_000


def test_an_app_that_sets_its_own_thresholds_keeps_them(tmp_path: Path) -> None:
    assert told(tmp_path, own="gc.set_threshold(1_234, 5, 6)")["now"][:2] == [1_234, 5]


def test_a_library_leaves_it_as_it_is(tmp_path: Path) -> None:
    with RunningProcess(["-c", AS_A_LIBRARY], cwd=tmp_path) as process:
        assert process.exit_code() == 0, process.last_lines
