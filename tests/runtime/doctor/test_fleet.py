"""What the doctor finds of a fleet's engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_server import EngineServer

from relay_runtime.doctor.finding import Verdict
from relay_runtime.doctor.fleet import CHECKS, look_at_fleet
from relay_runtime.fleet.engine import Member
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.settings.engine_address import parse_address

pytestmark = pytest.mark.slow  # a server of its own


@pytest.fixture
def server() -> Iterator[EngineServer]:
    with EngineServer() as server:
        yield server


def found(url: str) -> dict[str, Any]:
    return {each.check: each for each in look_at_fleet(parse_address(url), 5.0)}


def member(name: str, key: str) -> Member:
    return Member(id=name, host=name, machine=name, pid=1, key=key, app="app", version="0.1.0")


def test_an_engine_that_serves_is_told_with_its_hosts(server: EngineServer) -> None:
    engine = RedisEngine(parse_address(server.url))
    engine.join(member("alpha", "k-1"), "1")
    engine.join(member("beta", "k-1"), "2")
    findings = found(server.url)
    assert tuple(findings) == CHECKS
    assert {each.verdict for each in findings.values()} == {Verdict.OK}
    assert "Valkey" in findings["fleet engine"].says
    assert "alpha (1), beta (1); relay-runtime 0.1.0" in findings["fleet hosts"].says
    engine.close()


def test_hosts_with_different_keys_are_told(server: EngineServer) -> None:
    engine = RedisEngine(parse_address(server.url))
    engine.join(member("alpha", "k-1"), "1")
    engine.join(member("beta", "k-2"), "2")
    assert found(server.url)["fleet hosts"].verdict is Verdict.WARNING
    engine.close()


def test_an_engine_that_forgets_when_it_is_full_is_a_fault(server: EngineServer) -> None:
    engine = RedisEngine(parse_address(server.url))
    engine.line.call("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru")
    assert found(server.url)["fleet memory"].verdict is Verdict.FAULT
    engine.line.call("CONFIG", "SET", "maxmemory-policy", "noeviction")
    assert found(server.url)["fleet memory"].verdict is Verdict.OK
    engine.close()


def test_one_that_does_not_answer_or_let_us_in_is_a_fault_and_the_rest_is_skipped(server: EngineServer) -> None:
    engine = RedisEngine(parse_address(server.url))
    engine.line.call("CONFIG", "SET", "requirepass", "secret")
    engine.close()
    for url in (server.url, "redis://127.0.0.1:1"):
        findings = found(url)
        assert [each.verdict for each in findings.values()] == [Verdict.FAULT, Verdict.SKIPPED, Verdict.SKIPPED]
        assert "secret" not in findings["fleet engine"].says


def test_a_replica_is_a_fault(server: EngineServer) -> None:
    engine = RedisEngine(parse_address(server.url))
    engine.line.call("REPLICAOF", "127.0.0.1", "1")
    assert "is a slave" in found(server.url)["fleet engine"].says
    engine.close()


def test_a_fleet_of_one_host_needs_no_server(tmp_path: Path) -> None:
    findings = found(f"local:{tmp_path}/fleet")
    assert [each.verdict for each in findings.values()] == [Verdict.OK, Verdict.SKIPPED, Verdict.OK]
