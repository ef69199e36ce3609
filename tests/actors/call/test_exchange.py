"""Commands of a call, and what the server has sent until a moment."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.frames import event, state
from doubles.hub import LIMIT, turns
from doubles.line import Line
from doubles.noted import Noted
from doubles.started import Started

from relay_actors.call.exchange import command, is_still_up
from relay_actors.errors import RelayError


def test_a_command_goes_with_the_address_of_its_call_and_brings_the_reply(started: Started) -> None:
    line = Line(started)
    line.board.answers["calling.denoise"] = {"code": "200"}
    assert command(line.core, "calling.denoise", {"more": 1}) == {"code": "200"}
    assert line.board.params("calling.denoise") == [{"node_id": "n1", "call_id": "c1", "more": 1}]
    assert line.core.commands == 0


@pytest.mark.parametrize("method", ["calling.queue.enter", "calling.bind_digit", "calling.connect"])
def test_what_a_command_engages_a_call_in_is_there_ahead_of_its_reply_and_not_if_it_fails(
    started: Started, method: str
) -> None:
    line = Line(started)
    line.board.answers[method] = RelayError(500, "not today")
    line.board.withheld = {method}
    asking = gevent.spawn(line.core.command, method, {})
    turns()
    assert len(line.core.facts.engaged) == 1
    line.board.release()
    with pytest.raises(RelayError, match="not today"):
        asking.get(timeout=LIMIT)
    assert line.core.facts.engaged == ()


def test_one_that_fails_ends_no_engagement_that_was_there(started: Started) -> None:
    line = Line(started)
    line.core.command("calling.connect", {})
    line.board.answers["calling.connect"] = RelayError(409, "a connect is running")
    with pytest.raises(RelayError):
        line.core.command("calling.connect", {})
    assert line.core.facts.engaged == ("a bridge",)


def test_a_command_that_undoes_an_engagement_ends_it(started: Started) -> None:
    line = Line(started)
    line.core.command("calling.join_room", {"name": "room"})
    line.core.command("calling.leave_room", {})
    assert line.core.facts.engaged == ()


@pytest.mark.parametrize(("now", "up"), [("answered", True), ("ending", False), ("ended", False)])
def test_a_call_is_up_by_all_that_has_come(started: Started, now: str, *, up: bool) -> None:
    line = Line(started)
    line.core.ref.offer(state(now))
    assert line.core.facts.state == "created"
    assert is_still_up(line.core) == up


def test_who_asks_without_a_connection_is_told(started: Started) -> None:
    line = Line(started)
    line.board.answers["signalwire.ping"] = RelayError(-32000, "away")
    with pytest.raises(RelayError, match="away"):
        is_still_up(line.core)
    line.ends()
    assert line.core.ref.join(LIMIT)


# What is noted


def test_who_serves_an_offer_is_noted_with_its_first_command_and_not_again(started: Started) -> None:
    line = Line(started)
    line.core.environment.link.ledger = noted = Noted()
    assert noted.notes == []
    for _ in range(2):
        line.core.command("calling.answer", {})
    assert noted.notes == [("served", "c1", "n1", "Call", False)]


def test_who_dials_is_noted_elsewhere_and_so_is_who_has_left_an_adopted_call(started: Started) -> None:
    for fields in ({"direction": "outbound"}, {"orphaned": "hangup"}):
        line = Line(started, **fields)
        line.core.environment.link.ledger = noted = Noted()
        line.core.command("calling.answer", {})
        assert noted.notes == []


def test_what_engages_a_call_is_noted_when_the_server_has_said_so(started: Started) -> None:
    """What it may not have heard of is no reason to leave the call alone."""
    line = Line(started)
    line.core.environment.link.ledger = noted = Noted()

    def engaged() -> list[Any]:
        return [what for name, *rest in noted.of("c1") if name == "engaged" for what in rest]

    line.board.withheld = {"calling.join_room"}
    asking = gevent.spawn(line.core.command, "calling.join_room", {"name": "room"})
    turns()
    assert engaged() == []
    line.board.release()
    asking.get(timeout=LIMIT)
    assert engaged() == [("a room",)]
    line.core.command("calling.leave_room", {})
    line.board.answers["calling.connect"] = RelayError(500, "not today")
    with pytest.raises(RelayError):
        line.core.command("calling.connect", {})
    assert engaged() == [("a room",), ()]


def test_what_an_event_tells_of_it_is_noted(started: Started) -> None:
    line = Line(started)
    line.core.environment.link.ledger = noted = Noted()
    line.gets(event("calling.call.connect", call_id="c1", connect_state="connected"))
    assert noted.of("c1") == [("engaged", ("a bridge",))]
