"""What is local's own: processes that share a file. What every engine promises is in test_engine.py."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import gevent
import pytest
from doubles.members import member

from relay_actors.kit import clock
from relay_runtime.fleet.engine import EngineDown, EngineRefused, Lost, NotThere, Seen, Standing
from relay_runtime.fleet.local_engine import LocalEngine
from relay_runtime.fleet.local_store import FILE
from relay_runtime.settings.engine_address import parse_address

SERVED = b'["serve","c1","n",0,false]\n'
LOCAL = """
import json, sys
from relay_runtime.fleet.engine import Member, NotThere
from relay_runtime.fleet.local_engine import LocalEngine
from relay_runtime.settings.engine_address import parse_address
engine = LocalEngine(parse_address(f"local:{sys.argv[1]}"), 10.0)
def member(name):
    return Member(id=name, host="alpha", machine="m1", pid=1, key="k", app="app:Menu", version="0.1.0")
"""


def begin(program: str, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Run a program in an interpreter of its own, with an engine on the file."""
    return subprocess.Popen(
        [sys.executable, "-c", LOCAL + textwrap.dedent(program), str(folder), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def own(local_engine: LocalEngine) -> Iterator[LocalEngine]:
    local_engine.join(member("a"), local_engine.connect())
    return local_engine


@pytest.mark.slow
def test_of_two_processes_that_claim_one_wins_each_ledger(own: LocalEngine, folder: Path) -> None:
    for number in range(200):
        own.put(f"l{number:03}", 0, "a", "k", SERVED)
    program = """
        engine.join(member(sys.argv[2]), engine.connect())
        seen = sorted(engine.look("k"), key=str)
        print("ready", flush=True)
        sys.stdin.readline()
        won = []
        for each in seen:
            try:
                won.append((each.ledger, engine.claim(each, sys.argv[2], dead=False).token))
            except NotThere:
                pass
        print(json.dumps(won), flush=True)
    """
    with begin(program, folder, "b") as one, begin(program, folder, "c") as two:
        assert [line_of(one), line_of(two)] == ["ready", "ready"]
        for each in (one, two):
            assert each.stdin is not None
            each.stdin.write("\n")
            each.stdin.flush()
        won = {"b": dict(json.loads(line_of(one))), "c": dict(json.loads(line_of(two)))}
    assert not won["b"].keys() & won["c"].keys()
    assert len(won["b"]) + len(won["c"]) == 200
    tokens = [*won["b"].values(), *won["c"].values()]
    assert len(set(tokens)) == 200
    assert {each.ledger: each.owner for each in own.look("k")} == {
        ledger: name for name, ledgers in won.items() for ledger in ledgers
    }


@pytest.mark.slow
def test_the_line_of_a_process_that_was_killed_is_gone_at_once_and_its_ledger_is_claimed(
    own: LocalEngine, folder: Path
) -> None:
    program = """
        engine.join(member("b"), engine.connect())
        engine.renew("b", [])
        token = engine.put("l", 0, "b", "k", b"one\\n")
        engine.append("l", token, 4, b"two\\n")
        print("ready", flush=True)
        sys.stdin.readline()
    """
    with begin(program, folder) as process:
        assert line_of(process) == "ready"
        (seen,) = own.look("k")
        assert own.lines([seen.line]) == {seen.line}
        assert own.is_connected("b")
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=20)
    assert own.lines([seen.line]) == set()
    assert not own.is_connected("b")
    assert own.look("k") == [seen]
    assert own.claim(seen, "a", dead=False).text == b"one\ntwo\n"


@pytest.mark.slow
def test_a_process_that_is_killed_while_it_writes_leaves_nothing_half_done(own: LocalEngine, folder: Path) -> None:
    program = """
        token = engine.put("l", 0, "b", "k", b"")
        print("ready", flush=True)
        at = 0
        while True:
            engine.append("l", token, at, b"0123456789")
            at += 10
    """
    with begin(program, folder) as process:
        assert line_of(process) == "ready"
        while own.renew("a", ["l"])["l"].size < 1_000:
            assert process.poll() is None
            gevent.sleep(0.001)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=20)
    size = own.renew("a", ["l"])["l"].size
    text = own.claim(own.look("k")[0], "a", dead=True).text
    assert text == b"0123456789" * (size // 10)


@pytest.mark.slow
def test_a_process_that_stands_still_while_it_writes_is_waited_for_and_no_longer(
    own: LocalEngine, folder: Path
) -> None:
    program = """
        def work(db):
            db.execute("DELETE FROM members")
            print("ready", flush=True)
            sys.stdin.readline()
        engine._store.write(work)
        print("done", flush=True)
    """
    hasty = LocalEngine(parse_address(f"local:{folder}"), 0.05)
    hasty.connect()
    with begin(program, folder) as process:
        assert line_of(process) == "ready"
        with pytest.raises(EngineDown, match="locked for 0.05 s"):
            hasty.drain("alpha", drained=True)
        assert [each.id for each, _ in hasty.members()] == ["a"]
        process.kill()
        process.wait(timeout=20)
    hasty.drain("alpha", drained=True)
    assert [each.id for each, _ in hasty.members()] == ["a"]
    hasty.close()


def test_a_damaged_file_is_refused_until_it_is_removed(own: LocalEngine, folder: Path) -> None:
    own.put("l", 0, "a", "k", SERVED)
    own.close()
    (folder / FILE).write_bytes(b"no database" * 1_000)
    for ask in (own.connect, own.members, lambda: own.take("a", 1.0), lambda: own.lines(["1"])):
        with pytest.raises(EngineRefused, match="remove it"):
            ask()
    (folder / FILE).unlink()
    line = own.connect()
    with pytest.raises(Lost):
        own.renew("a", ["l"])
    own.join(member("a"), line)
    assert own.renew("a", ["l"]) == {"l": Standing(0, 0)}


def test_a_directory_that_was_removed_is_made_anew_with_a_line_of_another_number(
    own: LocalEngine, folder: Path
) -> None:
    former = own.connect()
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert own.lines([former]) == {former}  # this process holds it still, though nobody else sees it
    line = own.connect()
    assert line != former
    assert own.lines([former, line]) == {line}


def test_a_line_that_can_not_be_made_is_told(
    local_engine: LocalEngine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("relay_runtime.fleet.local_engine.LocalLine", full)
    with pytest.raises(EngineDown, match="no file can be made in .*: No space left on device"):
        local_engine.connect()
    monkeypatch.setattr("relay_runtime.fleet.local_engine.open_lines", full)
    with pytest.raises(EngineDown, match="can't be seen which processes live: No space left"):
        local_engine.lines(["1"])


def test_members_of_before_a_restart_of_the_machine_do_not_keep_its_name(own: LocalEngine, folder: Path) -> None:
    """The machine tells itself by another word then, and their lines are held by nobody."""
    own.close()
    following = LocalEngine(parse_address(f"local:{folder}"))
    following.join(member("b", machine="m2"), following.connect())
    assert [each.id for each, _ in following.members()] == ["a", "b"]
    following.close()


def test_a_member_of_another_version_is_no_hindrance(own: LocalEngine, folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE)) as other, other:
        other.execute("INSERT INTO members VALUES ('b', 'h', 'm1', '{\"id\": 1}', '1', 0)")
    assert [each.id for each, _ in own.members()] == ["a"]


def test_what_nobody_renews_goes_in_time(own: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.real_monotonic()
    passed = 0.0
    monkeypatch.setattr(clock, "real_monotonic", lambda: now + passed)
    token = own.put("l", 0, "a", "k", SERVED)
    own.put("m", 0, "a", "k", SERVED.replace(b"c1", b"c2"))
    own.post("a", "first", b"1")
    passed = 59.0
    own.post("a", "second", b"2")  # a box is kept for as long after what came last
    passed = 61.0
    assert own.take("a", 0.0) == b"1"
    own.post("a", "second", b"2")  # which came already
    passed = 120.0
    assert own.take("a", 0.0) is None
    own.post("a", "second", b"2")  # nobody repeats it after so long
    assert [own.take("a", 0.0), own.take("a", 0.0)] == [b"2", None]
    passed = 86_000.0
    own.renew("a", ["m"])
    passed = 87_000.0
    assert [each.ledger for each in own.look("k")] == ["m"]
    assert own.find("c") == {"c2": "a"}
    with pytest.raises(Lost):
        own.append("l", token, len(SERVED), b"x\n")
    with pytest.raises(Lost):
        own.claim(Seen("l", "a", 0, ""), "b", dead=True)
    own.put("n", 0, "a", "k", b"")
    passed = 0.0
    assert {each.ledger for each in own.look("k")} == {"m", "n"}


@pytest.mark.slow
def test_who_waits_for_mail_lets_the_hub_go_on_and_can_be_ended(own: LocalEngine) -> None:
    reader = gevent.spawn(own.take, "a", 600.0)
    gevent.sleep(0.05)
    assert not reader.dead
    reader.kill()
    own.post("a", "m", b"x")
    assert own.take("a", 0.0) == b"x"
    with pytest.raises(NotThere):
        own.post("b", "n", b"x")
