"""The writer: frames go out in order, and a peer that does not read is told so."""

from __future__ import annotations

from collections.abc import Callable

import gevent
import pytest
from gevent.event import Event
from gevent.hub import get_hub

from relay_runtime.websocket import writer
from relay_runtime.websocket.writer import Writer


class Wire:
    """A socket's sending side that records, takes at most so much at a time, blocks, or fails."""

    def __init__(self) -> None:
        self.sends: list[bytes] = []
        self.at_most = 2**30
        self.failure: Exception | None = None
        self.open = Event()
        self.open.set()
        self.pause_after_next = False

    def send(self, data: bytes | memoryview) -> int:
        self.open.wait()
        if self.failure is not None:
            raise self.failure
        taken = bytes(data[: self.at_most])
        self.sends.append(taken)
        if self.pause_after_next:
            self.open.clear()
        return len(taken)


def started(wire: Wire, limit: int = 100, on_failure: Callable[[BaseException], None] = lambda _: None) -> Writer:
    writer = Writer(wire, limit=limit)  # type: ignore[arg-type]
    writer.start(on_failure)
    gevent.sleep(0)
    return writer


def turn() -> None:
    """Let everybody run as often as the writer waits for, and the writer."""
    for _ in range(10):
        gevent.sleep(0)


def test_pieces_of_frames_go_out_in_order_with_the_rest() -> None:
    wire = Wire()
    writer = started(wire)
    writer.append([b"a", b"b"])
    writer.append([b"c", b"dd", b"e"])
    assert writer.size == 6
    turn()
    assert wire.sends == [b"abcdde"]
    writer.stop()
    writer.append([b"late"])
    assert writer.size == 0


def test_what_a_hub_turn_gathers_goes_out_in_one_send() -> None:
    wire = Wire()
    writer = started(wire)
    for number in range(10):
        writer.append([b"%d" % number, b"-"])
    assert writer.size == 20
    turn()
    assert wire.sends == [b"0-1-2-3-4-5-6-7-8-9-"]
    assert writer.size == 0
    writer.stop()


def test_what_several_greenlets_write_in_a_turn_goes_out_in_one_send() -> None:
    wire = Wire()
    writer = started(wire)
    gevent.joinall([gevent.spawn(writer.append, [b"a", b"b"]) for _ in range(5)])
    turn()
    assert wire.sends == [b"ab" * 5]
    writer.stop()


def test_a_frame_and_what_its_reader_does_some_steps_later_go_out_in_one_send() -> None:
    wire = Wire()
    writer = started(wire)
    run_callback = get_hub().loop.run_callback

    def step(left: int) -> None:
        if left:
            run_callback(step, left - 1)
        else:
            writer.append([b"command", b""])

    writer.append([b"ack ", b""])
    run_callback(step, 4)
    turn()
    assert wire.sends == [b"ack command"]
    writer.stop()


def test_a_hub_that_is_always_busy_does_not_hold_a_write_up() -> None:
    wire = Wire()
    writer = started(wire)
    rounds = 0

    def busy() -> None:
        nonlocal rounds
        rounds += 1
        if not wire.sends:
            get_hub().loop.run_callback(busy)

    writer.append([b"ack", b""])
    busy()
    with gevent.Timeout(5):
        while not wire.sends:
            gevent.sleep(0)
    assert rounds < 20
    writer.stop()


def test_much_is_written_without_waiting_for_more() -> None:
    wire = Wire()
    writer = started(wire, limit=2**20)
    writer.append([b"x" * 8192])
    gevent.sleep(0)
    gevent.sleep(0)
    assert wire.sends == [b"x" * 8192]
    writer.stop()


def test_a_writer_that_stops_while_a_write_is_due_writes_nothing_and_ends() -> None:
    wire = Wire()
    failures: list[BaseException] = []
    writer = started(wire, on_failure=failures.append)
    writer.append([b"late", b""])
    writer.stop()
    turn()
    assert not wire.sends
    assert not failures


def test_a_socket_that_takes_a_part_gets_the_rest_in_order() -> None:
    wire = Wire()
    wire.at_most = 3
    writer = started(wire)
    writer.append([b"abcd", b"efgh"])
    turn()
    assert wire.sends == [b"abc", b"def", b"gh"]
    writer.stop()


