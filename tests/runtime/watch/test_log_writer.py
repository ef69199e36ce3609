"""Whoever logs goes on, whatever the reader of the log does."""

from __future__ import annotations

import errno
import gc
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from full_pipe import full_pipe

from relay_runtime.watch import log_writer
from relay_runtime.watch.log_lines import LogLine
from relay_runtime.watch.log_writer import LogWriter

LIMIT = 60.0
SMALL = 100


def line(number: int, size: int = SMALL) -> LogLine:
    return LogLine(time=datetime.now(UTC), level="INFO", logger="app", line=1, message=f"line {number}", size=size)


def layout(each: LogLine) -> str:
    return f"{each.message}{' ' * 200}\n" if each.level == "INFO" else f"{each.message}\n"


class Reader:
    """The two ends of a pipe."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        self.stream, self._pipe = os.fdopen(writing, "w"), os.fdopen(reading, "rb")

    def next_line(self) -> str:
        return self._pipe.readline().decode().rstrip()

    def read_to(self, last: str) -> list[str]:
        lines = [self.next_line()]
        while lines[-1] != last:
            lines.append(self.next_line())
        return lines

    def close(self) -> None:
        self._pipe.close()


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader()
    yield made
    made.close()


def dropped_of(text: str) -> int:
    match = re.fullmatch(r"(\d+) lines of the log were dropped here: they could not be written in time", text)
    return int(match[1]) if match else 0


def test_what_is_put_is_written_in_order_and_nothing_is_lost_at_the_end() -> None:
    stream = StringIO()
    writer = LogWriter(stream, layout)
    for number in range(1_000):
        writer.put(line(number))
    writer.put("as it is\n")
    writer.close()
    assert [each.rstrip() for each in stream.getvalue().splitlines()] == [
        *(f"line {number}" for number in range(1_000)),
        "as it is",
    ]
    assert writer.dropped == 0


@pytest.mark.parametrize("bound", ["lines", "bytes"])
def test_what_finds_no_room_is_dropped_counted_and_told_of_in_its_place(
    reader: Reader, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_writer, "_LINES" if bound == "lines" else "_BYTES", 2_000)
    writer = LogWriter(reader.stream, layout)
    for number in range(10_000):  # nobody reads: it must not block
        writer.put(line(number, 1 if bound == "lines" else 2))
    assert writer.dropped >= 7_000
    expected = 0
    while expected < 10_000:  # each line, or in its place how many are missing
        text = reader.next_line()
        missing = dropped_of(text)
        assert missing or text == f"line {expected}"
        expected += missing or 1
    assert writer.flush()
    assert writer.dropped >= 7_000
    writer.close()


def test_a_line_that_is_larger_than_all_there_is_room_for_is_dropped_and_told_of() -> None:
    stream = StringIO()
    writer = LogWriter(stream, layout)
    writer.put(line(1, size=2**30))
    writer.put(line(2))
    writer.close()
    told, last = stream.getvalue().splitlines()
    assert (dropped_of(told), last.rstrip()) == (1, "line 2")


@pytest.mark.slow
def test_the_end_waits_no_longer_than_a_second_for_a_reader_who_is_stuck_and_only_once(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_writer, "_PATIENCE", 0.05)
    writer = LogWriter(reader.stream, layout)
    for number in range(1_000):
        writer.put(line(number))
    assert not writer.flush()
    monkeypatch.setattr(log_writer, "_PATIENCE", 10 * LIMIT)
    writer.close()  # it is known that nobody reads
    assert reader.read_to("line 999")[-1] == "line 999"  # and nothing of it is lost to one who does after all


@pytest.mark.slow
def test_the_end_waits_for_a_reader_who_is_slow() -> None:
    monitor: list[int] = []

    class Slow(StringIO):
        def write(self, text: str) -> int:
            monitor.append(len(text))
            log_writer._sleep(0.02)
            return super().write(text)

    stream = Slow()
    writer = LogWriter(stream, layout)
    for number in range(1_000):
        writer.put(line(number))
    writer.close()
    assert len(stream.getvalue().splitlines()) == 1_000
    assert len(monitor) < 100  # in pieces
    assert max(monitor) <= 4096  # that a pipe takes as one, among those of other processes


class Full:
    """A stream on a disk that is full at first."""

    def __init__(self) -> None:
        self.full = True
        self.text = ""

    def fileno(self) -> int:
        raise OSError("it has none")

    def write(self, text: str) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "no space left on device")
        self.text += text

    def flush(self) -> None:
        pass


def test_what_cannot_be_written_is_counted_and_told_of_once_it_can() -> None:
    stream: Any = Full()
    writer = LogWriter(stream, layout)
    for number in range(3):
        writer.put(line(number))
        assert writer.flush()
    assert writer.dropped == 3
    stream.full = False
    writer.put(line(4))
    writer.close()
    told, last = stream.text.splitlines()
    assert (dropped_of(told), last.rstrip()) == (3, "line 4")


def test_what_the_encoding_of_the_stream_does_not_have_is_escaped(tmp_path: Path) -> None:
    with open(tmp_path / "log", "w", encoding="latin-1") as stream:
        writer = LogWriter(stream, lambda each: f"{each.message}\n")
        writer.put(LogLine(time=datetime.now(UTC), level="INFO", logger="app", line=1, message="Grüße 😀 €"))
        writer.put("as it is: ü €\n")
        writer.close()
    assert (tmp_path / "log").read_bytes().decode("latin-1") == "Grüße \\U0001f600 \\u20ac\nas it is: ü \\u20ac\n"


def test_a_line_that_cannot_be_laid_out_costs_itself_alone() -> None:
    def fail(each: LogLine) -> str:
        if each.message == "line 0":
            raise LookupError
        return layout(each)

    stream = StringIO()
    writer = LogWriter(stream, fail)
    writer.put(line(0))
    writer.put(line(1))
    writer.close()
    assert [each.rstrip() for each in stream.getvalue().splitlines()] == [
        "a line of the log could not be written: LookupError",
        "line 1",
    ]


def test_a_pipe_that_somebody_has_made_non_blocking_loses_nothing(reader: Reader) -> None:
    os.set_blocking(reader.stream.fileno(), False)
    writer = LogWriter(reader.stream, layout)
    for number in range(1_000):
        writer.put(line(number))
    assert reader.read_to("line 999") == [f"line {number}" for number in range(1_000)]
    writer.close()


PROGRAM = """
import os, sys
from gevent import monkey
{patch}
from loguru import logger
from relay_runtime.watch.logs import setup_logging
setup_logging()
for number in range(2_000):
    logger.info("line {{}}", number)
{end}
"""
PATCH = "monkey.patch_all()"
FORK = """
if os.fork() == 0:
    logger.info("child")
    os._exit(0)
