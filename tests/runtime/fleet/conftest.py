"""An engine for the tests of the fleet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from engine_server import EngineServer

from relay_runtime.settings.engine_address import parse_address
from relay_runtime.fleet.redis_engine import RedisEngine


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