def test_the_size_counts_a_write_under_way() -> None:
    wire = Wire()
    wire.open.clear()
    writer = started(wire, limit=10)
    writer.append([b"12345", b"67890"])
    turn()
    assert writer.size == 10
    assert writer.full
    wire.open.set()
    turn()
    assert writer.size == 0
    assert not writer.full
    writer.stop()


def test_the_size_counts_the_rest_of_a_write_and_what_came_meanwhile() -> None:
    wire = Wire()
    wire.at_most = 4
    wire.open.clear()
    writer = started(wire)
    writer.append([b"12345", b"67890"])
    turn()
    wire.pause_after_next = True
    wire.open.set()
    turn()
    writer.append([b"abc", b""])
    assert wire.sends == [b"1234"]
    assert writer.size == 6 + 3
    writer.stop()
    wire.open.set()
    turn()


def test_room_is_waited_for_and_no_longer_than_allowed() -> None:
    wire = Wire()
    wire.open.clear()
    writer = started(wire, limit=10)
    writer.append([b"12345", b"67890"])
    assert writer.wait_for_room(0.02) is False
    waiting = gevent.spawn(writer.wait_for_room, 10)
    turn()
    wire.open.set()
    assert waiting.get(timeout=5) is True
    writer.stop()


def test_stop_wakes_those_who_wait_for_room_and_drops_what_waits() -> None:
    wire = Wire()
    wire.open.clear()
    writer = started(wire, limit=1)
    writer.append([b"x", b"y"])
    turn()
    waiting = [gevent.spawn(writer.wait_for_room, 10) for _ in range(3)]
    turn()
    writer.stop()
    assert [each.get(timeout=5) for each in waiting] == [True] * 3
    assert writer.size == 0
    writer.append([b"late", b""])
    assert writer.size == 0
    wire.open.set()
    turn()
    assert writer.size == 0


def test_a_write_that_fails_is_reported_once_and_ends_the_writer() -> None:
    wire = Wire()
    wire.failure = ConnectionResetError()
    failures: list[BaseException] = []
    writer = started(wire, on_failure=failures.append)
    writer.append([b"x", b"y"])
    turn()
    writer.append([b"x", b"y"])
    turn()
    assert failures == [wire.failure]
    assert writer.size == 0


def test_the_greenlet_of_a_writer_that_was_stopped_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    spawned: list[gevent.Greenlet[..., object]] = []
    spawn = writer.spawn
    monkeypatch.setattr(writer, "spawn", lambda *args: spawned.append(spawn(*args)))
    idle, busy = started(Wire()), started(Wire())
    busy.append([b"due", b""])
    idle.stop()
    busy.stop()
    turn()
    assert [greenlet.dead for greenlet in spawned] == [True, True]


# What is told before a write


def test_each_write_is_told_of_before_it_begins_and_so_is_the_rest_of_one() -> None:
    wire = Wire()
    writer = started(wire)
    told: list[tuple[int, int]] = []
    writer.before = lambda: told.append((len(wire.sends), writer.size))
    writer.append([b"abc"])
    assert told == []
    turn()
    wire.at_most = 2
    writer.append([b"defgh"])
    turn()
    assert wire.sends == [b"abc", b"de", b"fg", b"h"]
    assert told == [(0, 3), (1, 5), (2, 3), (3, 1)]
    writer.stop()


def test_what_blocks_then_holds_the_write_up_and_of_one_that_has_ended_meanwhile_nothing_is_written() -> None:
    wire = Wire()
    writer = started(wire)
    gate = Event()
    writer.before = gate.wait
    writer.append([b"abc"])
    turn()
    assert wire.sends == []
    gate.set()
    turn()
    assert wire.sends == [b"abc"]
    gate.clear()
    writer.append([b"later"])
    turn()
    writer.stop()
    gate.set()
    turn()
    assert wire.sends == [b"abc"]


def test_what_is_raised_then_ends_the_connection_and_nothing_is_written() -> None:
    wire = Wire()
    failures: list[BaseException] = []
    writer = started(wire, on_failure=failures.append)
    writer.before = lambda: 1 // 0
    writer.append([b"abc"])
    turn()
    assert wire.sends == []
    assert [type(each) for each in failures] == [ZeroDivisionError]
    writer.append([b"later"])
    turn()
    assert wire.sends == []
