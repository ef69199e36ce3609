"""The fixture that plays recordings, in runs of pytest of their own."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import relay_runtime.replay.replaying  # before a run within this one, which forgets what it has imported  # noqa: F401

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
OURS = (
    *("-p", "no:relay-runtime", "-p", "no:relay-runtime-replay", "-p", "no:cacheprovider"),
    *("-p", "relay_runtime.testing.plugin", "-p", "relay_runtime.replay.plugin"),
)
TEST = """
import pytest
from doubles.replayed import Menu, Noticed

@pytest.fixture
def relay_app():
    return {app}

def test_a_call_of_last_week(relay_replay):
    played = relay_replay("call.jsonl"{options})
    assert played.same
"""


@pytest.mark.parametrize("options", ["", ", strict=True"])
@pytest.mark.slow
def test_a_recording_is_played_against_the_app(pytester: pytest.Pytester, menu_call: Path, options: str) -> None:
    pytester.path.joinpath("call.jsonl").write_bytes(menu_call.read_bytes())
    pytester.makepyfile(TEST.format(app="Menu", options=options))
    pytester.runpytest_inprocess(*OURS).assert_outcomes(passed=1)


@pytest.mark.slow
def test_a_recording_is_looked_for_beside_the_test(
    pytester: pytest.Pytester, menu_call: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.path.joinpath("call.jsonl").write_bytes(menu_call.read_bytes())
    made = pytester.makepyfile(TEST.format(app="Menu", options=""))
    monkeypatch.chdir(tmp_path)
    pytester.runpytest_inprocess(*OURS, str(made)).assert_outcomes(passed=1)


@pytest.mark.slow
def test_a_difference_fails_the_test_with_it_and_with_nothing_else(pytester: pytest.Pytester, menu_call: Path) -> None:
    pytester.path.joinpath("call.jsonl").write_bytes(menu_call.read_bytes())
    pytester.makepyfile(TEST.format(app="Noticed", options=""))
    result = pytester.runpytest_inprocess(*OURS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["--- call.jsonl, 3 requests", "+++ today, 4 requests", "@@ request +2 @@"])
    result.stdout.no_fnmatch_line("*replaying.py*")


@pytest.mark.slow
def test_the_plugin_imports_pytest_alone() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import relay_runtime.replay.plugin; "
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "['relay_runtime']"


def test_it_is_an_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"]["relay-runtime-replay"] == "relay_runtime.replay.plugin"
