"""Copies of ledgers in the engine: whole whatever happens to the engine, and never a wait for whoever notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from doubles.copied import (
    Copied,
    asked,
    engine_text,
    finished,
    greenlets,
    live,
    made_mirror,
)
from doubles.hub import until
from doubles.members import member
from gevent.event import Event

from relay_runtime.fleet import mirror as of_mirror
from relay_runtime.fleet.engine import EngineDown, Fenced, Seen, Standing
from relay_runtime.fleet.mirror import Mirror, MirroredLedger
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


class Gate:
    """An engine that puts when it is told to.

    Attributes:
        puts: what was to be put.
    """

    def __init__(self, mirror: Mirror) -> None:
        self.puts: list[bytes] = []
        self._real: Any = mirror._engine
        self._open = Event()
        mirror._engine = self  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def open(self) -> None:
        self._open.set()

    def put(self, ledger: str, token: int, member: str, key: str, text: bytes) -> int:
        self.puts.append(text)
        self._open.wait()
        return self._real.put(ledger, token, member, key, text)


# What is told


def test_a_copy_has_all_that_is_noted_in_its_order(mirror: Mirror, engine: RedisEngine) -> None:
    copied = Copied(mirror)
    copied.append(b'["serve","c0","n",0,false]\n')
    live(copied)
    for number in range(1, 50):
        copied.append(b'["serve","c%d","n",0,false]\n' % number)
        copied.append(b'["memo","c%d","secret"]\n' % number)
    until(lambda: copied.is_copied(engine))
    assert b"secret" not in engine.line.call("GET", "{relay-runtime}:text:l")
    assert engine.find("c49") == {"c49": "a"}
    asked(mirror, engine)
    assert copied.copy._live  # nothing had to be told anew


def test_what_is_noted_while_the_whole_is_told_follows_it(mirror: Mirror, engine: RedisEngine) -> None:
    gate = Gate(mirror)
    copied = Copied(mirror)
    until(lambda: gate.puts)
    copied.append(MEMO)
    copied.append(b'["over","c2"]\n')
    gate.open()
    until(lambda: copied.is_copied(engine))
    assert len(gate.puts) == 1


def test_what_is_noted_before_the_connection_is_opened_anew_is_not_lost(mirror: Mirror, engine: RedisEngine) -> None:
    """The whole is on its way, without a line; then all is to be told anew."""
    gate = Gate(mirror)
    copied = Copied(mirror)
    until(lambda: gate.puts)
    copied.append(MEMO)
    copied.copy.renew()
    copied.append(b'["over","c2"]\n')
    gate.open()
    until(lambda: copied.is_copied(engine))
    assert len(gate.puts) == 2


def test_a_ledger_that_is_written_anew_while_it_is_told_is_told_as_it_is_then(
    mirror: Mirror, engine: RedisEngine
) -> None:
    gate = Gate(mirror)
    copied = Copied(mirror, text=b'["ledger",1,"k",1,5]\n["offer","c1","n","office"]\n["over","c1"]\n')
    until(lambda: gate.puts)
    copied.append(MEMO)
    copied.replace(b'["ledger",1,"k",1,5]\n')
    gate.open()
    live(copied)
    assert copied.is_copied(engine)


def test_lines_that_are_on_their_way_as_a_ledger_is_written_anew_are_not_taken_for_new_ones(
    mirror: Mirror, engine: RedisEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new text ends just where they were to be put."""
    copied = live(Copied(mirror))
    late: list[tuple[Any, ...]] = []
    real = mirror.send
    for turn in range(4):
        monkeypatch.setattr(mirror, "send", lambda *words: late.append(words))
        copied.append(b'["over","c%d"]\n' % turn)
        monkeypatch.setattr(mirror, "send", real)
        copied.replace(b'["ledger",1,"k",%d,5]\n' % turn)
        live(copied)
        for each in late:
            mirror.send(*each)
        copied.append(b'["over","x"]\n')
        until(lambda: copied.is_copied(engine))
        asked(mirror, engine)
        assert copied.copy._live


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 100])
def test_the_size_of_each_text_and_of_all_lines_tells_to_what_they_belong(mirror: Mirror, size: int) -> None:
    copy = MirroredLedger(mirror, "l", 5)
    remainders = [len(copy.told_anew(b"x" * size)) % 8 for _ in range(8)]
    assert sorted(remainders) == list(range(8))


