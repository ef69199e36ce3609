"""Events that wait for a call's code: what is never lost, and what gives way."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.frames import event, state
from doubles.hub import LIMIT, turns
from doubles.line import Line
from doubles.started import Started
from gevent.event import Event
from hypothesis import given
from hypothesis import strategies as st

from relay_actors.call.backlog import Backlog, is_progress
from relay_actors.call.call import CallActor
from relay_actors.telemetry.stats import Stats
from relay_actors.timing import Timing
from relay_actors.wire.events import RelayEvent

MANY = 10  # the limit of these tests
TIGHT = Timing(request_timeout=LIMIT, call_linger=LIMIT, events_waiting=MANY)


class Busy(CallActor):
    """Is busy where no event reaches its hooks, until the gate opens; ``got`` is what they were given then."""

    def __init__(self, setup: Any) -> None:
        super().__init__(setup)
        self.gate = Event()
        self.got: list[Any] = []

    def run(self) -> None:
        self.record(control_id="r1", on_completed=lambda each: self.got.append(("completed", each.state)))
        self.gate.wait(LIMIT)
        self.wait_for_ended()

    def on_event(self, each: RelayEvent) -> None:
        self.got.append(each)

    def on_ended(self, each: RelayEvent) -> None:
        self.got.append("goodbye")


@pytest.fixture
def line(started: Started) -> Line[Busy]:
    line = Line(started, Busy, TIGHT)
    line.call.got.clear()
    return line


def stats_of(line: Line[Busy]) -> Stats:
    return line.core.environment.link.stats


def playing(number: int, control_id: str = "k") -> RelayEvent:
    return event("calling.call.play", call_id="c1", control_id=control_id, state="playing", n=number)


def collected(digits: str) -> RelayEvent:
    return event("calling.call.collect", call_id="c1", result={"type": "digit", "params": {"digits": digits}})


def got(line: Line[Busy]) -> list[Any]:
    line.call.gate.set()
    turns(60)
    return [each if isinstance(each, str | tuple) else each.params.get("n", each) for each in line.call.got]


# Progress


def test_beyond_the_limit_the_newest_progress_takes_the_place_of_the_one_that_waits(line: Line[Busy]) -> None:
    line.gets(*(playing(n) for n in range(1_000)))
    assert len(line.core._jobs or ()) == MANY + 1
    assert got(line) == [*range(MANY), 999]
    assert stats_of(line).events_replaced == 1_000 - MANY - 1
    assert not stats_of(line).dead_letters


def test_progress_of_another_operation_or_for_another_handler_is_another(line: Line[Busy]) -> None:
    heard: list[Any] = []
    line.call.on("calling.call.play", lambda each: heard.append(each.params["n"]))
    turns()
    line.gets(*(playing(n, control_id) for n in range(100) for control_id in "ab"))
    assert got(line)[-2:] == [99, 99]
    assert heard[-2:] == [99, 99]


def test_progress_of_more_operations_than_find_room_is_dropped_counted_and_told_once(
    line: Line[Busy], log_lines: list[str]
) -> None:
    line.gets(*(playing(n, f"k{n}") for n in range(1_000)))
    assert got(line) == list(range(2 * MANY))
    assert stats_of(line).dead_letters == {"busy_call": 1_000 - 2 * MANY}
    (told,) = [each for each in log_lines if "is behind" in each]
    assert "the code of call c1 is behind by 10 events; a calling.c" in told
    assert "'call_id': 'c1'" in told


# What is never lost


def test_states_ends_of_operations_and_completions_are_never_lost(line: Line[Busy]) -> None:
    line.gets(*(collected(str(n)) for n in range(1_000)))  # even the room for results is taken
    line.gets(event("calling.call.record", call_id="c1", control_id="r1", state="finished", n="recorded"))
    line.gets(state("answered", n="answered"), state("ending", n="ending"))
    line.ends("busy", n="ended")
    assert line.call.is_ended  # the state is never behind
    kept = got(line)
    assert [each for each in kept if isinstance(each, str | tuple)] == [
        ("completed", "finished"),
        "recorded",
        "answered",
        "ending",
        "ended",
        "goodbye",
    ]
    line.closes()


def test_results_wait_ten_times_as_long(line: Line[Busy]) -> None:
    line.gets(*(collected(str(n)) for n in range(1_000)))
    kept = got(line)
    assert [each.digits for each in kept] == [str(n) for n in range(10 * MANY)]
    assert stats_of(line).dead_letters == {"busy_call": 1_000 - 10 * MANY}


def test_progress_does_not_overtake_a_result_of_its_operation(line: Line[Busy]) -> None:
    line.gets(*(playing(n) for n in range(20)))
    line.gets(event("calling.call.play", call_id="c1", control_id="k", state="finished", n="first is over"))
    line.gets(playing(20), playing(21))
    assert got(line) == [*range(MANY), 19, "first is over", 21]


def test_a_call_that_keeps_up_is_told_everything(started: Started) -> None:
    class Quick(Busy):
        def run(self) -> None:
            self.wait_for_ended()

    line = Line(started, Quick, TIGHT)
    line.call.got.clear()
    for n in range(100):
        line.gets(playing(n))
    assert got(line) == list(range(100))
    assert line.core.code._backlog is None


def test_a_call_that_catches_up_is_told_everything_again(line: Line[Busy]) -> None:
    line.gets(*(playing(n) for n in range(100)))
    got(line)
    line.call.got.clear()
    for n in range(30):
        line.gets(playing(n))
    assert got(line) == list(range(30))


def test_what_comes_behind_one_that_was_handled_is_handled_too() -> None:
    jobs, handled, stats = [], list[int](), Stats()
    backlog = Backlog("c1", 3, stats, lambda function, *args: jobs.append((function, args)))

    def comes(number: int, operation: str = "k") -> None:
        backlog.take(handled.append, (number,), playing(number, operation), waiting=3, vital=False)

    comes(1)
    comes(2)  # replaces the first, which waits
    for operation in ("x", "y", "z", "w"):  # as many that what ran is forgotten
        comes(3, operation)
    for function, args in jobs:
        function(*args)
    del jobs[:]
    comes(4)
    comes(5, "x")
    for function, args in jobs:
        function(*args)
    assert (handled, stats.events_replaced) == ([2, 3, 3, 3, 3, 4, 5], 1)


@given(st.lists(st.tuples(st.sampled_from(["progress", "result", "vital"]), st.integers(0, 30), st.booleans())))
def test_whatever_comes_the_lanes_are_bounded_and_the_vital_one_is_whole(steps: list[tuple[str, int, bool]]) -> None:
    limit, jobs, handled, stats = 3, [], list[Any](), Stats()
    overflow = Backlog("c1", limit, stats, lambda function, *args: jobs.append((function, args)))
    taken: list[tuple[str, int, int]] = []
    for number, (lane, operation, works) in enumerate(steps):
        each = playing(number, f"k{operation}") if lane == "progress" else collected(str(number))
        item = (lane, operation, number)
        taken.append(item)
        if len(jobs) < limit:
            jobs.append((handled.append, (item,)))
        else:
            overflow.take(handled.append, (item,), each, waiting=len(jobs), vital=lane == "vital")
        assert len([job for job in jobs if job[1] == () or job[1][0][0] != "vital"]) <= 10 * limit
        if works and jobs:
            function, args = jobs.pop(0)
            function(*args)
    for function, args in jobs:
        function(*args)
    assert [each for each in handled if each[0] == "vital"] == [each for each in taken if each[0] == "vital"]
    lost = stats.events_replaced + stats.dead_letters["busy_call"]
    assert len(handled) + lost == len(taken)
    for operation in range(31):  # in order, each at most once
        numbers = [number for lane, which, number in handled if which == operation and lane == "progress"]
        assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    ("body", "progress"),
    [
        ({"event_type": "calling.call.play", "state": "playing"}, True),
        ({"event_type": "calling.call.play", "state": "finished"}, False),
        ({"event_type": "calling.call.record", "state": "recording"}, True),
        ({"event_type": "calling.call.record", "state": "no_input"}, False),
        ({"event_type": "calling.call.collect", "final": False}, True),
        ({"event_type": "calling.call.collect", "result": {"type": "start_of_input"}}, True),
        ({"event_type": "calling.call.collect", "result": {"type": "digit"}}, False),
        ({"event_type": "calling.call.detect", "detect": {"type": "machine"}}, False),
        ({"event_type": "calling.call.fax", "fax": {"type": "page"}}, True),
        ({"event_type": "calling.call.fax", "fax": {"type": "finished"}}, False),
        ({"event_type": "calling.call.connect", "connect_state": "connected"}, False),
        ({"event_type": "calling.call.refer", "state": "success"}, False),
        ({"event_type": "calling.ai.partial_result"}, True),
        ({"event_type": "calling.unheard_of"}, True),
    ],
)
def test_progress_is_what_the_next_event_replaces(body: dict[str, Any], progress: bool) -> None:
    kind = body.pop("event_type")
    assert is_progress(event(kind, call_id="c1", **body)) is progress
