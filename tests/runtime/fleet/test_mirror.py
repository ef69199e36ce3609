"""The copies of this process's ledgers, with a real engine."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from doubles.hub import until

from relay_runtime.fleet import mirror as of_mirror
from relay_runtime.fleet.engines import open_stream
from relay_runtime.fleet.mirror import Mirror
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.fleet.sealing import Seal
from relay_runtime.settings.engine_address import parse_address


@pytest.fixture
def mirror(engine: RedisEngine, engine_url: str) -> Iterator[Mirror]:
    made = Mirror(engine, open_stream(parse_address(engine_url), None, 1.0), Seal("secret"), "a", "k", 10.0)
    made.open()
    made.admit(True)
    yield made
    made.close()


def test_whoever_was_struck_off_finds_out_that_another_has_his_ledger(mirror: Mirror, engine: RedisEngine) -> None:
    copy = mirror.begin("l")
    copy.put(lambda: b"text\n")
    until(lambda: copy.token)
    engine.claim(engine.look("k")[0], "b", dead=True)
    engine.line.socket.shutdown(socket.SHUT_RDWR)  # as when another engine begins
    copy.confirm()
    assert copy.taken
    assert mirror.losses == 1


def test_whoever_asks_an_engine_that_was_emptied_waits_for_what_others_tell_it(
    mirror: Mirror, engine: RedisEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = mirror.begin("l")
    copy.put(lambda: b"text\n")
    until(lambda: copy.token)
    engine.line.call("FLUSHALL")

    def tell_meanwhile(_: float) -> None:
        engine.put("l", copy.token + 1, "b", "k", b"theirs")

    monkeypatch.setattr(of_mirror.gevent, "sleep", tell_meanwhile)
    monkeypatch.setattr(of_mirror, "_WHOLE", 1e-9)
    copy.confirm()
    assert copy.taken


def test_a_copy_that_begins_again_is_lost_to_those_who_had_it(mirror: Mirror) -> None:
    former = mirror.begin("l")
    new = mirror.begin("l", 5)
    assert (former.taken, new.taken) == (True, False)
    assert mirror.copies == {"l": new}
