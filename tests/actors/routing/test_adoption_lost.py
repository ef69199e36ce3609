"""What is said and counted of the calls of a dead process whose session the server has given up."""

from __future__ import annotations

import pytest
from doubles.exchange import Exchange
from doubles.started import Started

from relay_actors.routing.inheritance import Inheritance, Orphan
from relay_actors.routing.messages import Adopt
from relay_actors.session.messages import SessionStarted
from relay_actors.session.state import Session

SESSION = Session("the-dead-one", "", ("office",))
GONE = SessionStarted(restored=False)


@pytest.fixture
def exchange(started: Started) -> Exchange:
    return Exchange(started, None)


def test_all_calls_are_counted_as_lost_and_no_command_is_sent_for_one(exchange: Exchange, log_lines: list[str]) -> None:
    orphans = (Orphan(call_id="c1", node_id="n1"), Orphan(call_id="c2", node_id="n1"))
    left = Inheritance(session=SESSION, limit=5, orphans=orphans, offers={"c3": "n1"}, unserved={"c4": "n1"})
    exchange.tells(Adopt(left))
    exchange.tells(GONE)
    assert (exchange.stats.calls_orphaned, exchange.stats.calls_adopted) == (4, 0)
    assert any("could not be resumed, and its calls are lost: 4" in line for line in log_lines)
    assert exchange.board.methods() == []
    exchange.tells(GONE)
    assert exchange.stats.calls_orphaned == 4


def test_a_process_that_had_no_call_is_no_error(exchange: Exchange, log_lines: list[str]) -> None:
    exchange.tells(Adopt(Inheritance(session=SESSION, limit=5)))
    exchange.tells(GONE)
    assert exchange.stats.calls_orphaned == 0
    (line,) = (line for line in log_lines if "the session is gone" in line)
    assert "there was nothing to go on with" in line
    assert "ERROR" not in line
