"""Fixtures of the tests of control sockets."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from doubles.parrot import Parrot

from relay_runtime.inspection.places import default_path
from relay_runtime.inspection.server import ControlServer

LIMIT = 60.0


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with (
        gevent.Timeout(LIMIT, AssertionError("the test waited in vain")),
        tempfile.TemporaryDirectory(prefix="rr-") as path,
    ):
        monkeypatch.setenv("XDG_RUNTIME_DIR", path)
        yield Path(path)


@pytest.fixture
def parrot(place: Path) -> Iterator[Parrot]:
    answers = Parrot()
    server = ControlServer(default_path(), answers.answer)
    server.start()
    yield answers
    server.stop()
    assert not default_path().exists()
