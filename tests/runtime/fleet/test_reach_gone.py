"""What is said of a process that has died before it could answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles.members import member

from relay_runtime.fleet.errors import FleetError, FleetTimeout
from relay_runtime.fleet.reach import Fleet
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.fleet.visit import Visit
from relay_runtime.settings.engine_address import parse_address

SERVED = b'["ledger",1,"k",1,5]\n["serve","c1","n",0,false]\n'


@pytest.fixture
def fleet(engine_url: str) -> Iterator[Fleet]:
    """Whoever looks from outside."""
    visit = Visit(parse_address(engine_url))
    yield visit.fleet
    visit.close()


def test_whoever_has_told_one_that_died_before_its_answer_learns_that_nobody_knows_whether_it_was_done(
    engine: RedisEngine, fleet: Fleet
) -> None:
    engine.join(member("m1"), "999999")  # the number of a connection that there is not
    engine.put("l1", 0, "m1", "k", SERVED)
    with pytest.raises(FleetTimeout, match="the process that served call c1 is gone, and has not answered: whether it"):
        fleet.call("c1").tell("hello")


def test_whoever_tells_one_that_is_known_to_be_gone_learns_that_it_was_not_told(
    engine: RedisEngine, fleet: Fleet
) -> None:
    engine.put("l1", 0, "m1", "k", SERVED)
    with pytest.raises(FleetError, match="the process that served call c1 is gone; another takes") as caught:
        fleet.call("c1").tell("hello")
    assert not isinstance(caught.value, FleetTimeout)


def test_a_process_that_is_gone_has_no_report(engine: RedisEngine, fleet: Fleet) -> None:
    engine.join(member("m1"), "999999")
    assert [(each.report, each.problem) for each in fleet.processes()] == [(None, "is gone")]
