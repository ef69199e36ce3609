"""What a client writes down, and how it goes on with what other processes have left."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
import msgspec
import pytest
from doubles.client import LIMIT, QUICK, THEM, client_of
from doubles.departed import Departed, key_in
from doubles.hub import until
from doubles.siblings import Sibling
from doubles.takeover import take_over

from relay_actors.tree import Tree
from relay_runtime import CallActor, ConnectionLost, RelayClient
from relay_runtime.client import succession
from relay_runtime.client.calls_up import calls_up
from relay_runtime.client.ledgers import keep_ledger, look_for_ledgers
from relay_runtime.client.succession import Succession, checked_choice
from relay_runtime.ledger.file import LedgerFile
from relay_runtime.ledger.folder import Folder
from relay_runtime.ledger.journal import kind_name
from relay_runtime.ledger.records import Answered, Kind, Memo, Offered, Opened, Policy, Served, encode, read_book
from relay_runtime.sandbox import Callee, Caller, Sandbox
from relay_runtime.settings.private_directory import PlaceError
from relay_runtime.websocket.writer import Writer


class Shop(CallActor):
    """Serves until the caller hangs up, and goes on with calls of a process that has died."""

    def run(self) -> None:
        self.answer()
        self.memo = "the menu"
        self.wait_for_ended()

    def on_adopted(self) -> None:
        self.play_tts(f"You were at {self.memo}.").wait()
        self.hangup()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "ledgers"
    path.mkdir(mode=0o700)
    return path


Start = Callable[..., RelayClient]


@pytest.fixture
def start(sandbox: Sandbox, folder: Path) -> Iterator[Start]:
    made: list[RelayClient] = []

    def connect(**arguments: Any) -> RelayClient:
        client = client_of(sandbox, **{"ledger": str(folder), "call_actor": Shop, **arguments})
        made.append(client)
        client.connect(timeout=LIMIT)
        return client

    yield connect
    for client in made:
        client.disconnect()


def served(address: dict[str, Any], memo: str = '"the menu"') -> tuple[Any, ...]:
    call_id = address["call_id"]
    return (
        Kind(0, kind_name(Shop), Policy()),
        Offered(call_id, address["node_id"], "office"),
        Served(call_id, address["node_id"], 0, False),
        Answered(call_id),
        Memo(call_id, memo),
    )


def written(path: Path) -> list[bytes]:
    """Return what stands in the ledgers of a folder, as another process sees it."""
    other = Sibling(lambda: [each.read_text() for each in sorted(path.iterdir())])
    try:
        return [text.encode() for text in other.result()]
    finally:
        other.kill()


def test_a_login_that_is_confirmed_while_the_client_stops_has_nobody_look_for_ever(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = start()
    succession_, stop = client._life.succession, Tree.stop

    def confirmed(tree: Tree) -> None:
        succession_.logged_in()
        stop(tree)

    monkeypatch.setattr(Tree, "stop", confirmed)
    client.disconnect()
    assert succession_._looking is None
    client.connect(timeout=LIMIT)
    until(lambda: succession_._looking is not None)


# What is written


def test_a_client_without_a_ledger_writes_nothing(sandbox: Sandbox, folder: Path, start: Start) -> None:
    for ledger in (None, "off"):
        client = start(ledger=ledger)
        assert os.listdir(folder) == []
        assert client._life.succession._journal is None
        client.disconnect()


def test_auto_is_the_directory_of_the_control_sockets(
    sandbox: Sandbox, folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(succession, "private_directory", lambda: folder)
    client = start(ledger="auto")
    assert len(os.listdir(folder)) == 1
    client.disconnect()
    assert os.listdir(folder) == []


def test_without_such_a_directory_it_serves_and_says_that_nobody_will_go_on(
    sandbox: Sandbox, start: Start, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    def none() -> Path:
        raise PlaceError("no directory can be made")

    monkeypatch.setattr(succession, "private_directory", none)
    assert start(ledger="auto").state == "connected"
    assert [line for line in log_lines if "there is no ledger" in line and "no directory can be made" in line]


def test_so_it_does_on_a_disk_that_is_full(
    sandbox: Sandbox, start: Start, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    def full(*_: Any) -> LedgerFile:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Folder, "make", full)
    client = start()
    run = sandbox.place(Caller(THEM).dials("office").waits_for_hangup(timeout=30_000))
    until(lambda: any(call.state == "answered" for call in client.live_calls()), "the answer")
    client.hangup_call(run.call_id)
    assert run.wait(LIMIT).end_reason == "hangup"
    assert client.state == "connected"
    told = [line for line in log_lines if "no ledger can be made" in line]
    assert len(told) == 1
    assert "No space left on device" in told[0]


@pytest.mark.slow
def test_a_call_is_written_down_from_its_offer_to_its_end_and_no_number_with_it(
    sandbox: Sandbox, folder: Path, start: Start
) -> None:
    client = start()
    run = sandbox.place(Caller("+15550107777").dials("office").waits_for_hangup(timeout=30_000))
    sandbox.on_dial("+15550108888", Callee().answers().waits_for_hangup())
    phone = {"type": "phone", "params": {"from_number": "+15550109999", "to_number": "+15550108888"}}
    dialled = client.dial([[phone]])
    until(lambda: b'"memo"' in written(folder)[0], "the memo")
    (data,) = written(folder)
    book = read_book(data)
    assert book.damaged == 0
    inbound, outbound = book.calls[run.call_id], book.calls[dialled.call_id]
    assert (inbound.context, inbound.answered, inbound.memo, inbound.dialled) == ("office", True, '"the menu"', False)
    assert (outbound.answered, outbound.dialled) == (True, True)
    assert kind_name(Shop) in {kind.name for kind in book.kinds.values()}
    for part in (b"555010", b"+1", b"phone", b"device", b"token", sandbox.token.encode(), b"import"):
        assert part not in data
    client.hangup_call(run.call_id)
    client.hangup_call(dialled.call_id)
    until(lambda: not read_book(written(folder)[0]).calls, "the end of the calls")


class Order:
    """What is written to the ledger and to the socket, in one order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[tuple[str, bytes]] = []
        append, write = LedgerFile.append, Writer._write

        def appended(file: LedgerFile, lines: bytes) -> None:
            append(file, lines)
            self.done.append(("ledger", lines))

        def sent(writer: Writer, data: bytes) -> None:
            if writer.before is not None:
                told, writer.before = writer.before, None
                told()
                writer.before = told
            self.done.append(("socket", b" ".join(frames_of(data))))
            write(writer, data)

        monkeypatch.setattr(LedgerFile, "append", appended)
        monkeypatch.setattr(Writer, "_write", sent)

    def at(self, where: str, what: str) -> int:
        return next(
            number for number, (place, data) in enumerate(self.done) if place == where and what.encode() in data
        )


