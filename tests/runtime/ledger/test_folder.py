"""The folder of ledgers: what is taken over, by whom alone, and what is left alone."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from doubles.hub import until
from doubles.siblings import Sibling

from relay_runtime.ledger import folder as of_folder
from relay_runtime.ledger.file import LedgerFile
from relay_runtime.ledger.folder import Claim, Folder, key_of
from relay_runtime.ledger.records import Dialled, Offered, Opened, SessionKept, encode, read_book

KEY = key_of("project", "example.signalwire.com", "app:Shop")
FIRST = Opened(1, KEY, 4711, 7)
NAME = f"{KEY}-4711-0123abcd.ledger"
SESSION = encode(SessionKept("p1", "blob", ("office",)))
START = encode(FIRST) + SESSION
CALL = encode(Offered("c1", "n1", "office"))


def folder(path: Path, takeover_after: float | None = None) -> Folder:
    return Folder(path, KEY, 20, takeover_after)


@pytest.fixture
def siblings() -> Iterator[Callable[[Callable[[], Any]], Sibling]]:
    made: list[Sibling] = []

    def start(function: Callable[[], Any]) -> Sibling:
        made.append(Sibling(function))
        return made[-1]

    yield start
    for each in made:
        each.kill()


Start = Callable[[Callable[[], Any]], Sibling]


def left_behind(path: Path, name: str = NAME, data: bytes | None = None) -> Path:
    """Put there what a process has left that has died."""
    file = path / name
    file.write_bytes(START + CALL if data is None else data)
    file.chmod(0o600)
    return file


def lives(path: Path) -> str:
    """Make a ledger as a process does that is logged in; return its name."""
    file = folder(path).make()
    file.append(SESSION)
    _held.append(file)
    return file.path.name


_held: list[LedgerFile] = []  # of a sibling, for as long as it lives


def let_go(claims: list[Claim]) -> None:
    for claim in claims:
        claim.file.close(keep=False)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of whoever looks."""
    now = [1000.0]
    monkeypatch.setattr(of_folder, "clock", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def looks_on(mine: Folder, clock: list[float], seconds: float) -> None:
    """Look each second, and find nothing."""
    end = clock[0] + seconds
    while clock[0] < end:
        clock[0] = min(clock[0] + 1.0, end)
        assert list(mine.claims()) == []


def test_the_key_is_of_project_server_and_app() -> None:
    assert len(KEY) == 16
    assert (
        len(
            {
                KEY,
                key_of("project", "example.signalwire.com", "app"),
                key_of("p", "r", "oject"),
                key_of("p", "ro", "ject"),
            }
        )
        == 4
    )


def test_a_new_ledger_has_a_name_of_this_process_and_its_limit(tmp_path: Path) -> None:
    file = folder(tmp_path).make()
    assert file.path.name.startswith(f"{KEY}-{os.getpid()}-")
    assert file.opened == Opened(1, KEY, os.getpid(), 20)
    assert list(folder(tmp_path).claims()) == []
    file.close(keep=False)


def test_what_a_dead_process_has_left_is_taken_over_under_a_name_of_this_one(tmp_path: Path) -> None:
    former = left_behind(tmp_path)
    (claim,) = claims = list(folder(tmp_path).claims())
    assert list(claim.book.calls) == ["c1"]
    assert (claim.book.opened.pid, claim.stopped) == (4711, False)
    assert claim.file.opened == Opened(1, KEY, os.getpid(), 7)  # its limit goes with its calls
    assert not former.exists()
    assert os.listdir(tmp_path) == [claim.file.path.name]
    assert claim.file.path.name.startswith(f"{KEY}-{os.getpid()}-")
    assert list(folder(tmp_path).claims()) == []
    let_go(claims)


def test_whoever_goes_on_with_a_ledger_may_die_too(tmp_path: Path, siblings: Start) -> None:
    """The third one finds the same calls, limit and classes, and what was noted since."""

    def take() -> int:
        (claim,) = folder(tmp_path).claims()
        claim.file.append(encode(Dialled("t1")))
        return os.getpid()

    left_behind(tmp_path, data=START + b'["class",3,"app:Shop",{"transfer":"context:x"}]\n' + CALL)
    second = siblings(take)
    pid = second.result()
    assert list(folder(tmp_path).claims()) == []  # it lives
    second.kill()
    second.kill = lambda: None  # type: ignore[method-assign]
    (claim,) = claims = list(folder(tmp_path).claims())
    assert claim.book.opened == Opened(1, KEY, pid, 7)
    assert (list(claim.book.calls), list(claim.book.tags)) == (["c1"], ["t1"])
    assert claim.book.kinds[3].name == "app:Shop"
    let_go(claims)


@pytest.mark.slow
def test_of_processes_that_look_at_once_exactly_one_has_each_ledger(tmp_path: Path, siblings: Start) -> None:
    for pid in range(1, 41):
        left_behind(tmp_path, f"{KEY}-{pid}-0123abcd.ledger", encode(Opened(1, KEY, pid, 7)) + SESSION + CALL)
    start = time.monotonic() + 0.1

    def take() -> list[int]:
        time.sleep(max(0.0, start - time.monotonic()))
        mine = folder(tmp_path)
        return [claim.book.opened.pid for _ in range(3) for claim in mine.claims()]

    found = [pid for sibling in [siblings(take) for _ in range(3)] for pid in sibling.result()]
    assert sorted(found) == list(range(1, 41))
    assert list(folder(tmp_path).claims()) == []


def test_two_clients_of_one_process_leave_each_others_ledgers_alone(tmp_path: Path, siblings: Start) -> None:
    """A process does not lock itself out; and who opens and closes a file a second time loses its lock."""
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    file = folder(tmp_path).make()
    file.append(SESSION)
    assert list(folder(tmp_path / "link", 0.0).claims()) == []
    assert file.is_ours
    assert siblings(lambda: len(list(folder(tmp_path).claims()))).result() == 0
    file.close(keep=True)  # as of a client that has left calls up
    let_go(claims := list(folder(tmp_path).claims()))
    assert len(claims) == 1


def test_a_ledger_of_a_process_that_lives_is_its_own(tmp_path: Path, siblings: Start) -> None:
    siblings(lambda: lives(tmp_path)).result()
    mine = folder(tmp_path)
    assert [list(mine.claims()) for _ in range(3)] == [[], [], []]


def test_a_ledger_of_a_process_that_never_logged_in_is_thrown_away_when_it_is_dead(
    tmp_path: Path, siblings: Start, clock: list[float]
) -> None:
    left_behind(tmp_path, data=encode(FIRST))
    name = siblings(lambda: folder(tmp_path).make().path.name).result()
    mine = folder(tmp_path, 1.0)
    for _ in range(3):
        assert list(mine.claims()) == []
        clock[0] += 2.0
    assert os.listdir(tmp_path) == [name]


def test_one_that_this_process_cannot_go_on_with_is_left_to_others(tmp_path: Path, siblings: Start) -> None:
    left_behind(tmp_path)
    mine = folder(tmp_path)
    (claim,) = mine.claims()
    mine.leave_to_others(claim)
    assert [list(mine.claims()) for _ in range(3)] == [[], [], []]
    assert siblings(lambda: [each.book.opened.limit for each in folder(tmp_path).claims()]).result() == [7]


def test_what_dead_processes_have_left_long_ago_is_removed_whatever_its_key(tmp_path: Path, siblings: Start) -> None:
    other = f"{'0' * 16}-1-0123abcd.ledger"
    day = 24 * 3600
    for name, age in (
        (NAME, 2 * day),
        (other, 2 * day),
        (f"{other}.new", 2 * day),
        (f"{KEY}-5-0123abcd.ledger", day / 2),
    ):
        os.utime(left_behind(tmp_path, name), (time.time() - age,) * 2)
    left_behind(tmp_path, "of the app")
    living = siblings(lambda: lives(tmp_path)).result()
    own = folder(tmp_path).make()
    for name in ("of the app", living, own.path.name):
        os.utime(tmp_path / name, (1, 1))
    folder(tmp_path).clear()
    kept = {f"{KEY}-5-0123abcd.ledger", "of the app", living, own.path.name}
    assert set(os.listdir(tmp_path)) == kept
    assert own.is_ours
    own.close(keep=False)


# A process that is stopped


def test_a_process_that_shows_nothing_for_long_enough_by_this_clock_is_taken_over(
    tmp_path: Path, siblings: Start, clock: list[float]
) -> None:
    name = siblings(lambda: lives(tmp_path)).result()
    mine = folder(tmp_path, 30.0)
    assert list(mine.claims()) == []
    looks_on(mine, clock, 30.0)
    os.utime(tmp_path / name)  # it has shown that it lives
    looks_on(mine, clock, 31.0)
    clock[0] += 0.1
    (claim,) = claims = list(mine.claims())
    assert claim.stopped
    let_go(claims)


@pytest.mark.slow
def test_one_that_is_stopped_finds_itself_displaced_when_it_goes_on(
    tmp_path: Path, siblings: Start, clock: list[float]
) -> None:
    def live() -> str:
        file = folder(tmp_path).make()
        file.append(SESSION)
        while file.is_ours:
            file.beat()
            time.sleep(0.001)
        return "displaced"

    sibling = siblings(live)
    until(lambda: [name for name in os.listdir(tmp_path) if name.endswith(".ledger")], "its ledger")
    (path,) = tmp_path.iterdir()
    mine = folder(tmp_path, 30.0)
    assert list(mine.claims()) == []
    for _ in range(40):
        clock[0] += 1.0
        before = path.stat().st_mtime_ns
        until(lambda before=before: path.stat().st_mtime_ns != before, "a sign of life")  # type: ignore[misc]
        assert list(mine.claims()) == []
    sibling.stop()
    looks_on(mine, clock, 29.0)
    clock[0] += 4.0
    (claim,) = claims = list(mine.claims())
    assert claim.stopped
    sibling.go_on()
    assert sibling.result() == "displaced"
    let_go(claims)


def test_how_old_the_file_is_by_another_clock_does_not_count(
    tmp_path: Path, siblings: Start, clock: list[float]
) -> None:
    name = siblings(lambda: lives(tmp_path)).result()
    os.utime(tmp_path / name, (1, 1))
    mine = folder(tmp_path, 30.0)
    assert list(mine.claims()) == []
    looks_on(mine, clock, 29.0)
    os.utime(tmp_path / name, (5, 5))
    looks_on(mine, clock, 29.0)


def test_one_who_was_stopped_himself_gives_the_others_their_time_again(
    tmp_path: Path, siblings: Start, clock: list[float]
) -> None:
    """A terminal, a container or a host stops all processes of an app at once, and lets them go on at once."""
    name = siblings(lambda: lives(tmp_path)).result()
    mine = folder(tmp_path, 30.0)
    looks_on(mine, clock, 20.0)
    clock[0] += 600.0
    assert list(mine.claims()) == []
    looks_on(mine, clock, 30.0)
    clock[0] += 1.0
    (claim,) = claims = list(mine.claims())
    assert (claim.stopped, (tmp_path / name).exists()) == (True, False)
    let_go(claims)


def test_without_a_limit_its_death_is_waited_for(tmp_path: Path, siblings: Start, clock: list[float]) -> None:
    siblings(lambda: lives(tmp_path)).result()
    mine = folder(tmp_path, None)
    assert list(mine.claims()) == []
    clock[0] += 1e9
    assert list(mine.claims()) == []


def test_what_it_wrote_until_the_last_moment_is_taken_over_and_what_it_writes_later_is_not(
    tmp_path: Path, siblings: Start, clock: list[float]
) -> None:
    path = tmp_path / siblings(lambda: lives(tmp_path)).result()
    writing = os.open(path, os.O_WRONLY | os.O_APPEND)
    mine = folder(tmp_path, 1.0)
    assert list(mine.claims()) == []
    clock[0] += 2.0

    def read_and_be_overtaken(data: bytes) -> Any:
        overtaken.undo()
        os.write(writing, CALL)
        return read_book(data)

    with pytest.MonkeyPatch.context() as overtaken:
        overtaken.setattr(of_folder, "read_book", read_and_be_overtaken)
        (claim,) = claims = list(mine.claims())
    assert list(claim.book.calls) == ["c1"]
    os.write(writing, encode(Dialled("t1")))
    os.close(writing)
    assert b"t1" not in os.pread(claim.file._descriptor, 10**6, 0)
    let_go(claims)


# What was left half done


def test_a_file_that_was_to_replace_one_is_removed_and_the_one_is_taken_over(tmp_path: Path) -> None:
    """SIGKILL while a ledger was written anew."""
    left_behind(tmp_path)
    left_behind(tmp_path, f"{NAME}.new", START + CALL[:5])
    (claim,) = claims = list(folder(tmp_path).claims())
    assert list(claim.book.calls) == ["c1"]
    assert os.listdir(tmp_path) == [claim.file.path.name]
    let_go(claims)


def test_one_that_was_to_become_the_first_is_removed(tmp_path: Path) -> None:
    left_behind(tmp_path, f"{NAME}.new", b"")
    assert list(folder(tmp_path).claims()) == []
    assert os.listdir(tmp_path) == []


def test_a_torn_last_line_is_passed_over_and_nothing_is_written_behind_it(tmp_path: Path, log_lines: list[str]) -> None:
    left_behind(tmp_path, data=START + CALL + CALL[:10])
    (claim,) = claims = list(folder(tmp_path).claims())
    claim.file.append(encode(Dialled("t1")))
    book = read_book(os.pread(claim.file._descriptor, 10**6, 0))
    assert (list(book.calls), list(book.tags), book.damaged) == (["c1"], ["t1"], 0)
    assert log_lines == []
    let_go(claims)


def test_lines_that_cannot_be_read_are_counted_in_a_line_of_the_log(tmp_path: Path, log_lines: list[str]) -> None:
    left_behind(tmp_path, data=START + b"\xff\n5\n" + CALL)
    (claim,) = claims = list(folder(tmp_path).claims())
    assert list(claim.book.calls) == ["c1"]
    assert "the ledger of process 4711 has lines that can't be read: 2" in log_lines[0]
    let_go(claims)


def test_a_full_disk_leaves_a_ledger_where_it_is_and_it_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_lines: list[str], siblings: Start
) -> None:
    path = left_behind(tmp_path)
    mine = folder(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda _, data: len(data) - 1)
        assert [list(mine.claims()) for _ in range(3)] == [[], [], []]
    assert path.read_bytes().startswith(START + CALL)
    assert os.listdir(tmp_path) == [NAME]
    (line,) = log_lines
    assert f"the ledger {path} is left alone: No space left on device" in line
    let_go(claims := list(mine.claims()))
    assert len(claims) == 1


