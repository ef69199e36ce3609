"""An engine for the tests of the fleet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from engine_server import EngineServer

from relay_runtime.fleet.engine import Member
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.settings.engine_address import parse_address


@pytest.fixture(scope="session")
def _engine_server() -> Iterator[EngineServer]:
    with EngineServer() as server:
        yield server


@pytest.fixture
def engine_url(_engine_server: EngineServer) -> str:
    """Where a server is, with nothing in it."""
    engine = RedisEngine(parse_address(_engine_server.url))
    engine.line.call("FLUSHALL")
    engine.close()
    return _engine_server.url


@pytest.fixture
def engine(engine_url: str) -> Iterator[RedisEngine]:
    engine = RedisEngine(parse_address(engine_url))
    yield engine
    engine.close()


def member(name: str, host: str = "alpha", machine: str = "m1", key: str = "k") -> Member:
    return Member(id=name, host=host, machine=machine, pid=1, key=key, app="app:Menu", version="0.1.0")
