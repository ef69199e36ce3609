"""Whose a ledger is: when a copy is in doubt, and how a doubt ends."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from doubles.copied import (
    Copied,
    finished,
    live,
    made_mirror,
)
from doubles.cut import cut_all
from doubles.hub import until
from doubles.members import member
from engine_server import EngineServer

from relay_runtime.fleet import mirror as of_mirror
from relay_runtime.fleet.engine import Seen
from relay_runtime.fleet.mirror import Mirror
from relay_runtime.fleet.redis_engine import RedisEngine

MEMO = b'["memo","c1","{}"]\n'


@pytest.fixture
def mirror(engine_url: str, engine: RedisEngine) -> Iterator[Mirror]:
    for name, host, machine in (("a", "alpha", "m1"), ("b", "beta", "m2")):
        engine.join(member(name, host, machine), "1")
    made = made_mirror(engine_url)
    made.open()
    yield made
    finished(made)


def taken(engine: RedisEngine, by: str = "b") -> int:
    return engine.claim(engine.look("k")[0], by, dead=True).token


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(of_mirror, "clock", SimpleNamespace(real_monotonic=lambda: now[0]))
    return now


def test_a_copy_is_doubtful_when_there_was_no_word_for_as_long_as_others_wait(
    engine_url: str, time: list[float]
) -> None:
    mirror = made_mirror(engine_url)
    copy = mirror.begin("l", 5)
    time[0] += 10.0
    assert not copy.doubtful
    time[0] += 0.1
    assert copy.doubtful
    mirror.heard({}, time[0] - 5.0)
    assert not copy.doubtful
    time[0] += 5.1
    assert copy.doubtful
    mirror.heard({}, 0.0)  # an older word changes nothing
    assert copy.doubtful
    copy.lose()
    assert not copy.doubtful  # there is no doubt any more


def test_an_engine_that_does_not_answer_leaves_a_doubt(server: EngineServer, time: list[float]) -> None:
    server.kill()
    mirror = made_mirror(server.url)
    copy = mirror.begin("l", 5)
    time[0] += 11.0
    copy.confirm()
    assert copy.doubtful  # who is thrown out again and again in it gives up; see the journal
    assert not copy.taken
    copy.give_up()
    assert copy.taken
    server.start()


@pytest.mark.parametrize("known", [True, False])
def test_a_doubt_ends_with_whose_it_is_though_others_have_found_this_process_dead(
    mirror: Mirror, engine: RedisEngine, known: bool
) -> None:
    mine, lost = live(Copied(mirror, "l")), live(Copied(mirror, "m"))
    engine.claim(Seen("m", "a", -1, ""), "b", dead=True)
    if not known:
        engine.leave("a")
    mine.copy.confirm()
    assert lost.copy.taken
    assert not mine.copy.taken
    assert not mine.copy.doubtful


def test_a_doubt_has_an_emptied_engine_told_anew(
    mirror: Mirror, engine: RedisEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_mirror, "_WHOLE", 1e-9)
    copied = live(Copied(mirror))
    engine.line.call("FLUSHALL")
    copied.copy.confirm()
    assert not copied.copy.taken
    engine.join(member("a"), "1")
    until(lambda: copied.is_copied(engine))


def test_a_doubt_is_not_settled_by_a_connection_that_is_cut(mirror: Mirror, engine: RedisEngine) -> None:
    copied = live(Copied(mirror))
    taken(engine)
    cut_all(engine)
    copied.copy.confirm()
    assert copied.copy.taken
    assert mirror.losses == 1


def test_whoever_asks_an_engine_that_was_emptied_waits_for_what_others_tell_it(
    mirror: Mirror, engine: RedisEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = live(Copied(mirror))
    engine.line.call("FLUSHALL")

    def tell_meanwhile(_: float) -> None:
        engine.put("l", copied.copy.token + 1, "b", "k", b"theirs")

    monkeypatch.setattr(of_mirror.gevent, "sleep", tell_meanwhile)
    monkeypatch.setattr(of_mirror, "_WHOLE", 1e-9)
    copied.copy.confirm()
    assert copied.copy.taken


def test_a_copy_that_begins_again_is_lost_to_those_who_had_it(mirror: Mirror) -> None:
    former = mirror.begin("l")
    new = mirror.begin("l", 5)
    assert (former.taken, new.taken) == (True, False)
    former.close(keep=False)
    assert mirror.copies == {"l": new}