# What is left alone


def test_other_files_and_ledgers_of_other_keys_are_none_of_ours(tmp_path: Path, log_lines: list[str]) -> None:
    names = ["4711.sock", f"{'0' * 16}-1-0123abcd.ledger", f"{KEY}.ledger", f"{NAME}.bak", f"x{NAME}", NAME.upper()]
    for name in names:
        left_behind(tmp_path, name)
    assert list(folder(tmp_path).claims()) == []
    assert sorted(os.listdir(tmp_path)) == sorted(names)
    assert log_lines == []


def other_mode(path: Path) -> None:
    left_behind(path).chmod(0o640)


def a_link(path: Path) -> None:
    left_behind(path, "elsewhere")
    (path / NAME).symlink_to(path / "elsewhere")


def a_dangling_link(path: Path) -> None:
    (path / NAME).symlink_to(path / "nothing")


def a_directory(path: Path) -> None:
    (path / NAME).mkdir(mode=0o700)


def a_pipe(path: Path) -> None:
    os.mkfifo(path / NAME, 0o600)


def foreign(path: Path) -> None:
    left_behind(path, data=b"#!/bin/sh\nrm -rf x\n")


def empty(path: Path) -> None:
    left_behind(path, data=b"")


def a_later_version(path: Path) -> None:
    left_behind(path, data=b'["ledger",2,"k",1,7]\n')


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (other_mode, "no file that only this user can open"),
        (a_link, "symbolic links"),
        (a_dangling_link, "symbolic links"),
        (a_directory, "directory"),
        (a_pipe, "no file that only this user can open"),
        (foreign, "its first line is none of a ledger"),
        (empty, "its first line is none of a ledger"),
        (a_later_version, "it is of version 2, and this runtime reads version 1"),
    ],
)
def test_what_is_not_to_be_trusted_is_left_alone_and_said_once(
    tmp_path: Path, make: Callable[[Path], None], why: str, log_lines: list[str]
) -> None:
    make(tmp_path)
    other = left_behind(tmp_path, f"{KEY}-5-0123abcd.ledger")
    mine = folder(tmp_path)
    let_go(claims := [claim for _ in range(3) for claim in mine.claims()])
    assert len(claims) == 1  # the others are not kept from it
    assert not other.exists()
    assert os.path.lexists(tmp_path / NAME)
    told = [line for line in log_lines if "is left alone" in line]
    assert len(told) == 1
    assert str(tmp_path / NAME) in told[0]
    assert why in told[0]


