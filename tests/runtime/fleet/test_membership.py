"""A process in its fleet, with a real engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from relay_runtime.fleet import membership as of_membership
from relay_runtime.fleet.engine import EngineDown, Seen
from relay_runtime.fleet.membership import Membership
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.fleet.settings import FleetSettings
from relay_runtime.ledger.copy import NotYet
from relay_runtime.ledger.records import Opened, SessionKept, encode
from relay_runtime.settings.engine_address import parse_address

OPENED = Opened(1, "k", 4711, 7, ledger="l", member="a")


class Desk:
    def answer(self, letter: Any) -> object:
        raise NotImplementedError

    def stay_away(self, away: bool) -> None:
        pass


@pytest.fixture
def woken() -> list[str]:
    return []


@pytest.fixture
def membership(engine_url: str, woken: list[str]) -> Iterator[Membership]:
    settings = FleetSettings(address=parse_address(engine_url), host="alpha", secret="s")
    made = Membership(settings, "k", "app:Menu", "", None, Desk(), lambda: woken.append("now"))
    made.status = msgspec.structs.replace(made.status, connected=True)
    yield made
    made._engine.close()
    made._hasty.close()


def dead(membership: Membership, engine: RedisEngine) -> Seen:
    """Have the engine know a ledger whose member is gone."""
    text = encode(OPENED) + encode(SessionKept("p1", "blob", ("office",)))
    engine.put("l", 0, "a", membership.member.key, membership._mirror.seal.seal(text, "l"))
    return engine.look(membership.member.key)[0]


def test_what_was_claimed_by_the_engine_is_told_at_once_and_the_folder_leaves_it(
    membership: Membership, engine: RedisEngine, woken: list[str]
) -> None:
    membership._claim(dead(membership, engine))
    assert woken == ["now"]
    assert membership.take_over(OPENED, stopped=False) is None
    ((book, token),) = membership.claims()
    assert book.opened.ledger == "l"
    membership.go_on(OPENED, book.opened, token)
    assert membership.take_over(OPENED, stopped=False) is None


def test_what_was_taken_over_in_the_folder_is_not_claimed_by_the_engine_too(
    membership: Membership, engine: RedisEngine, woken: list[str]
) -> None:
    seen = dead(membership, engine)
    assert membership.take_over(OPENED, stopped=False)
    membership._claim(seen)  # it was looked at before
    assert woken == []
    assert list(membership.claims()) == []


def test_a_connection_that_has_broken_is_no_reason_to_take_over_what_another_host_has(
    membership: Membership, engine: RedisEngine
) -> None:
    seen = dead(membership, engine)
    membership._hasty.line.open()
    engine.claim(seen, "b", dead=True)
    engine.line.call("CLIENT", "KILL", "SKIPME", "yes", "TYPE", "normal")
    assert membership.take_over(OPENED, stopped=False) is None


def test_of_a_stopped_process_nothing_is_taken_that_another_host_may_tell_an_emptied_engine_of(
    membership: Membership, engine: RedisEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotYet):
        membership.take_over(OPENED, stopped=True)
    assert membership.take_over(OPENED, stopped=False) == 0  # a dead one is no use to wait for
    membership._claiming.clear()
    engine.put("l", 0, "b", membership.member.key, b"theirs")
    assert membership.take_over(OPENED, stopped=True) is None
    engine.line.call("FLUSHALL")
    monkeypatch.setattr(of_membership, "_TOLD_AGAIN", 0.0)
    assert membership.take_over(OPENED, stopped=True) == 0


def test_of_an_engine_that_does_not_answer_is_asked_for_one_ledger_alone(
    membership: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def claim(seen: Seen, *_: object, **__: object) -> None:
        asked.append(seen.ledger)
        raise EngineDown("no answer")

    monkeypatch.setattr(membership._hasty, "claim", claim)
    others = [msgspec.structs.replace(OPENED, ledger=name) for name in ("l", "m", "n")]
    assert [membership.take_over(each, stopped=False) for each in others] == [0, 0, 0]
    assert asked == ["l", "l"]
