"""One ledger on the disk: its lock, a disk that is full, and what is left when it is written anew at a bad moment."""

from __future__ import annotations

import errno
import os
import resource
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from doubles.forked import in_child
from doubles.hub import until
from doubles.takeover import take_over

from relay_runtime.ledger import file as of_file
from relay_runtime.ledger.file import LedgerFile, is_in_place, is_locked_by_another, is_open_here, is_private_file
from relay_runtime.ledger.records import (
    Book,
    Dialled,
    Forgotten,
    Offered,
    Opened,
    Record,
    encode,
    read_book,
    shortened,
)

FIRST = Opened(1, "0123456789abcdef", os.getpid(), 20)


def lines(*records: Record) -> bytes:
    return b"".join(map(encode, records))


def offers(count: int) -> bytes:
    """Return the offers of so many calls, of which the last is up."""
    ids = [f"call-{number:050}" for number in range(count)]
    return b"".join(lines(Offered(each, "n1", "office"), Forgotten(each)) for each in ids) + lines(
        Offered("up", "n1", "office")
    )


def content(file: LedgerFile) -> bytes:
    """Return what stands in a file; opening and closing it here would lose its lock."""
    return os.pread(file._descriptor, 10**8, 0)


def written(file: LedgerFile) -> Book:
    return read_book(content(file))


@pytest.fixture
def file(tmp_path: Path) -> Iterator[LedgerFile]:
    made = LedgerFile(tmp_path / "x.ledger", FIRST)
    yield made
    made.close(keep=True)


def is_locked(path: Path) -> bool:
    """Return whether another process finds a file locked."""

    def look() -> bool:
        return is_locked_by_another(os.open(path, os.O_RDWR))

    found: bool = in_child(look)
    return found


def is_grown(file: LedgerFile) -> Callable[[], bool]:
    """Return what says whether a file has been written anew since."""
    before = os.stat(file.path).st_ino
    return lambda: os.stat(file.path).st_ino != before


# Making and locking


def test_a_file_is_this_users_alone_and_begins_with_whose_it_is(file: LedgerFile) -> None:
    found = os.stat(file.path)
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert content(file) == encode(FIRST)
    assert os.listdir(file.path.parent) == [file.path.name]
    assert file.is_ours


def test_it_begins_with_what_a_book_says(tmp_path: Path) -> None:
    book = read_book(lines(FIRST, Offered("c1", "n1", "office"), Dialled("t1")))
    file = LedgerFile(tmp_path / "x.ledger", FIRST, book)
    assert list(written(file).calls) == ["c1"]
    assert list(written(file).tags) == ["t1"]
    file.close(keep=False)


@pytest.mark.slow
def test_another_process_finds_it_locked_until_it_is_closed(file: LedgerFile) -> None:
    assert is_locked(file.path)
    file.close(keep=True)
    assert not is_locked(file.path)


def test_it_stays_locked_although_the_app_opens_and_closes_other_files(file: LedgerFile) -> None:
    for _ in range(3):
        (file.path.parent / "other").write_text("of the app")
        os.listdir(file.path.parent)
        os.stat(file.path)
    assert is_locked(file.path)