os.wait()
logger.info("parent")
"""


@pytest.mark.slow
@pytest.mark.parametrize("patch", [PATCH, ""])
@pytest.mark.parametrize(
    ("end", "code", "last"),
    [("", 0, []), ("raise SystemExit(3)", 3, []), ("1 / 0", 1, []), (FORK, 0, ["child", "parent"])],
    ids=["ends", "exits", "crashes", "forks"],
)
def test_nothing_is_lost_when_a_process_ends_or_forks(patch: str, end: str, code: int, last: list[str]) -> None:
    program = PROGRAM.format(patch=patch, end=end)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == code, done.stderr
    found = [text for each in done.stderr.splitlines() if (text := each.partition(" INFO ")[2].strip())]
    ours = [*(f"line {number}" for number in range(2_000)), *last]
    assert sorted(found) == sorted(ours)
    assert [each for each in found if each != "child"] == [each for each in ours if each != "child"]


@pytest.mark.slow
def test_a_process_whose_log_nobody_reads_ends_all_the_same() -> None:
    reading, writing = full_pipe()
    with subprocess.Popen([sys.executable, "-c", PROGRAM.format(patch=PATCH, end="")], stderr=writing) as process:
        try:
            assert process.wait(LIMIT) == 0
        finally:
            process.kill()
            os.close(reading)
            os.close(writing)


def test_a_stream_that_only_the_writer_holds_stays_open(tmp_path: Path) -> None:
    made = LogWriter((tmp_path / "log").open("w"), lambda line: f"{line.message}\n")
    gc.collect()
    with (tmp_path / "other").open("w"):  # it would get the descriptor
        made.put("a line\n")
        made.close()
    assert (tmp_path / "log").read_text() == "a line\n"
    assert (tmp_path / "other").read_text() == ""


def test_a_stream_that_was_closed_is_written_no_more_whoever_has_its_descriptor(tmp_path: Path) -> None:
    stream = (tmp_path / "log").open("w")
    made = LogWriter(stream, lambda line: f"{line.message}\n")
    stream.close()
    with (tmp_path / "other").open("w"):
        made.put("a line\n")
        made.flush()
        assert made.dropped == 1
        made.close()
    assert (tmp_path / "other").read_text() == ""
