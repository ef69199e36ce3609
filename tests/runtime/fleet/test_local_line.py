"""Files that are locked for as long as their processes live."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles.forked import in_child

from relay_runtime.fleet import local_line
from relay_runtime.fleet.local_line import LocalLine, open_lines


@pytest.fixture
def line(tmp_path: Path) -> Iterator[LocalLine]:
    line = LocalLine(tmp_path)
    yield line
    line.close()


def seen_by_another(folder: Path, *numbers: str) -> set[str]:
    """Return which lines a process sees that has not made them."""
    return set(in_child(lambda: list(open_lines(folder, numbers))))


@pytest.mark.slow
def test_a_line_is_seen_until_it_is_closed(line: LocalLine, tmp_path: Path) -> None:
    other = LocalLine(tmp_path)
    assert other.number != line.number
    both = {line.number, other.number}
    assert open_lines(tmp_path, both) == both == seen_by_another(tmp_path, *both)
    other.close()
    other.close()
    assert not other.is_open
    assert open_lines(tmp_path, both) == {line.number} == seen_by_another(tmp_path, *both)
    assert os.listdir(tmp_path) == [f"{line.number}.line"]


def test_who_looks_in_the_same_process_does_not_lose_the_lock(line: LocalLine, tmp_path: Path) -> None:
    for _ in range(3):
        assert open_lines(tmp_path, [line.number]) == {line.number}
        LocalLine(tmp_path).close()
    assert seen_by_another(tmp_path, line.number) == {line.number}


def test_what_is_no_number_is_no_line(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    assert open_lines(tmp_path / "x", ["", "1", "../1", "a\x00", "9" * 300]) == set()


def test_a_line_whose_file_was_removed_is_not_open(line: LocalLine, tmp_path: Path) -> None:
    assert line.is_open
    (tmp_path / f"{line.number}.line").unlink()
    assert not line.is_open


@pytest.mark.slow
def test_the_line_of_a_killed_process_is_gone_although_its_child_lives(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        from relay_runtime.fleet.local_line import LocalLine
        print(LocalLine(Path(sys.argv[1])).number, flush=True)
        if os.fork() == 0:
            print("child", flush=True)
        sys.stdin.read()  # lives until the test ends
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        number = process.stdout.readline().strip()
        assert process.stdout.readline() == "child\n"
        assert open_lines(tmp_path, [number]) == {number}
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=20)
        assert open_lines(tmp_path, [number]) == set()
        assert os.listdir(tmp_path) == [f"{number}.line"]
        following = LocalLine(tmp_path)  # removes what the dead have left
        assert os.listdir(tmp_path) == [f"{following.number}.line"]
        following.close()


def test_a_child_leaves_its_parents_line_alone_and_has_its_own(line: LocalLine, tmp_path: Path) -> None:
    def in_it() -> list[bool]:
        knows_it = line.is_open or bool(local_line._open_here)  # it would take it for open after its parent's end
        line.close()
        own = LocalLine(tmp_path)
        seen = open_lines(tmp_path, [line.number, own.number]) == {line.number, own.number}
        own.close()
        return [knows_it, seen]

    assert in_child(in_it) == [False, True]
    assert line.is_open
    assert seen_by_another(tmp_path, line.number) == {line.number}


def test_a_file_that_was_taken_for_one_of_the_dead_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody looks at the directory after the file was made, and before it is locked."""
    lock = local_line.is_locked_by_another
    removed: list[str] = []

    def late(descriptor: int) -> bool:
        if not removed:
            for name in os.listdir(tmp_path):
                removed.append(name)
                (tmp_path / name).unlink()
        return lock(descriptor)

    monkeypatch.setattr(local_line, "is_locked_by_another", late)
    line = LocalLine(tmp_path)
    assert removed
    assert f"{line.number}.line" not in removed
    assert seen_by_another(tmp_path, line.number) == {line.number}
    line.close()


def test_where_no_file_can_be_made_there_is_no_line(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LocalLine(tmp_path / "none")
    assert local_line._open_here == set()