def frames_of(data: bytes) -> list[bytes]:
    """Return the payloads of the masked frames that a client has written."""
    found = []
    while len(data) > 6 and data[1] & 0x80:
        length, at = data[1] & 0x7F, 2
        if length >= 126:
            size = 2 if length == 126 else 8
            length, at = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
        mask, payload = data[at : at + 4], data[at + 4 : at + 4 + length]
        found.append(bytes(byte ^ mask[number % 4] for number, byte in enumerate(payload)))
        data = data[at + 4 + length :]
    return found


def test_an_offer_is_written_before_it_is_acknowledged_and_a_dial_before_its_command(
    sandbox: Sandbox, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 14: what is not written is not acknowledged, so that the server sends it again."""
    client = start()
    order = Order(monkeypatch)
    for _ in range(5):
        order.done.clear()
        run = sandbox.place(Caller(THEM).dials("office").waits_for_hangup(timeout=30_000))
        until(lambda: any(b"calling.answer" in data for _, data in order.done), "the answer")
        frame = next(
            each["frame"]["id"]
            for each in sandbox.journal()
            if each["frame"].get("method") == "signalwire.event" and run.call_id in repr(each)
        )
        assert order.at("ledger", f'["offer","{run.call_id}"') < order.at("socket", f'"id":"{frame}"')
        assert order.at("ledger", f'["serve","{run.call_id}"') < order.at("socket", '"calling.answer"')
        client.hangup_call(run.call_id)
    order.done.clear()
    sandbox.on_dial("+15550108888", Callee().answers().waits_for_hangup())
    phone = {"type": "phone", "params": {"from_number": THEM, "to_number": "+15550108888"}}
    client.dial([[phone]], tag="the-tag").hangup()
    assert order.at("ledger", '["dial","the-tag"]') < order.at("socket", '"calling.dial"')


# What is taken over


def test_calls_of_a_dead_process_are_adopted_at_the_first_login(sandbox: Sandbox, folder: Path, start: Start) -> None:
    key_of_one = start()
    key = key_in(folder)
    key_of_one.disconnect()
    dead = Departed(sandbox)
    address = dead.offered(answered=True)
    dead.killed(folder, key, *served(address))
    client = start()
    run = dead.runs[address["call_id"]]
    assert run.wait(LIMIT).end_reason == "hangup"
    assert client.stats.calls_adopted == 1
    plays = sandbox.requests("calling.play")
    assert [each["frame"]["params"]["play"][0]["params"]["text"] for each in plays] == ["You were at the menu."]
    until(lambda: len(os.listdir(folder)) == 1, "the end of the estate")


def test_and_as_soon_as_somebody_says_so(
    sandbox: Sandbox, folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(succession, "_LOOK", LIMIT * 10)
    client = start()
    gevent.sleep(0.01)
    dead = Departed(sandbox)
    address = dead.offered(answered=True)
    offered = dead.offered(Caller("+15550100003").waits_for_hangup(timeout=30_000))
    dead.killed(folder, key_in(folder), *served(address), Offered(offered["call_id"], offered["node_id"], "office"))
    look_for_ledgers(client)
    assert dead.runs[address["call_id"]].wait(LIMIT).end_reason == "hangup"
    until(lambda: sandbox.requests("calling.pass"), "the offer to be passed on")
    assert client.stats.calls_adopted == 1


def test_and_within_a_second_by_itself(
    sandbox: Sandbox, folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(succession, "_LOOK", 0.02)
    start()
    dead = Departed(sandbox)
    address = dead.offered(answered=True)
    dead.killed(folder, key_in(folder), *served(address))
    assert dead.runs[address["call_id"]].wait(LIMIT).end_reason == "hangup"


def test_what_it_could_not_go_on_with_is_another_processs_and_not_tried_again_at_once(
    sandbox: Sandbox, folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    monkeypatch.setattr(succession, "_LOOK", 0.005)
    start(timing=msgspec.structs.replace(QUICK, refusals_allowed_later=1))
    dead = Departed(sandbox)
    address = dead.offered(answered=True)
    sandbox.arm("signalwire.connect", error={"code": -32002, "message": "no"}, times=1_000)
    dead.killed(folder, key_in(folder), *served(address))
    until(lambda: [line for line in log_lines if "left to a successor" in line], "the end of the estate")
    gevent.sleep(0.1)
    assert len([line for line in log_lines if "could not be adopted" in line]) == 1
    assert len(os.listdir(folder)) == 2


def test_a_drain_tells_of_calls_that_still_wait_for_their_session(
    sandbox: Sandbox, folder: Path, start: Start, log_lines: list[str]
) -> None:
    client = start()
    dead = Departed(sandbox)
    address = dead.offered(answered=True)
    sandbox.arm("signalwire.connect", error={"code": -32005, "message": "not now"}, times=1_000)
    dead.killed(folder, key_in(folder), *served(address))
    look_for_ledgers(client)
    until(lambda: [line for line in log_lines if "not now" in line], "a try to resume the session")
    assert list(calls_up(client)) == [address["call_id"]]
    assert not client.drain(timeout=0.01)
    assert client.left_up == [address["call_id"]]
    assert [line for line in log_lines if "calls may be up still" in line and address["call_id"] in line]
    assert len(os.listdir(folder)) == 1


class Patient(Shop):
    """Waits for the caller's end in both lives."""

    def on_adopted(self) -> None:
        self.play_tts("Still here.")
        self.wait_for_ended()


def adopts(sandbox: Sandbox, folder: Path, client: RelayClient) -> Any:
    """Have a client adopt a call of a `Patient`; return its caller."""
    dead = Departed(sandbox)
    address = dead.offered(answered=True)
    _, *rest = served(address)
    dead.killed(folder, key_in(folder), Kind(0, kind_name(Patient), Policy()), *rest)
    look_for_ledgers(client)
    until(lambda: sandbox.requests("calling.play"), "the adoption")
    return dead.runs[address["call_id"]]


def test_adopted_calls_are_seen_and_can_be_hung_up_as_others(sandbox: Sandbox, folder: Path, start: Start) -> None:
    client = start(call_actor=Patient)
    run = adopts(sandbox, folder, client)
    (call,) = client.live_calls()
    assert (call.call_id, call.kind, call.direction) == (run.call_id, "Patient", "inbound")
    assert client.status().calls.live == 1
    assert client.hangup_call(run.call_id)
    assert run.wait(LIMIT).end_reason == "hangup"
    until(lambda: not client.live_calls(), "the end")


def test_a_drain_waits_for_adopted_calls_and_takes_no_more(sandbox: Sandbox, folder: Path, start: Start) -> None:
    client = start(call_actor=Patient)
    run = adopts(sandbox, folder, client)
    draining = gevent.spawn(client.drain, LIMIT)
    gevent.sleep(0.02)
    assert not draining.ready()
    key = key_in(folder)
    left = Departed(sandbox).killed(folder, key, pid=4712)
    look_for_ledgers(client)
    gevent.sleep(0.02)
    assert left.exists()
    client.hangup_call(run.call_id)
    assert draining.get(timeout=LIMIT) is True
    assert os.listdir(folder) == [left.name]


def test_one_that_drains_shows_on_that_it_lives(
    sandbox: Sandbox, folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else another one would take its calls over, since a drain may last."""
    monkeypatch.setattr(succession, "_LOOK", 0.005)
    client = start(call_actor=Patient)
    run = adopts(sandbox, folder, client)
    draining = gevent.spawn(client.drain, LIMIT)
    gevent.sleep(0.02)
    files = sorted(folder.iterdir())
    assert len(files) == 2  # its own, and that of the estate
    for _ in range(3):
        for each in files:
            os.utime(each, (1, 1))
        until(lambda: all(each.stat().st_mtime > 1 for each in files), "a sign of life")
    client.hangup_call(run.call_id)
    draining.get(timeout=LIMIT)


def test_a_disconnect_hangs_adopted_calls_up(sandbox: Sandbox, folder: Path, start: Start) -> None:
    client = start(call_actor=Patient)
    run = adopts(sandbox, folder, client)
    client.disconnect()
    assert run.wait(LIMIT).end_reason
    assert list(client.left_up) == []
    assert os.listdir(folder) == []


def test_a_ledger_of_a_process_without_a_session_is_thrown_away_without_a_login(
    sandbox: Sandbox, folder: Path, start: Start
) -> None:
    client = start()
    logins = len(sandbox.requests("signalwire.connect"))
    path = folder / f"{key_in(folder)}-4711-0123abcd.ledger"
    path.write_bytes(encode(Opened(1, "k", 4711, 7)))
    path.chmod(0o600)
    look_for_ledgers(client)
    until(lambda: len(os.listdir(folder)) == 1, "the end of it")
    assert not path.exists()
    assert len(sandbox.requests("signalwire.connect")) == logins
    assert client._life.succession.trees() == []


def test_one_that_fails_to_take_a_ledger_over_goes_on_to_look_and_to_show_that_it_lives(
    sandbox: Sandbox, folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    monkeypatch.setattr(succession, "_LOOK", 0.005)
    client = start()
    key = key_in(folder)
    with monkeypatch.context() as patched:
        patched.setattr(succession, "inherited", lambda *_: 1 // 0)
        Departed(sandbox).killed(folder, key)
        until(lambda: [line for line in log_lines if "could not be gone on with" in line], "the line")
    own = client._life.succession._journal
    assert own is not None
    assert own._file is not None
    os.utime(own._file.path, (1, 1))
    until(lambda: own._file.path.stat().st_mtime > 1, "a sign of life")  # type: ignore[union-attr]


def test_whoever_is_displaced_loses_his_calls_and_goes_on_with_a_session_of_his_own(
    sandbox: Sandbox, folder: Path, start: Start, log_lines: list[str]
) -> None:
    """As after a SIGSTOP that was too long: the successor has renamed the ledger."""
    client = start()
    sandbox.place(Caller(THEM).dials("office").waits_for_hangup(timeout=30_000))
    until(lambda: any(call.state == "answered" for call in client.live_calls()), "the answer")
    (own,) = folder.iterdir()
    take_over(own)
    before = client.relay_protocol
    look_for_ledgers(client)  # the greenlet that runs first
    with pytest.raises(ConnectionLost):
        client.execute("signalwire.ping", {})
    until(lambda: client.relay_protocol not in {"", before}, "a session of its own")
    assert client.live_calls() == []
    assert sandbox.requests("calling.end") == []
    assert len(list(folder.iterdir())) == 2
    assert [line for line in log_lines if "another process has taken the session over" in line]
    assert (folder / "taken").read_bytes().count(b'"over"') == 0


# What may be chosen


@pytest.mark.parametrize("choice", [None, "auto", "off", "/somewhere", Path("/somewhere")])
def test_a_choice_is_a_word_or_a_directory(choice: Any) -> None:
    assert checked_choice(choice) == (None if choice is None else str(choice))


@pytest.mark.parametrize(
    ("choice", "error"),
    [
        (True, TypeError),
        (5, TypeError),
        (b"auto", TypeError),
        ("", ValueError),
        ("OFF", ValueError),
        ("on", ValueError),
    ],
)
def test_anything_else_is_refused_when_the_client_is_made(
    sandbox: Sandbox, choice: Any, error: type[Exception]
) -> None:
    with pytest.raises(error, match="argument ledger= is .*; accepted are auto, off, and the path of a directory"):
        client_of(sandbox, ledger=choice)


def test_a_directory_that_others_can_open_is_refused_when_it_connects(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    with pytest.raises(ValueError, match="is not this user.s alone; accepted is one of its own with mode 700"):
        client_of(sandbox, ledger=str(tmp_path / "open")).connect(timeout=LIMIT)
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="can't be made"):
        client_of(sandbox, ledger=str(tmp_path / "file" / "x")).connect(timeout=LIMIT)


def test_one_that_is_not_there_is_made(sandbox: Sandbox, tmp_path: Path, start: Start) -> None:
    start(ledger=str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert len(os.listdir(tmp_path / "a" / "b")) == 1


def test_processes_of_other_apps_projects_and_servers_have_other_keys(sandbox: Sandbox, folder: Path) -> None:
    keys = set()
    for project, host, app in (("p", "h", "a"), ("q", "h", "a"), ("p", "i", "a"), ("p", "h", "b")):
        settings = SimpleNamespace(
            credentials=SimpleNamespace(project=project),
            endpoint=SimpleNamespace(authority=host),
            max_active_calls=5,
        )
        setup: Any = SimpleNamespace(settings=settings, timing=QUICK, when_crashed="hangup")
        made = Succession(setup, lambda *_: None, lambda: None, str(folder))  # type: ignore[arg-type, return-value]
        made.app = app
        made.begin()
        keys.add(key_in(folder))
        assert made._journal is not None
        made._journal.close(keep=False)
    assert len(keys) == 4


def test_what_the_process_says_does_not_go_before_what_the_program_says(sandbox: Sandbox, folder: Path) -> None:
    client = client_of(sandbox, ledger="off")
    keep_ledger(client, str(folder), "app:Shop")
    client.connect(timeout=LIMIT)
    assert os.listdir(folder) == []
    client.disconnect()
