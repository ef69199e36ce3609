"""What is printed goes to the screen, line by line, from this process and from its children."""

from __future__ import annotations

from pathlib import Path

import pytest
from running_process import RunningProcess

pytestmark = pytest.mark.slow  # the descriptors of a whole process are turned round

PROGRAM = """
import gevent, os, subprocess, sys
from relay_runtime.softphone.capture import Capture

told = []
capture = Capture(told.append)
with capture:
    {printed}
    capture.write("past it\\n")
    gevent.sleep(0.2)
    while len(told) < {lines}:
        gevent.sleep(0.01)
print("behind it")
sys.stderr.write(repr(told) + "\\n")
"""


def run(printed: str, lines: int, tmp_path: Path) -> tuple[str, str]:
    with RunningProcess(["-c", PROGRAM.format(printed=printed, lines=lines)], cwd=tmp_path) as process:
        assert process.exit_code() == 0, process.last_lines
        return process.stdout, process.stderr


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("print('one'); print('two', file=sys.stderr)", ["one", "two"]),
        ("print('by a child'); subprocess.run([sys.executable, '-c', 'print(1)'])", ["by a child", "1"]),
        ("sys.stdout.write('in pie'); sys.stdout.flush(); gevent.sleep(0.05); print('ces\\r')", ["in pieces"]),
        ("os.write(1, b'no \\xff text\\n')", ["no \ufffd text"]),
    ],
)
def test_lines_are_told_and_what_is_written_past_it_is_not(printed: str, told: list[str], tmp_path: Path) -> None:
    out, errors = run(printed, len(told), tmp_path)
    assert sorted(eval(errors)) == sorted(told)
    assert out.splitlines() == ["past it", "behind it"]


def test_who_prints_without_end_and_lets_nobody_run_is_held_up_by_nothing(tmp_path: Path) -> None:
    out, errors = run("[print('x' * 1000) for _ in range(5000)]", 5000, tmp_path)
    assert errors.count("x" * 1000) == 5000
    assert out.splitlines() == ["past it", "behind it"]


def test_what_has_no_end_of_line_is_told_at_the_end(tmp_path: Path) -> None:
    program = PROGRAM.replace("gevent.sleep(0.2)", "print('first\\nand ', end=''); print('last', end='')")
    with RunningProcess(["-c", program.format(printed="pass", lines=0)], cwd=tmp_path) as process:
        assert process.exit_code() == 0, process.last_lines
        assert eval(process.stderr) == ["first", "and last"]


def test_a_child_that_keeps_the_output_open_holds_the_end_up_for_a_while_only(tmp_path: Path) -> None:
    printed = "print('one', end=''); child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)"
    _, errors = run(f"{printed}; sys.stdout.flush()", 0, tmp_path)
    assert eval(errors) == ["one"]
