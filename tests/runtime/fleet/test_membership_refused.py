"""A process that its fleet does not let in: it is told, its ledgers are nobody's business, and it is let in later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles.hub import until
from gevent.monkey import get_original
from loguru import logger

from relay_runtime.fleet.engine import Member
from relay_runtime.fleet.mail import Letter
from relay_runtime.fleet.membership import Membership
from relay_runtime.fleet.redis_engine import ROOT, RedisEngine
from relay_runtime.fleet.settings import FleetSettings
from relay_runtime.ledger.records import VERSION, Opened, encode
from relay_runtime.settings.engine_address import parse_address

real_sleep = get_original("time", "sleep")


class Nobody:
    """Asks nothing of anybody."""

    def answer(self, letter: Letter) -> object:
        raise AssertionError(letter)

    def stay_away(self, away: bool) -> None:
        pass


def made(url: str, lease: float = 10.0, silence: float | None = None) -> Membership:
    settings = FleetSettings(address=parse_address(url), host="alpha", lease=lease)
    return Membership(settings, "k", "app", "a token", silence, Nobody(), lambda: None)


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What is logged."""
    found: list[str] = []
    sink = logger.add(lambda message: found.append(message.record["message"]), level="INFO")
    yield found
    logger.remove(sink)


def namesake(engine: RedisEngine) -> Member:
    """Have another machine of the same name be there, which shows nothing more of itself."""
    other = Member(id="m2", host="alpha", machine="another", pid=1, key="k", app="app", version="1")
    engine.join(other, "")
    return other


def test_the_ledgers_of_a_process_that_is_not_let_in_are_not_told_until_it_is(
    engine: RedisEngine, engine_url: str, lines: list[str]
) -> None:
    other = namesake(engine)
    membership = made(engine_url)
    opened = membership.marked(Opened(VERSION, "k", 1, 10, ""))
    membership.start()
    try:
        membership.begin(opened).put(lambda: encode(opened))
        until(lambda: membership.status.failures >= 2)
        assert "another machine serves under the name 'alpha'" in membership.status.problem
        assert engine.look(membership.member.key) == []
        engine.leave(other.id)
        until(lambda: [each.ledger for each in engine.look(membership.member.key)] == [opened.ledger])
        assert engine.look(membership.member.key)[0].beat >= 0
    finally:
        membership.stop()
    assert [line for line in lines if "failed" in line] == []


def test_a_host_that_was_started_anew_gets_its_name_back_though_nobody_else_is_there(
    engine: RedisEngine, engine_url: str
) -> None:
    namesake(engine)
    membership = made(engine_url, lease=1.0)
    membership.start()
    try:
        until(lambda: membership.status.connected)
        assert [each.machine for each, _ in engine.members()] == [membership.member.machine]
    finally:
        membership.stop()


def test_nothing_is_written_into_a_fleet_of_another_layout(engine: RedisEngine, engine_url: str) -> None:
    engine.line.call("SET", ROOT + "layout", "999")
    membership = made(engine_url)
    opened = membership.marked(Opened(VERSION, "k", 1, 10, ""))
    membership.start()
    try:
        membership.begin(opened).put(lambda: encode(opened))
        until(lambda: membership.status.failures >= 3)
        assert "layout 999" in membership.status.problem
        assert engine.line.call("KEYS", "*") == [(ROOT + "layout").encode()]
    finally:
        membership.stop()


@pytest.mark.slow
def test_an_engine_that_is_away_at_the_start_is_told_of(tmp_path: Path, lines: list[str]) -> None:
    membership = made(f"unix://{tmp_path / 'nobody'}")
    membership.start()
    try:
        until(lambda: membership.status.failures >= 2)
        assert [line for line in lines if line.startswith("out of the fleet: the engine at unix://")] == lines
        assert len(lines) == 1
    finally:
        membership.stop()


def test_a_process_that_stood_still_for_too_long_is_out_of_its_fleet_until_it_is_let_in_again(
    engine: RedisEngine, engine_url: str, lines: list[str]
) -> None:
    membership = made(engine_url, lease=1.0, silence=0.3)
    membership.start()
    try:
        until(lambda: membership.status.connected)
        real_sleep(0.8)  # the hub does not run
        until(lambda: "out of the fleet: this process has stood still for too long; calls go on" in lines)
        until(lambda: membership.status.connected)
        assert [each.id for each, _ in engine.members()] == [membership.member.id]
    finally:
        membership.stop()