# Others


def taken(engine: RedisEngine, by: str = "b") -> int:
    return engine.claim(engine.look("k")[0], by, dead=True).token


def test_a_ledger_that_another_has_taken_is_lost_and_nothing_more_is_told_of_it(
    mirror: Mirror, engine: RedisEngine
) -> None:
    copied = live(Copied(mirror))
    other = live(Copied(mirror, "m"))
    token = engine.claim(Seen("l", "a", -1, ""), "b", dead=True).token
    former = engine_text(engine)
    for _ in range(10):
        copied.append(MEMO)
    assert not copied.copy.taken
    asked(mirror, engine)
    assert copied.copy.taken
    assert mirror.losses == 1
    assert list(mirror.copies) == ["m"]
    copied.append(MEMO)
    copied.replace(MEMO)
    copied.copy.close(keep=False)
    other.append(MEMO)
    until(lambda: other.is_copied(engine))
    assert engine_text(engine) == former
    assert engine.renew("b", ["l"])["l"].token == token


def test_one_that_is_lost_while_it_is_told_anew_is_not_told(mirror: Mirror, engine: RedisEngine) -> None:
    copied = live(Copied(mirror))
    taken(engine)
    copied.replace(MEMO)
    until(lambda: copied.copy.taken)
    assert engine_text(engine) != MEMO
    assert mirror.losses == 1


def test_one_that_is_known_to_be_lost_while_it_is_told_stays_lost(mirror: Mirror) -> None:
    gate = Gate(mirror)
    copied = Copied(mirror)
    until(lambda: gate.puts)
    copied.copy.lose()
    gate.open()
    until(lambda: copied.copy.putting is None)
    assert copied.copy.taken
    assert not copied.copy._live


def test_how_copies_stood_before_they_were_told_says_nothing(mirror: Mirror, engine: RedisEngine) -> None:
    before = of_mirror.clock.real_monotonic()
    copied = live(Copied(mirror))
    for standing in (Standing(0, 0), Standing(copied.copy.token, 10**6)):
        mirror.heard({"l": standing, "unknown": standing}, before)
        assert copied.copy._live


@pytest.mark.parametrize("text", ["", '["ledger",1,"k",1,5]\n', "x" * 10_000])
def test_a_copy_of_another_size_is_told_anew(mirror: Mirror, engine: RedisEngine, text: str) -> None:
    copied = live(Copied(mirror))
    copied.append(MEMO)
    until(lambda: copied.is_copied(engine))
    engine.line.call("SET", "{relay-runtime}:text:l", text)
    asked(mirror, engine)
    until(lambda: copied.is_copied(engine))


def test_what_was_told_after_a_question_is_not_missed_in_its_answer(mirror: Mirror, engine: RedisEngine) -> None:
    copied = live(Copied(mirror))
    now = of_mirror.clock.real_monotonic()
    standing = engine.renew("a", ("l",))
    copied.append(MEMO)
    mirror.heard(standing, now)
    assert copied.copy._live


def test_what_a_dead_member_had_is_claimed_before_it_is_told(mirror: Mirror, engine: RedisEngine) -> None:
    """As the folder does it when the engine could not be asked."""
    token = engine.put("l", 0, "b", "k", b"former")
    copied = live(Copied(mirror, former="b"))
    assert copied.copy.token > token
    assert copied.is_copied(engine)
    assert engine.look("k")[0].owner == "a"


