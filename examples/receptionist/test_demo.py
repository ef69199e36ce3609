"""The demo, as a pipe gets it and as a terminal does; and Ctrl-C at any time."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LIMIT = 120.0
DEMO = [sys.executable, "demo.py"]

pytestmark = pytest.mark.proof


def on_a_terminal(until: str = "") -> tuple[int, str]:
    """Run the demo on a terminal; press Ctrl-C when a pattern is seen; return its code and all that it wrote."""
    screen, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    environ = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    demo = subprocess.Popen(
        DEMO, cwd=HERE, env={**environ, "TERM": "xterm"}, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    seen, pressed = "", not until
    try:
        while piece := os.read(screen, 65536):
            seen += piece.decode(errors="replace")
            if not pressed and re.search(until, seen):
                demo.send_signal(signal.SIGINT)
                pressed = True
    except OSError:
        pass  # the other end is closed: the demo is over
    finally:
        os.close(screen)
    return demo.wait(LIMIT), seen


def plain(text: str) -> list[str]:
    """Return what was drawn, line by line, each time that it was."""
    return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in re.split(r"\r\n|\r|\x1b\[\d*A", text)]


def test_a_pipe_gets_a_line_for_everything_that_happens_and_a_summary() -> None:
    done = subprocess.run(DEMO, cwd=HERE, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert "\x1b" not in done.stdout
    for pattern in (
        r"^ +\d+\.\d s  \+15550100\d{3} hears 'Welcome to .* app\.py:\d+ Receptionist\.ask$",
        r"^ +\d+\.\d s  \+15550100\d{3} presses 1 .* app\.py:\d+ Receptionist\.say$",
        r"^ +\d+\.\d s  \+15550100\d{3} hears the busy tone",
        r"^ +\d+\.\d s  THE CONNECTION IS CUT\. \d are on the line",
        r"^ +\+15550100\d{3} +app\.py:\d+ Receptionist\.\w+$",
        r"^ +\d+\.\d s  CONNECTED AGAIN after \d+\.\d s: same session, (\d) of \1 calls are kept$",
        r"^  48 people called a desk that speaks with 8 at a time",
        r"^   0 calls or messages were lost, 0 were left open\.$",
    ):
        assert any(re.search(pattern, line) for line in lines), pattern


def test_a_terminal_shows_who_is_on_the_line_in_its_place_and_the_summary_in_the_end() -> None:
    code, seen = on_a_terminal()
    lines = plain(seen)
    assert code == 0
    assert max(map(len, lines)) <= 80
    assert any(re.search(r"^\+15550100\d{3} +'.* app\.py:\d+ Receptionist\.ask", line) for line in lines)
    assert any("no connection" in line for line in lines)
    assert any("0 calls or messages were lost" in line for line in lines)
    assert seen.rindex("\x1b[?25h") > seen.rindex("\x1b[?25l"), "the cursor is hidden"


@pytest.mark.parametrize("seen", ["The desk opens", "on the line: [1-9]", "What happened"])
def test_ctrl_c_ends_it_without_a_traceback(seen: str) -> None:
    code, written = on_a_terminal(until=seen)
    # The summary is the end: by then Python may be over, or may have given the signal back to the system.
    assert code in ({130, 0, -signal.SIGINT} if seen == "What happened" else {130})
    assert "Traceback" not in written
    assert written.rfind("\x1b[?25h") >= written.rfind("\x1b[?25l"), "the cursor is hidden"


def test_ctrl_c_ends_it_without_a_traceback_while_it_is_still_loading(tmp_path: Path) -> None:
    (tmp_path / "loguru.py").write_text("import time\nprint('loading', flush=True)\ntime.sleep(300)\n")
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    demo = subprocess.Popen(DEMO, cwd=HERE, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    assert demo.stdout.readline() == "loading\n"
    demo.send_signal(signal.SIGINT)
    assert demo.communicate(timeout=LIMIT) == ("", "")
    assert demo.returncode == 130
