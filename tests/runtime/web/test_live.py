"""What the live view shows of a sandbox, and of the frames that pass."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.client import THEM, client_of
from doubles.hub import until
from doubles.one_process import in_one_process

from relay_actors.telemetry.status import CallStatus
from relay_runtime.sandbox import Caller, Sandbox, Settings
from relay_runtime.sandbox.ground.journal import Journal
from relay_runtime.web.live import FramesRead, Live, live


@pytest.fixture
def sandbox() -> Any:
    with in_one_process() as running:
        yield running


def looked(sandbox: Sandbox, *told: CallStatus) -> Live:
    return live(sandbox, (), {each.call_id: each for each in told}, {run.call_id for run in sandbox.runs()})


def test_an_idle_sandbox_has_nothing_to_show(sandbox: Sandbox) -> None:
    shown = looked(sandbox)
    assert (shown.contexts, shown.calls, shown.sessions, shown.armed, shown.counters) == ((), (), (), (), {})


def answers(call: Any) -> None:
    call.answer()
    call.play_tts("Call +15550107777 back, or 4930123456789.").wait()
    call.wait_for_ended(timeout=600)


def test_a_call_is_shown_with_what_its_process_says_of_it_and_without_numbers(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    client.on_call(answers)
    with client:
        run = sandbox.place(Caller(THEM).dials("office").waits(19).presses("48").waits(1).hangs_up())
        until(lambda: run.call is not None and run.call.actions)
        told = client.call_status(run.call_id)
        assert told is not None
        (call,) = looked(sandbox, told).calls
        assert (call.call_id, call.direction, call.context, call.state) == (
            run.call_id,
            "inbound",
            "office",
            "answered",
        )
        assert (call.actions, call.doing, call.kind) == (("play",), "calling.play", told.kind)
        assert call.where.rpartition(" in ")[2] == "answers"
        (bare,) = looked(sandbox).calls
        assert (bare.doing, bare.where, bare.timeline) == ("", "", call.timeline)
        until(lambda: run.outcome is not None)
        (over,) = looked(sandbox, told).calls
        assert (over.state, over.where, over.actions) == ("ended", "", ())
        assert over.age == pytest.approx(20, abs=1)
        assert [(who, what) for _, who, what in over.timeline] == [
            ("network", "offered"), ("client", "answers"), ("caller", "hears 'Call *** back, or ***.'"),
            ("caller", "presses ***"), ("caller", "presses ***"), ("caller", "ends the call: hangup"),
        ]  # fmt: skip
        (session,) = looked(sandbox).sessions
        assert (session.link, session.contexts) == ("fine", ("office",))
    (session,) = looked(sandbox).sessions
    assert session.link == "gone"


def test_what_is_armed_is_said(sandbox: Sandbox) -> None:
    sandbox.faults.refuse("http")
    assert looked(sandbox).armed == ("the next connection is refused",)
    sandbox.faults.refuse("http")
    sandbox.faults.disturb(delay=0.5)
    sandbox.arm("calling.play", withhold=True, times=3)
    sandbox.arm_event("calling.call.state", duplicate=True)
    assert looked(sandbox).armed == (
        "the next 2 connections are refused", "every frame is 0.5 s late", "calling.play: armed, 3 times",
        "calling.call.state: armed, 1 times",
    )  # fmt: skip


def test_a_connection_that_stands_still_or_is_dead_is_said_to_be(sandbox: Sandbox) -> None:
    with client_of(sandbox):
        sandbox.faults.stall(5)
        assert looked(sandbox).armed == ("the connection is stalled",)
        gevent.sleep(5.1)
        assert looked(sandbox).armed == ()
        sandbox.faults.half_open()
        assert looked(sandbox).armed == ("the connection is half-open",)


def test_of_many_calls_some_are_shown_and_the_rest_is_counted(sandbox: Sandbox) -> None:
    client = client_of(sandbox, max_active_calls=200)
    client.on_call(answers)
    with client:
        for _ in range(130):
            sandbox.place(Caller(THEM).dials("office").waits(2).hangs_up())
        shown = looked(sandbox)
        assert (len(shown.calls), shown.more_calls) == (100, 30)
        until(lambda: not sandbox.exchange.calls)
        assert len(looked(sandbox).calls) == 10


def written(sandbox: Sandbox, count: int, journal: Journal | None = None) -> None:
    for number in range(count):
        (journal or sandbox.exchange.lobby).write("in", b'{"method":"m","params":{"token":"secret","n":%d}}' % number)


def test_a_timeline_is_shown_to_who_follows_the_call_by_its_newest_lines(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    client.on_call(answers)
    with client:
        run = sandbox.place(Caller(THEM).dials("office").waits(5).hangs_up())
        for number in range(400):
            run.note("caller", f"line {number}")
        (call,) = looked(sandbox).calls
        assert (len(call.timeline), call.timeline[-1][2]) == (300, "line 399")
        assert call.earlier == len(run.transcript) - 300
        (unfollowed,) = live(sandbox, (), {}).calls
        assert (unfollowed.timeline, unfollowed.earlier) == ((), 0)


def test_contexts_and_sessions_are_bounded(sandbox: Sandbox) -> None:
    with client_of(sandbox, contexts=[f"c{number:04d}" for number in range(500)]):
        shown = looked(sandbox)
        assert (len(shown.contexts), len(shown.sessions[0].contexts)) == (100, 100)


def test_frames_are_read_once_in_order_and_masked() -> None:
    sandbox = Sandbox(port=None)
    reader = FramesRead(sandbox)
    assert (reader.next(), reader.recent()) == (None, [])
    written(sandbox, 2)
    read = reader.next()
    assert read is not None
    assert [each["frame"]["params"] for each in read.frames] == [{"token": "***", "n": 0}, {"token": "***", "n": 1}]
    assert (read.skipped, reader.next()) == (0, None)
    written(sandbox, 1)
    assert [each["number"] for each in reader.recent()] == [1, 2]
    assert [each["number"] for each in reader.next().frames] == [3]  # type: ignore[union-attr]


def test_frames_that_were_too_many_are_counted() -> None:
    sandbox = Sandbox(port=None, journal_frames=300)
    reader = FramesRead(sandbox)
    written(sandbox, 450)
    read = reader.next()
    assert read is not None
    assert (len(read.frames), read.skipped, read.frames[-1]["number"]) == (200, 250, 450)
    assert [reader.recent()[place]["number"] for place in (0, -1)] == [351, 450]
    assert Settings().journal_frames > 0


def test_who_comes_first_is_told_what_has_passed_before() -> None:
    sandbox = Sandbox(port=None)
    reader = FramesRead(sandbox)
    written(sandbox, 3)
    assert len(reader.recent()) == 3
    assert reader.next() is None