@pytest.mark.slow
def test_a_forked_child_that_keeps_the_descriptor_does_not_keep_the_lock(tmp_path: Path) -> None:
    """The parent is killed; its child lives on with the descriptor."""
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from relay_runtime.ledger.file import LedgerFile
        from relay_runtime.ledger.records import Opened
        LedgerFile(Path(sys.argv[1]), Opened(1, "k", os.getpid(), 1))
        if os.fork() == 0:
            sys.stdin.read()  # lives until the test ends
            os._exit(0)
        print("made", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    path = tmp_path / "x.ledger"
    with subprocess.Popen(
        [sys.executable, "-c", program, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"made\n"
        process.wait()
        descriptor = os.open(path, os.O_RDWR)
        assert not is_locked_by_another(descriptor)
        os.close(descriptor)
        process.stdin.close()


@pytest.mark.slow
def test_a_forked_child_writes_nothing_and_takes_nothing_away(file: LedgerFile) -> None:
    def do_all() -> bool:
        file.append(lines(Dialled("t1")))
        file.close(keep=False)
        return is_open_here(file.path)

    assert in_child(do_all) is False
    assert content(file) == encode(FIRST)
    assert is_locked(file.path)


def test_a_process_knows_its_own_files_under_both_names(file: LedgerFile) -> None:
    beside = file.path.with_name(f"{file.path.name}.new")
    assert is_open_here(file.path)
    assert is_open_here(beside)
    file.close(keep=True)
    assert not is_open_here(file.path)


def test_a_rest_of_a_process_that_was_killed_as_it_wrote_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "x.ledger.new").write_bytes(b"half a li")
    file = LedgerFile(tmp_path / "x.ledger", FIRST)
    assert os.listdir(tmp_path) == ["x.ledger"]
    file.close(keep=False)
    assert os.listdir(tmp_path) == []


def test_one_that_somebody_swept_away_before_it_was_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks at the folder just then finds a file of nobody, and removes it."""
    tries: list[int] = []

    def swept(descriptor: int) -> bool:
        tries.append(descriptor)
        if len(tries) == 1:
            return True  # the other one has it locked, and is about to remove it
        if len(tries) == 2:
            (tmp_path / "x.ledger.new").unlink()  # it has removed it, and let go of the lock
        return is_locked_by_another(descriptor)

    monkeypatch.setattr(of_file, "is_locked_by_another", swept)
    file = LedgerFile(tmp_path / "x.ledger", FIRST)
    monkeypatch.undo()
    assert len(tries) == 3
    assert is_locked(file.path)
    file.close(keep=False)


def test_one_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LedgerFile(tmp_path / "none" / "x.ledger", FIRST)
    assert not is_open_here(tmp_path / "none" / "x.ledger")


def test_a_full_disk_leaves_nothing_of_a_file_that_was_to_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "write", lambda _, data: len(data) // 2)
    with pytest.raises(OSError, match="No space left"):
        LedgerFile(tmp_path / "x.ledger", FIRST)
    assert os.listdir(tmp_path) == []


# Appending


def test_lines_are_appended_in_their_order(file: LedgerFile) -> None:
    file.append(lines(Offered("c1", "n1", "office")))
    file.append(lines(Forgotten("c1"), Dialled("t1")))
    assert content(file) == lines(FIRST, Offered("c1", "n1", "office"), Forgotten("c1"), Dialled("t1"))


class Disk:
    """A disk of so many bytes, in the place of `os.write`."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._write = os.write

    def write(self, descriptor: int, data: bytes) -> int:
        if data and not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = self._write(descriptor, data[: self.room])
        self.room -= count
        return count


@pytest.mark.parametrize("room", [0, 1, 10])
def test_what_finds_no_room_is_written_when_there_is_some(
    file: LedgerFile, room: int, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    disk = Disk(room)
    monkeypatch.setattr(os, "write", disk.write)
    noted = [Offered(f"c{number}", "n1", "office") for number in range(3)]
    for each in noted:
        file.append(encode(each))
    assert file.path.stat().st_size == len(encode(FIRST)) + room
    assert [line for line in log_lines if "No space left on device" in line and str(file.path) in line]
    disk.room = 10**6
    file.beat()
    assert content(file) == lines(FIRST, *noted)


def test_a_disk_that_stays_full_costs_no_memory_without_end_and_no_later_line(
    file: LedgerFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(10)
    monkeypatch.setattr(os, "write", disk.write)
    monkeypatch.setattr(of_file, "_MOST_HELD", 1000)
    for number in range(100):
        file.append(encode(Offered(f"c{number}", "n1", "office")))
    assert len(file._held) <= 1000
    disk.room = 10**6
    file.append(encode(Dialled("t1")))
    assert list(written(file).tags) == ["t1"]
    assert written(file).damaged


def test_a_limit_of_the_size_of_files_is_a_full_disk_too(tmp_path: Path) -> None:
    def fill() -> list[object]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
        file = LedgerFile(tmp_path / "x.ledger", FIRST)
        file.append(offers(10))
        full = file.path.stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        file.append(b"")
        return [full, list(written(file).calls), written(file).damaged]

    assert in_child(fill) == [200, ["up"], 0]


def test_a_beat_shows_that_the_process_is_not_stopped(file: LedgerFile) -> None:
    os.utime(file.path, (1, 1))
    file.beat()
    assert file.path.stat().st_mtime > 1


# Writing anew


def test_a_file_that_has_grown_is_written_anew_with_what_is_of_use(file: LedgerFile) -> None:
    anew = is_grown(file)
    file.append(offers(2000))
    assert anew()
    file.append(lines(Offered("later", "n1", "office")))
    assert list(written(file).calls) == ["up", "later"]
    assert len(content(file)) < 1000
    assert is_locked(file.path)
    assert file.is_ours
    assert os.listdir(file.path.parent) == [file.path.name]


def test_one_that_is_full_of_what_is_up_is_not_written_anew_again_and_again(
    file: LedgerFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []

    def counted(data: bytes) -> bytes:
        reads.append(len(data))
        return shortened(data)

    monkeypatch.setattr(of_file, "shortened", counted)
    up = [encode(Offered(f"call-{number:050}", "n1", "office")) for number in range(5000)]
    file.append(b"".join(up))
    for each in up[:100]:
        file.append(each)
    assert len(reads) == 1
    assert len(written(file).calls) == 5000


class DiskOfFiles(Disk):
    """A disk on which there is no room for a new file, and for more of the old one there is."""

    def __init__(self, old: int) -> None:
        super().__init__(10)
        self._old = old

    def write(self, descriptor: int, data: bytes) -> int:
        return self._write(descriptor, data) if descriptor == self._old else super().write(descriptor, data)


@pytest.mark.slow
def test_a_disk_with_no_room_for_it_leaves_the_former_one(
    file: LedgerFile, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    monkeypatch.setattr(os, "write", DiskOfFiles(file._descriptor).write)
    anew = is_grown(file)
    file.append(offers(2000))
    monkeypatch.undo()
    assert not anew()
    assert [line for line in log_lines if "No space left on device" in line]
    assert os.listdir(file.path.parent) == [file.path.name]
    file.append(lines(Dialled("t1")))
    assert (list(written(file).tags), list(written(file).calls)) == (["t1"], ["up"])
    assert is_locked(file.path)


def test_one_that_was_taken_over_before_is_not_put_back_in_its_place(file: LedgerFile, log_lines: list[str]) -> None:
    taken = take_over(file.path)
    file.append(offers(2000))
    assert os.listdir(taken.parent) == ["taken"]
    assert not file.is_ours
    assert log_lines == []


def test_nor_is_one_that_is_taken_over_meanwhile(file: LedgerFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the new one is written, which may take long on a bad disk."""
    write = os.write

    def slow(descriptor: int, data: bytes) -> int:
        if descriptor != file._descriptor:
            take_over(file.path)
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", slow)
    file.append(offers(2000))
    assert os.listdir(file.path.parent) == ["taken"]
    assert not file.is_ours


def test_one_that_cannot_be_read_any_more_is_kept_as_it_is(file: LedgerFile) -> None:
    os.truncate(file.path, 0)
    anew = is_grown(file)
    file.append(b'["session","p1","",[]]\n["session","p2","",[]]\n' + offers(2000))
    assert not anew()
    file.append(lines(Dialled("t1")))
    assert b'["dial","t1"]' in content(file)


def test_where_a_removed_one_cannot_be_put_back_the_process_goes_on_and_does_not_say_that_it_was(
    tmp_path: Path, log_lines: list[str]
) -> None:
    folder = tmp_path / "ledgers"
    folder.mkdir(0o700)
    file = LedgerFile(folder / "x.ledger", FIRST)
    file.path.unlink()
    folder.chmod(0o755)  # somebody else's, as far as can be told
    for _ in range(3):
        file.beat()
        assert file.is_ours
    assert os.listdir(folder) == []
    assert [line for line in log_lines if "can't be written: No such file or directory" in line] == log_lines != []
    folder.chmod(0o700)
    file.beat()
    assert os.listdir(folder) == [file.path.name]
    file.close(keep=False)


# The end


def test_a_file_that_was_taken_over_is_not_removed_from_under_its_heir(file: LedgerFile) -> None:
    take_over(file.path)
    file.path.write_text("somebody else's")
    assert not file.is_ours
    file.close(keep=False)
    file.close(keep=False)  # a second time does nothing
    assert sorted(os.listdir(file.path.parent)) == ["taken", file.path.name]


def test_one_that_is_kept_says_so(file: LedgerFile, log_lines: list[str]) -> None:
    file.close(keep=True)
    assert file.path.exists()
    assert [line for line in log_lines if f"the ledger {file.path} is left to a successor" in line]


# What is looked at


def test_only_a_plain_file_that_nobody_else_can_read_is_private(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for mode, private in ((0o600, True), (0o400, True), (0o640, False), (0o606, False)):
        path.write_text("")
        path.chmod(mode)
        descriptor = os.open(path, os.O_RDONLY)
        assert is_private_file(descriptor) is private
        os.close(descriptor)
        path.unlink()
    descriptor = os.open(tmp_path, os.O_RDONLY)
    assert not is_private_file(descriptor)
    os.close(descriptor)


def test_one_of_another_user_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    descriptor = os.open(tmp_path / "x", os.O_RDWR | os.O_CREAT, 0o600)
    assert is_private_file(descriptor)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert not is_private_file(descriptor)
    os.close(descriptor)


def test_a_file_is_in_its_place_until_another_one_is(tmp_path: Path) -> None:
    path = tmp_path / "x"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    assert is_in_place(descriptor, path)
    path.unlink()
    assert not is_in_place(descriptor, path)
    path.write_text("")
    assert not is_in_place(descriptor, path)
    os.close(descriptor)
    assert not is_in_place(descriptor, path)


def test_one_that_was_merely_removed_is_written_anew_with_all_that_counts(
    file: LedgerFile, log_lines: list[str]
) -> None:
    file.append(encode(Offered("c1", "n1", "office")) + encode(Offered("c2", "n1", "office")))
    file.append(encode(Forgotten("c1")))
    file.path.unlink()
    assert file.is_ours
    file.beat()
    assert list(read_book(file.path.read_bytes()).calls) == ["c2"]
    assert [line for line in log_lines if "was removed, and is written anew" in line]
    file.append(encode(Offered("c3", "n1", "office")))
    assert list(read_book(file.path.read_bytes()).calls) == ["c2", "c3"]


def test_so_is_one_whose_whole_directory_was_removed(file: LedgerFile) -> None:
    file.append(encode(Offered("c1", "n1", "office")))
    file.path.unlink()
    file.path.parent.rmdir()
    file.beat()
    assert list(read_book(file.path.read_bytes()).calls) == ["c1"]


def thread_is_through() -> None:
    """Wait for the thread, and until the hub has what it found: a sleep goes once round the loop, a turn does not."""
    gevent.get_hub().threadpool.join()
    gevent.sleep(0.001)


def test_a_large_one_is_written_anew_by_a_thread_with_what_came_meanwhile(
    file: LedgerFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_file, "_AT_ONCE", 0)
    first = file.path.stat().st_ino
    file.append(offers(3_000))
    file.append(encode(Forgotten("call-0")) + encode(Offered("late", "n1", "office")))
    assert file.path.stat().st_ino == first
    until(lambda: file.path.stat().st_ino != first, "it is not written anew")
    assert list(read_book(file.path.read_bytes()).calls) == ["up", "late"]
    file.append(encode(Offered("later", "n1", "office")))
    assert list(read_book(file.path.read_bytes()).calls) == ["up", "late", "later"]


def test_what_was_replaced_or_closed_before_the_thread_was_through_is_left_alone(
    file: LedgerFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_file, "_AT_ONCE", 0)
    file.append(offers(3_000))
    taken = take_over(file.path)
    before = taken.read_bytes()
    thread_is_through()
    assert taken.read_bytes() == before
    assert os.listdir(taken.parent) == ["taken"]


def test_what_was_written_anew_by_other_means_meanwhile_stays(
    file: LedgerFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_file, "_AT_ONCE", 0)
    failed: list[Any] = []
    monkeypatch.setattr(gevent.get_hub(), "handle_error", lambda *error: failed.append(error))
    file.append(offers(3_000))
    file.path.unlink()
    file.beat()
    file.append(encode(Offered("late", "n1", "office")))
    thread_is_through()
    assert failed == []
    assert list(read_book(file.path.read_bytes()).calls) == ["up", "late"]
