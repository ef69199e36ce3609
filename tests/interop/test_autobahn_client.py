"""An independent judge of the WebSocket: the Autobahn test suite's cases for clients."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from gevent import subprocess

PROGRAM = Path(__file__).with_name("autobahn_client.py")

pytestmark = [
    pytest.mark.proof,
    pytest.mark.interop,
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        not (shutil.which("kosoku", path=str(Path(sys.executable).parent)) or shutil.which("kosoku")),
        reason="kosoku, which serves the Autobahn cases, is not installed: pip install kosoku",
    ),
]


def test_every_autobahn_case_without_compression_passes() -> None:
    run = subprocess.run([sys.executable, str(PROGRAM)], capture_output=True, text=True, timeout=150, check=False)
    print(run.stdout)  # noqa: T201 - the figures, shown with pytest -s
    figures = re.search(r"(\d+) of (\d+) cases passed", run.stdout)
    assert figures is not None, run.stderr
    passed, total = map(int, figures.groups())
    assert total >= 300
    assert passed == total, run.stdout
    assert run.returncode == 0
