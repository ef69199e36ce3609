"""The app on the page of the phone, and what the phone shows of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from running_process import LIMIT, clean_environ

pytestmark = pytest.mark.slow  # a process with a sandbox, on sockets

PAGE = (Path(__file__).parents[2] / "docs" / "phone.md").read_text(encoding="utf-8")


def without_times(transcript: str) -> list[str]:
    return [re.sub(r"^ +[\d.]+ s", " " * 9, line) for line in transcript.splitlines()]


def test_an_app_that_calls_back_is_answered_as_shown(tmp_path: Path) -> None:
    (app,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    typed, shown = re.findall(
        r"^\$ printf '(.*)' \| relay-runtime phone app:client --no-dial\n(.*?)^```", PAGE, re.S | re.M
    )[0]
    (tmp_path / "app.py").write_text(app)
    done = subprocess.run(
        [sys.executable, "-m", "relay_runtime", "phone", "app:client", "--no-dial", "--time-scale", "0.2"],
        cwd=tmp_path,
        env=clean_environ(),
        input=typed.replace("\\n", "\n"),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=True,
    )
    assert without_times(done.stdout) == without_times(shown)
