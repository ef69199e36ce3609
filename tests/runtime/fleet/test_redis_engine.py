"""What is Redis' own; what every engine promises is in test_engine.py."""

from __future__ import annotations

import pytest
from doubles.hub import until
from doubles.members import member

from relay_runtime.fleet.engine import EngineRefused
from relay_runtime.fleet.redis_engine import ROOT, RedisEngine
from relay_runtime.settings.engine_address import parse_address


def test_another_layout_is_left_alone(engine: RedisEngine) -> None:
    engine.line.call("SET", "{relay-runtime}:layout", "2")
    with pytest.raises(EngineRefused, match="layout 2, and this runtime knows layout 1"):
        engine.join(member("c"), "4")
    with pytest.raises(EngineRefused, match="layout 2"):
        engine.members()


def test_scripts_that_the_engine_has_forgotten_are_told_anew(engine: RedisEngine) -> None:
    engine.join(member("a"), "1")
    engine.line.call("SCRIPT", "FLUSH")
    assert engine.renew("a", []) == {}


def test_a_member_of_another_version_is_no_hindrance(engine: RedisEngine) -> None:
    engine.join(member("a"), "1")
    engine.line.call("HSET", ROOT + "members", "b", '{"id": 1}')
    assert [each.id for each, _ in engine.members()] == ["a"]


def test_a_connection_that_the_engine_has_ended_is_another_one_afterwards(engine: RedisEngine, engine_url: str) -> None:
    former = engine.connect()
    other = RedisEngine(parse_address(engine_url))
    other.line.call("CLIENT", "KILL", "ID", former)
    until(lambda: former not in other.lines([former]), "the end of the connection")
    engine.close()  # as whoever waits on the socket does
    assert engine.connect() != former
    other.close()


def test_what_nobody_renews_goes_in_time(engine: RedisEngine) -> None:
    engine.join(member("a"), "1")
    token = engine.put("l", 0, "a", "k", b'["serve","c1"]\n')
    engine.append("l", token, 15, b"more\n")
    engine.post("a", "m", b"x")
    call = engine.line.call
    assert {call("TTL", f"{ROOT}{kind}:l") for kind in ("ledger", "text", "served")} <= {86_399, 86_400}
    assert {call("TTL", f"{ROOT}mail:a"), call("TTL", f"{ROOT}mailed:m")} <= {59, 60}


@pytest.mark.parametrize("garbage", ["words", "nan", ""])
def test_a_token_that_is_no_number_is_none_and_its_owner_tells_the_ledger_anew(
    engine: RedisEngine, garbage: str
) -> None:
    engine.join(member("a"), "1")
    token = engine.put("l", 0, "a", "k", b"text")
    engine.line.call("HSET", ROOT + "ledger:l", "token", garbage)
    assert engine.renew("a", ["l"])["l"].token == engine.standing(["l"])["l"].token == 0
    assert engine.put("l", token, "a", "k", b"text") == token
    assert engine.renew("a", ["l"])["l"].token == token


@pytest.mark.parametrize("garbage", ["words", "nan", "1.5", ""])
def test_a_beat_that_is_no_number_hides_no_member(engine: RedisEngine, garbage: str) -> None:
    for name in ("a", "b"):
        engine.join(member(name), "1")
    engine.line.call("HSET", ROOT + "beats", "a", garbage)
    engine.line.call("HSET", ROOT + "members", "c", b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    assert [(each.id, beat) for each, beat in engine.members()] == [("a", 0), ("b", 0)]
    engine.put("l", 0, "a", "k", b"text")
    assert [each.ledger for each in engine.look("k")] == ["l"]


def test_a_key_of_another_type_hides_no_ledger(engine: RedisEngine) -> None:
    engine.put("l", 0, "a", "k", b"text")
    engine.line.call("SADD", ROOT + "ledgers:k", "strange")
    engine.line.call("SET", ROOT + "ledger:strange", "x")
    assert [each.ledger for each in engine.look("k")] == ["l"]


@pytest.mark.parametrize("garbage", ["{", "7", '"x"', "[" * 5000])
def test_a_machine_that_nobody_can_read_keeps_nobody_out(engine: RedisEngine, garbage: str) -> None:
    engine.line.call("HSET", ROOT + "machines", "strange", garbage)
    engine.join(member("a"), "1")
    assert [each.id for each, _ in engine.members()] == ["a"]
