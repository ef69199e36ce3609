"""What a run on several processes tells, every failure, wherever in a test it is; and what of a machine it goes by."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS = """
import pytest

@pytest.fixture
def bad_start():
    raise LookupError("at the start")

@pytest.fixture
def bad_end():
    yield
    raise LookupError("at the end")

@pytest.mark.parametrize("number", range(20))
def test_passes(number): pass

def test_fails(): raise LookupError("in the middle")

def test_does_not_start(bad_start): pass

def test_does_not_end(bad_end): pass

@pytest.mark.skip(reason="not today")
def test_is_skipped(): pass

@pytest.mark.xfail(reason="known", strict=True)
def test_is_known_to_fail(): raise LookupError
"""


@pytest.mark.proof
@pytest.mark.parametrize("arguments", [(), ("-n", "2"), ("-n", "2", "--durations=5")])
def test_nothing_that_fails_is_kept_back(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    file = tmp_path / "test_some.py"
    file.write_text(TESTS)
    run = [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-c", "/dev/null", "--rootdir", str(tmp_path)]
    done = subprocess.run(
        [*run, *arguments, str(file)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    counts = done.stdout.splitlines()[-1].partition(" in ")[0]
    assert counts == "1 failed, 21 passed, 1 skipped, 1 xfailed, 2 errors", done.stdout
    for where in ("at the start", "in the middle", "at the end"):
        assert f"E   LookupError: {where}" in done.stdout.replace("       ", "   ")


def test_a_run_goes_by_nothing_that_a_machine_has_set_up(tmp_path: Path) -> None:
    names = "CI GITHUB_ACTIONS FORCE_COLOR NO_COLOR PY_COLORS COLUMNS http_proxy NOTIFY_SOCKET LOGURU_LEVEL"
    set_up = dict.fromkeys([*names.split(), "SIGNALWIRE_SPACE", "RELAY_MAX_ACTIVE_CALLS"], "1")
    file = tmp_path / "test_some.py"
    file.write_text(f"import os\n\ndef test_it():\n    assert not set(os.environ) & {set(set_up)}, 'set up'\n")
    run = [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-c", "/dev/null", str(file)]
    done = subprocess.run(
        run, cwd=ROOT, env=os.environ | set_up, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == pytest.ExitCode.OK, done.stdout
