"""Noticing that source files change."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from gevent.queue import Queue

from relay_runtime.process import source_watch
from relay_runtime.process.source_watch import SourceWatch

LIMIT = 60.0


@pytest.fixture
def told() -> Queue[str]:
    return Queue()


@pytest.fixture
def watch(told: Queue[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[SourceWatch]:
    monkeypatch.setattr(source_watch, "_LOOK_EVERY", 0.005)
    watch = SourceWatch(told.put)
    with gevent.Timeout(LIMIT, AssertionError("the test waited in vain")):
        yield watch
    watch.close()


def test_changes_close_together_are_told_once(watch: SourceWatch, told: Queue[str], tmp_path: Path) -> None:
    files = [tmp_path / "a.py", tmp_path / "b.py"]
    for file in files:
        file.write_text("1")
    watch.watch(str(file) for file in files)
    for file in files:
        file.write_text("22")
    assert told.get() == "a.py, b.py changed"


def test_a_file_that_comes_or_is_replaced_has_changed(watch: SourceWatch, told: Queue[str], tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    watch.watch([str(file)])
    file.write_text("1")
    assert told.get() == "a.py changed"
    (tmp_path / "new").write_text("1")
    os.replace(tmp_path / "new", file)
    assert told.get() == "a.py changed"
    file.unlink()
    assert told.get() == "a.py changed"


def test_a_second_change_within_a_second_that_keeps_the_size_is_noticed(
    watch: SourceWatch, told: Queue[str], tmp_path: Path
) -> None:
    file = tmp_path / "a.py"
    file.write_text("1")
    os.utime(file, ns=(0, 5_000_000_000))
    watch.watch([str(file)])
    os.utime(file, ns=(0, 5_000_000_001))
    assert told.get() == "a.py changed"


def test_reading_a_file_is_no_change(watch: SourceWatch, told: Queue[str], tmp_path: Path) -> None:
    read, written = tmp_path / "a.py", tmp_path / "b.py"
    for file in (read, written):
        file.write_text("1")
    watch.watch([str(read), str(written)])
    os.utime(read, ns=(1, read.stat().st_mtime_ns))  # what reading does
    written.write_text("22")
    assert told.get() == "b.py changed"
    assert told.empty()


def test_after_its_end_nothing_is_told(watch: SourceWatch, told: Queue[str], tmp_path: Path) -> None:
    other: Queue[str] = Queue()
    file = tmp_path / "a.py"
    file.write_text("1")
    closed = SourceWatch(other.put)
    for each in (closed, watch):
        each.watch([str(file)])
    closed.close()
    file.write_text("22")
    assert told.get() == "a.py changed"
    assert other.empty()
