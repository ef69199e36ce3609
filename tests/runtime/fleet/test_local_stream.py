"""Lines on their way to the file of a local engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles.members import member

from relay_runtime.fleet.engine import EngineRefused, Standing
from relay_runtime.fleet.local_engine import LocalEngine
from relay_runtime.fleet.local_store import FILE
from relay_runtime.fleet.local_stream import LocalStream
from relay_runtime.settings.engine_address import parse_address


@pytest.fixture
def stream(folder: Path) -> Iterator[LocalStream]:
    stream = LocalStream(parse_address(f"local:{folder}"), 0.2)
    yield stream
    stream.close()


def test_lines_are_appended_in_their_order(stream: LocalStream, local_engine: LocalEngine) -> None:
    local_engine.join(member("a"), "1")
    token = local_engine.put("l", 0, "a", "k", b"one\n")
    stream.open()
    stream.send("l", token, 4, b"two\n")
    stream.send("l", token, 8, b"three\n")
    assert local_engine.renew("a", ["l"]) == {"l": Standing(token, 14)}


def test_one_that_is_not_open_sends_nothing(stream: LocalStream, local_engine: LocalEngine) -> None:
    token = local_engine.put("l", 0, "a", "k", b"one\n")
    assert not stream.is_open
    stream.send("l", token, 4, b"two\n")
    assert local_engine.standing(["l"]) == {"l": Standing(token, 4)}


def test_what_cannot_be_sent_closes_it_so_that_all_is_told_anew(stream: LocalStream, local_engine: LocalEngine) -> None:
    token = local_engine.put("l", 0, "a", "k", b"one\n")
    stream.open()
    stream.send("l", token, 400, b"two\n")  # the engine does not know what stands before
    assert not stream.is_open
    stream.open()
    stream.send("l", token, 4, b"two\n")
    assert local_engine.standing(["l"]) == {"l": Standing(token, 8)}


def test_a_file_that_is_none_is_refused_when_it_is_opened(stream: LocalStream, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / FILE).write_bytes(b"no database" * 1000)
    with pytest.raises(EngineRefused):
        stream.open()
    assert not stream.is_open
