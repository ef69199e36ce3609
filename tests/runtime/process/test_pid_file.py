"""The file with the process id."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from relay_runtime.process.pid_file import PidFileError, pid_file

HOLDS = """
import sys
from pathlib import Path
from relay_runtime.process.pid_file import pid_file
with pid_file(Path(sys.argv[1])):
    print("has it", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "relay.pid"


def test_it_holds_the_id_and_is_gone_at_the_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    with pid_file(Path(path.name)):
        monkeypatch.chdir("/")
        assert path.read_text() == f"{os.getpid()}\n"
    assert not path.exists()


@pytest.mark.parametrize("left", ["", "1\n", "4194303999\n"])
def test_what_a_process_has_left_that_runs_no_more_is_written_anew(path: Path, left: str) -> None:
    path.write_text(left)
    with pid_file(path):
        assert path.read_text() == f"{os.getpid()}\n"


@pytest.mark.slow
def test_that_of_a_process_that_runs_is_left_alone_and_of_one_that_was_killed_it_is_not(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == b"has it\n"
            with pytest.raises(PidFileError, match=f"process {other.pid} has .*, and runs; stop it"), pid_file(path):
                pass
            assert path.read_text() == f"{other.pid}\n"
        finally:
            other.kill()
            other.wait()
    with pid_file(path):
        assert path.read_text() == f"{os.getpid()}\n"


@pytest.mark.parametrize("text", ["[project]\nname = 'x'\n", "12 13", "1" * 30])
def test_a_file_that_holds_something_else_is_not_written_over(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(PidFileError, match="holds something else than a process id"), pid_file(path):
        pass
    assert path.read_text() == text


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    for path, why in ((tmp_path, "Is a directory"), (tmp_path / "no" / "such.pid", "No such file or directory")):
        with pytest.raises(PidFileError, match=f"{path} can't be written: {why}"), pid_file(path):
            pass


def test_a_file_that_somebody_has_put_in_its_place_is_left_alone(path: Path) -> None:
    with pid_file(path):
        path.unlink()
        path.write_text("another\n")
    assert path.read_text() == "another\n"


def test_a_child_of_a_fork_leaves_it(path: Path) -> None:
    held = pid_file(path)
    held.__enter__()
    child = os.fork()
    if child == 0:
        try:
            held.__exit__(None, None, None)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert path.exists()
    held.__exit__(None, None, None)
    assert not path.exists()


@pytest.mark.slow
def test_a_child_that_outlives_it_does_not_keep_it(path: Path) -> None:
    held = pid_file(path)
    held.__enter__()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    held.__exit__(None, None, None)
    with pid_file(path):
        assert path.exists()
    os.close(reading)
    os.close(writing)
    os.waitpid(child, 0)


@pytest.mark.slow
def test_an_app_that_reads_it_keeps_it(path: Path) -> None:
    with pid_file(path):
        path.read_text()
        tried = subprocess.run(
            [sys.executable, "-c", HOLDS, str(path)], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    assert b"and runs; stop it" in tried.stderr


def test_what_is_no_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(PidFileError, match="is no file that can hold a process id"), pid_file(pipe):
        pass
    assert pipe.is_fifo()
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(PidFileError, match="can't be written"), pid_file(loop):
        pass


def test_a_link_stays_one(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    with pid_file(link):
        assert path.read_text() == f"{os.getpid()}\n"
    assert link.is_symlink()
    assert not path.exists()