def test_so_is_a_file_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]) -> None:
    left_behind(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "getuid", lambda: 12345)
        assert list(folder(tmp_path).claims()) == []
    assert "no file that only this user can open" in log_lines[0]


def test_so_is_one_that_is_too_large_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    monkeypatch.setattr(of_folder, "_LONGEST", 50)
    left_behind(tmp_path, data=START + CALL * 100)
    assert list(folder(tmp_path).claims()) == []
    assert "bytes" in log_lines[0]


def test_a_file_system_without_locks_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    def no_locks(*_: Any) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    left_behind(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("fcntl.lockf", no_locks)
        assert list(folder(tmp_path).claims()) == []
    assert "No locks available" in log_lines[0]


def test_files_of_other_keys_cost_nothing_but_the_look_at_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_behind(tmp_path, f"{'0' * 16}-1-0123abcd.ledger")
    looks: list[Path] = []
    monkeypatch.setattr(of_folder, "is_open_here", lambda path: bool(looks.append(path)))
    assert list(folder(tmp_path).claims()) == []
    assert looks == []


def test_one_that_is_written_anew_in_the_last_moment_stays_its_processs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or there were two who go on with it: the mark of the takeover is in the file that was there before."""
    path = left_behind(tmp_path)
    write = os.pwrite

    def overtaken(descriptor: int, data: bytes, offset: int) -> int:
        left_behind(tmp_path, "anew").rename(path)
        return write(descriptor, data, offset)

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", overtaken)
        assert list(folder(tmp_path).claims()) == []
    assert os.listdir(tmp_path) == [path.name]
    assert b"taken" not in path.read_bytes()


def test_a_folder_that_is_gone_has_nothing(tmp_path: Path) -> None:
    assert list(folder(tmp_path / "none").claims()) == []


def test_a_ledger_that_somebody_else_has_taken_meanwhile_is_his(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    """Between any two steps."""
    for step in ("is_private_file", "is_locked_by_another", "read_book"):
        path = left_behind(tmp_path)
        real = getattr(of_folder, step)

        def overtaken(given: Any, path: Path = path, real: Any = real) -> Any:
            if path.exists():
                path.rename(tmp_path / "taken")
            return real(given)

        with monkeypatch.context() as patched:
            patched.setattr(of_folder, step, overtaken)
            assert list(folder(tmp_path).claims()) == []
        assert os.listdir(tmp_path) == ["taken"]
    assert log_lines == []


def test_one_that_is_written_anew_just_then_is_looked_at_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = left_behind(tmp_path)
    real = of_folder.is_locked_by_another

    def replaced(descriptor: int) -> bool:
        left_behind(tmp_path, "anew").rename(path)
        return real(descriptor)

    mine = folder(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(of_folder, "is_locked_by_another", replaced)
        assert list(mine.claims()) == []
    let_go(claims := list(mine.claims()))
    assert len(claims) == 1


def test_a_claim_is_a_file_that_is_written_on(tmp_path: Path) -> None:
    left_behind(tmp_path)
    (claim,) = folder(tmp_path).claims()
    assert isinstance(claim.file, LedgerFile)
    assert claim.file.is_ours
    claim.file.close(keep=False)
    assert os.listdir(tmp_path) == []


class Faster:
    """Copies of which another host has taken each over, as long as that can be asked."""

    def __init__(self) -> None:
        self.answer: int | None = None

    def take_over(self, former: Opened, *, stopped: bool) -> int | None:
        return self.answer

    def claims(self) -> Iterator[Any]:
        return iter(())


def test_what_another_host_has_of_a_stopped_process_is_left_to_it_when_that_can_be_asked_no_more(
    tmp_path: Path, siblings: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    siblings(lambda: lives(tmp_path))
    until(lambda: [name for name in os.listdir(tmp_path) if name.endswith(".ledger")])
    (name,) = os.listdir(tmp_path)
    now = [1000.0]
    monkeypatch.setattr(of_folder, "clock", SimpleNamespace(monotonic=lambda: now[0]))
    copies: Any = Faster()
    looks = Folder(tmp_path, KEY, 20, 2.0, copies)
    for _ in range(3):
        assert list(looks.claims()) == []
        now[0] += 1.5
    copies.answer = 0
    assert list(looks.claims()) == []
    assert os.listdir(tmp_path) == [name]
