"""The file of the local engine: what is wrong with it is said, and nothing hangs."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import gevent
import pytest
from doubles.forked import in_child

from relay_runtime.fleet.engine import EngineDown, EngineRefused, NotThere
from relay_runtime.fleet.local_store import FILE, LocalStore
from relay_runtime.settings import directories


@pytest.fixture
def store(folder: Path) -> Iterator[LocalStore]:
    store = LocalStore(str(folder), 0.2)
    yield store
    store.close()


def drain(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO drained VALUES ('alpha')")


def drained(db: sqlite3.Connection) -> list[Any]:
    return db.execute("SELECT host FROM drained").fetchall()


def test_what_one_writes_another_reads(store: LocalStore, folder: Path) -> None:
    store.write(drain)
    other = LocalStore(str(folder), 0.2)
    assert other.read(drained) == [("alpha",)]
    assert other.directory == folder
    other.close()
    other.close()
    assert other.read(drained) == [("alpha",)]  # opened again
    other.close()


def test_a_transaction_that_raises_changes_nothing(store: LocalStore) -> None:
    def work(db: sqlite3.Connection) -> None:
        drain(db)
        raise NotThere("gone")

    with pytest.raises(NotThere):
        store.write(work)
    assert store.read(drained) == []
    store.write(drain)


def test_without_a_place_it_is_in_the_private_directory_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as short:  # a socket has room there
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        store = LocalStore("", 0.2)
        store.open()
        assert store.directory == Path(os.path.realpath(short)) / "relay-runtime" / "fleet"
        assert directories.is_private(store.directory)
        store.close()


def test_a_directory_that_others_can_open_is_refused(store: LocalStore, folder: Path) -> None:
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    with pytest.raises(EngineRefused, match="not this user's alone"):
        store.open()
    folder.chmod(0o700)
    store.open()


@pytest.mark.slow
def test_who_waits_for_another_lets_the_hub_go_on_and_is_told_in_the_end(store: LocalStore, folder: Path) -> None:
    store.open()
    turns = 0

    def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            gevent.sleep(0)

    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as another:
        another.execute("BEGIN IMMEDIATE")
        counting = gevent.spawn(count)
        with pytest.raises(EngineDown, match="have had the file .*fleet.db locked for 0.2 s"):
            store.write(drain)
        counting.kill()
        assert turns > 10
        assert store.read(drained) == []  # who reads does not wait
        waiting = gevent.spawn(LocalStore(str(folder), 20.0).write, drain)
        gevent.sleep(0.01)
        assert not waiting.dead
        another.execute("COMMIT")
        waiting.get(timeout=20)
    assert store.read(drained) == [("alpha",)]


def test_what_is_no_database_is_refused_and_left_as_it_is(store: LocalStore, folder: Path) -> None:
    content = b"this is no database of SQLite, but a text of some length " * 100
    folder.mkdir(mode=0o700)
    (folder / FILE).write_bytes(content)
    for _ in range(2):
        with pytest.raises(EngineRefused, match=r"fleet.db can't be used: file is not a database; remove it"):
            store.write(drain)
    assert (folder / FILE).read_bytes() == content
    (folder / FILE).unlink()
    store.write(drain)


def test_a_damaged_database_is_refused(store: LocalStore, folder: Path) -> None:
    store.write(drain)
    store.close()
    content = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(EngineRefused, match="malformed; remove it"):
        store.read(drained)


def test_a_directory_in_the_place_of_the_file_is_told(store: LocalStore, folder: Path) -> None:
    (folder / FILE).mkdir(parents=True)
    folder.chmod(0o700)
    with pytest.raises(EngineDown, match="unable to open database file"):
        store.open()


def test_another_layout_and_other_tables_are_left_alone(store: LocalStore, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    with closing(sqlite3.connect(folder / FILE)) as another:
        another.execute("CREATE TABLE songs (name)")
    with pytest.raises(EngineRefused, match="layout 0, and this runtime knows layout 1"):
        store.open()
    with closing(sqlite3.connect(folder / FILE)) as another:
        another.execute("PRAGMA user_version = 2")
    with pytest.raises(EngineRefused, match="layout 2, .*give each fleet a directory"):
        store.open()


def test_a_file_that_was_removed_is_made_anew_by_who_uses_it_next(store: LocalStore, folder: Path) -> None:
    other = LocalStore(str(folder), 0.2)
    store.write(drain)
    assert other.read(drained) == [("alpha",)]
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert other.read(drained) == []
    other.write(drain)
    assert store.read(drained) == [("alpha",)]
    other.close()


def test_a_disk_that_is_full_is_told_and_what_was_there_stays(store: LocalStore, folder: Path) -> None:
    def in_it() -> list[str]:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        mine = LocalStore(str(folder), 0.2)
        mine.write(drain)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
        said = []
        try:
            mine.write(lambda db: db.execute("INSERT INTO mail (box, body) VALUES ('a', ?)", (b"x" * 1_000_000,)))
        except EngineDown as error:
            said.append(str(error))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        said += [host for (host,) in mine.read(drained)]
        mine.close()
        return said

    problem, host = in_child(in_it)
    assert "fleet.db can't be used: " in problem
    assert any(word in problem for word in ("full", "I/O error"))
    assert host == "alpha"
    assert store.read(drained) == [("alpha",)]


def test_a_child_opens_the_file_for_itself(store: LocalStore) -> None:
    store.write(drain)

    def in_it() -> list[Any]:
        found = store.read(drained)
        store.write(lambda db: db.execute("INSERT INTO drained VALUES ('beta')"))
        store.close()
        return found

    assert in_child(in_it) == [["alpha"]]
    assert sorted(store.read(drained)) == [("alpha",), ("beta",)]
    store.write(lambda db: db.execute("INSERT INTO drained VALUES ('gamma')"))
