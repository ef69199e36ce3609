"""The copy that is tested is the one that was asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import relay_actors
import relay_runtime

ROOT = Path(__file__).parents[1]
WHERE = f"import relay_actors, relay_runtime; assert relay_actors.__file__ == {relay_actors.__file__!r}"


def test_processes_that_tests_start_have_the_same_copy() -> None:
    program = f"{WHERE}; assert relay_runtime.__file__ == {relay_runtime.__file__!r}"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


@pytest.mark.parametrize(
    ("copy", "complaint"),
    [("wheel", "asked for the wheel, whose relay_actors is"), ("other", "TESTED_COPY is 'other'; accepted are")],
)
def test_a_run_against_another_copy_than_the_one_asked_for_is_refused(
    tmp_path: Path, copy: str, complaint: str
) -> None:
    (tmp_path / "relay_actors").mkdir()
    (tmp_path / "relay_actors" / "__init__.py").touch()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", __file__],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "TESTED_COPY": copy},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert complaint in done.stderr