def test_what_another_has_claimed_faster_is_lost(mirror: Mirror, engine: RedisEngine) -> None:
    engine.join(member("dead"), "9")
    engine.put("l", 0, "dead", "k", MEMO)
    engine.claim(engine.look("k")[0], "b", dead=True)
    copied = Copied(mirror, former="dead")
    until(lambda: copied.copy.taken)
    assert engine.line.call("GET", "{relay-runtime}:text:l") == MEMO
    with pytest.raises(Fenced):
        mirror.claim("l", "dead")


# The end of a copy


def kept(engine: RedisEngine) -> list[str]:
    return [each.ledger for each in engine.look("k")]


def test_a_copy_that_is_over_is_forgotten_by_the_engine(mirror: Mirror, engine: RedisEngine) -> None:
    copied = live(Copied(mirror))
    copied.copy.close(keep=False)
    mirror.finish(30.0)
    assert kept(engine) == []
    assert mirror.copies == {}
    assert mirror.released == set()
    copied.copy.close(keep=False)


def test_one_that_is_over_before_the_engine_was_told_is_forgotten_too(mirror: Mirror, engine: RedisEngine) -> None:
    gate = Gate(mirror)
    copied = Copied(mirror)
    until(lambda: gate.puts)
    copied.copy.close(keep=False)
    gate.open()
    mirror.finish(30.0)
    assert kept(engine) == []
    assert not copied.copy._live


def test_one_whose_first_telling_had_no_answer_is_forgotten_too(mirror: Mirror, engine: RedisEngine) -> None:
    """The engine has it, and nobody knows by which token."""

    class Deaf(Gate):
        def put(self, ledger: str, token: int, member: str, key: str, text: bytes) -> int:
            token = self._real.put(ledger, token, member, key, text)
            self.puts.append(text)
            if len(self.puts) == 1:
                raise EngineDown("no answer")
            return token

    deaf = Deaf(mirror)
    copied = Copied(mirror)
    until(lambda: deaf.puts)
    assert kept(engine) == ["l"]
    copied.copy.close(keep=False)
    mirror.finish(30.0)
    assert kept(engine) == []


def test_one_that_was_never_told_of_costs_nothing(mirror: Mirror, engine: RedisEngine) -> None:
    mirror.begin("l").close(keep=True)
    assert mirror.copies == {}
    assert greenlets() == ["end of the mirror"]


def test_one_that_is_kept_is_left_to_others_with_all_that_was_noted(mirror: Mirror, engine: RedisEngine) -> None:
    copied = live(Copied(mirror))
    mirror._stream.close()  # so that it does not come this way
    copied.append(MEMO)
    copied.copy.close(keep=True)
    mirror.finish(30.0)
    assert [(each.ledger, each.owner) for each in engine.look("k")] == [("l", "")]
    assert mirror.released == {"l"}
    assert copied.is_copied(engine)
    assert taken(engine) > copied.copy.token


def test_what_another_has_by_then_is_left_alone(mirror: Mirror, engine: RedisEngine) -> None:
    for name, keep in (("l", True), ("m", False)):
        copied = live(Copied(mirror, name))
        engine.claim(Seen(name, "a", -1, ""), "b", dead=True)
        copied.copy.close(keep=keep)
    mirror.finish(30.0)
    assert {each.owner for each in engine.look("k")} == {"b"}
    assert sorted(kept(engine)) == ["l", "m"]


def test_an_engine_that_is_away_is_told_of_an_end_when_it_is_back(
    mirror: Mirror, engine: RedisEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = live(Copied(mirror))
    real, tries = mirror._engine.drop, []

    def drop(ledger: str, token: int) -> None:
        tries.append(ledger)
        if len(tries) < 3:
            raise EngineDown("away")
        real(ledger, token)

    monkeypatch.setattr(mirror._engine, "drop", drop)
    monkeypatch.setattr(of_mirror, "_AGAIN", 0.001)
    copied.copy.close(keep=False)
    mirror.finish(30.0)
    assert kept(engine) == []
