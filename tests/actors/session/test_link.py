"""The way of a command: to the connection that is up, or to where it waits for one."""

from __future__ import annotations

from typing import Any

import gevent
import msgspec
import pytest
from doubles.actors import Collector, Switchboard, linked
from doubles.hub import LIMIT, active_watchers, turns
from doubles.started import Started

from relay_actors.errors import ConnectionLost, NotConnected, RelayError, RequestTimeout
from relay_actors.session.command import Command
from relay_actors.session.link import Link
from relay_actors.session.messages import Abandon
from relay_actors.timing import Timing

TIMING = Timing(request_timeout=LIMIT)


@pytest.fixture
def board(started: Started) -> Switchboard:
    return started(Switchboard())


@pytest.fixture
def supervisor(started: Started) -> Collector:
    actor = started(Collector())
    actor.block = True
    return actor


def test_a_command_goes_to_the_connection_that_is_up(board: Switchboard, supervisor: Collector) -> None:
    link = linked(board.ref, TIMING, supervisor.ref)
    assert link.execute("calling.play", {"volume": 3}) == {"code": "200", "message": "OK"}
    assert board.sent == [("calling.play", {"volume": 3})]
    assert supervisor.received == []


def test_a_command_waits_at_the_supervisor_while_there_is_no_connection(supervisor: Collector) -> None:
    pending = linked(None, TIMING, supervisor.ref).submit("calling.play", {})
    turns()
    assert [command.method for command in supervisor.of(Command)] == ["calling.play"]
    assert not pending.done()


def test_a_command_waits_at_the_supervisor_when_the_connection_has_just_died(
    board: Switchboard, supervisor: Collector
) -> None:
    link = linked(board.ref, TIMING, supervisor.ref)
    board.ref.kill()
    link.submit("calling.play", {})
    turns()
    assert len(supervisor.of(Command)) == 1


@pytest.mark.parametrize("stopped", [False, True])
def test_a_command_fails_at_once_when_nobody_could_ever_send_it(supervisor: Collector, stopped: bool) -> None:
    link = linked(None, TIMING, supervisor.ref if stopped else None)
    supervisor.ref.kill()
    with pytest.raises(NotConnected, match=r"calling\.play was not sent: call connect\(\) first"):
        link.execute("calling.play", {})


def test_every_command_has_an_id_and_a_deadline_of_its_own(supervisor: Collector) -> None:
    clock = iter([100.0, 200.0])
    link = Link(TIMING, clock=lambda: next(clock))
    link.supervisor = supervisor.ref
    first = link.submit("a", {})
    second = link.submit("b", {}, timeout=7)
    assert first.identity != second.identity
    assert (first.deadline, second.deadline) == (100 + LIMIT, 207)
    frame = msgspec.json.decode(first.frame)
    assert frame == {"jsonrpc": "2.0", "id": first.identity, "method": "a", "params": {}}


def test_params_without_a_json_form_are_refused_before_anything_is_sent(board: Switchboard) -> None:
    with pytest.raises(TypeError):
        linked(board.ref, TIMING).submit("calling.play", {"x": object()})
    assert board.sent == []


def test_the_reply_wakes_the_one_who_waits_for_it(board: Switchboard) -> None:
    board.withheld = {"slow"}
    link = linked(board.ref, TIMING)
    slow = gevent.spawn(link.execute, "slow", {})
    assert link.execute("fast", {})
    turns()
    assert not slow.dead
    board.release()
    assert slow.get(timeout=LIMIT)["code"] == "200"


def test_a_refusal_is_raised(board: Switchboard) -> None:
    board.answers["calling.play"] = RelayError(409, "conflict")
    with pytest.raises(RelayError, match=r"conflict \(code 409\)"):
        linked(board.ref, TIMING).execute("calling.play", {})


def test_a_connection_that_drops_says_that_the_command_was_sent(board: Switchboard) -> None:
    board.withheld = {"calling.play"}
    waiting = gevent.spawn(linked(board.ref, TIMING).execute, "calling.play", {})
    turns()
    board.lose()
    with pytest.raises(ConnectionLost) as lost:
        waiting.get(timeout=LIMIT)
    assert lost.value.sent


def test_no_reply_in_time_fails_that_command_and_says_so_to_both(board: Switchboard, supervisor: Collector) -> None:
    board.withheld = {"calling.play"}
    link = linked(board.ref, TIMING, supervisor.ref)
    with pytest.raises(RequestTimeout, match=r"calling\.play timed out; it was sent, but no reply came") as late:
        link.execute("calling.play", {}, timeout=0.005)
    assert late.value.sent
    turns()
    (command,) = board.commands
    assert board.abandoned == [command.identity]
    assert supervisor.of(Abandon) == [Abandon(command.identity)]


def test_a_command_that_never_left_says_so_when_its_time_is_over(supervisor: Collector) -> None:
    link = linked(None, TIMING, supervisor.ref)
    with pytest.raises(RequestTimeout, match="it was not sent: there is no connection") as late:
        link.execute("calling.play", {}, timeout=0.005)
    assert not late.value.sent


def test_a_reply_that_comes_too_late_changes_nothing(board: Switchboard) -> None:
    board.withheld = {"calling.play"}
    link = linked(board.ref, TIMING)
    command = link.submit("calling.play", {}, timeout=0)
    with pytest.raises(RequestTimeout):
        link.settle(command)
    board.release()
    turns()
    with pytest.raises(RequestTimeout):
        link.settle(command)


def test_commands_leave_no_timer_behind(board: Switchboard) -> None:
    active = active_watchers()
    link = linked(board.ref, TIMING)
    for _ in range(10):
        link.execute("calling.play", {})
    assert active_watchers() == active


def test_a_command_shows_neither_numbers_nor_texts() -> None:
    params: dict[str, Any] = {"to_number": "+15550100001", "body": "private words", "token": "secret"}
    link = Link(TIMING)
    command = link.submit("messaging.send", params)
    for text in (repr(command), str(command), repr([command])):
        assert "messaging.send" in text
        assert not any(hidden in text for hidden in params.values())
