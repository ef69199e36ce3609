"""Engines for the tests of the fleet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
from engine_server import EngineServer

from relay_runtime.fleet.engine import Engine
from relay_runtime.fleet.engines import open_engine
from relay_runtime.fleet.local_engine import LocalEngine
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.settings.engine_address import EngineAddress, parse_address


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what needs a server, with real time, to `make test`."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        if item.path.parent == Path(__file__).parent and used & {"_engine_url", "server"}:
            item.add_marker("slow")


@pytest.fixture(scope="session")
def _engine_url() -> Iterator[str]:
    """A server for the tests that do not stop it: one of their own, or the one that RELAY_TEST_REDIS names."""
    if given := os.environ.get("RELAY_TEST_REDIS"):
        yield given
    else:
        with EngineServer() as server:
            yield server.url


@pytest.fixture
def engine_url(_engine_url: str) -> str:
    """Where a server is, with nothing in it."""
    engine = RedisEngine(parse_address(_engine_url))
    engine.line.call("FLUSHDB")
    engine.close()
    return _engine_url


@pytest.fixture
def server() -> Iterator[EngineServer]:
    """A server that a test may stop and kill."""
    with EngineServer() as made:
        yield made


@pytest.fixture
def engine(engine_url: str) -> Iterator[RedisEngine]:
    engine = RedisEngine(parse_address(engine_url))
    yield engine
    engine.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory for a local engine, which is not made yet."""
    return tmp_path / "fleet"


@pytest.fixture
def local_engine(folder: Path) -> Iterator[LocalEngine]:
    engine = LocalEngine(parse_address(f"local:{folder}"))
    yield engine
    engine.close()


class Place(Protocol):
    """Where engines of one fleet are."""

    def open(self) -> Engine:
        """Return a further engine, which the test need not close."""

    def empty(self) -> None:
        """Have it forget everything, as after a restart."""


class _Place:
    def __init__(self, address: EngineAddress, stack: ExitStack) -> None:
        self.address = address
        self._stack = stack

    def open(self) -> Engine:
        engine = open_engine(self.address)
        self._stack.callback(engine.close)
        return engine

    def empty(self) -> None:
        if self.address.local:
            for path in Path(self.address.path).glob("fleet.db*"):
                path.unlink()
        else:
            engine = RedisEngine(self.address)
            engine.line.call("FLUSHALL")
            engine.close()


@pytest.fixture(params=["redis", "local"])
def place(request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    """A fleet on each kind of engine."""
    url = request.getfixturevalue("engine_url") if request.param == "redis" else f"local:{folder}"
    with ExitStack() as stack:
        yield _Place(parse_address(url), stack)
