"""A name reaches whichever actor does a job at the moment."""

from __future__ import annotations

import pykka
import pytest
from doubles.actors import Collector
from doubles.commands import command
from doubles.hub import LIMIT, turns
from doubles.started import Started

from relay_actors.kit import name as registered
from relay_actors.kit.name import Name


@pytest.fixture
def name() -> Name:
    return Name("router")


def test_a_message_reaches_the_actor_of_the_moment(name: Name, started: Started) -> None:
    actor = started(Collector())
    name.publish(actor.ref)
    assert name.offer("one")
    turns()
    assert actor.received == ["one"]


def test_messages_before_the_first_actor_wait_for_it_in_order(name: Name, started: Started) -> None:
    assert [name.offer(n) for n in range(3)] == [True] * 3
    answer = name.request("ask")
    actor = started(Collector())
    name.publish(actor.ref)
    assert answer.get(timeout=LIMIT) is None
    assert actor.received == [0, 1, 2, "ask"]


def test_messages_to_a_dead_actor_wait_for_the_next_one(name: Name, started: Started) -> None:
    first, second = started(Collector()), started(Collector())
    name.publish(first.ref)
    first.ref.kill()
    assert name.offer("late")
    name.publish(second.ref)
    turns()
    assert second.received == ["late"]
    assert first.received == []


def test_what_waits_is_bounded(name: Name, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registered, "_HELD", 2)
    assert [name.offer(n) for n in range(3)] == [True, True, False]


def test_after_the_end_nothing_is_taken_and_asks_fail(name: Name, started: Started) -> None:
    waiting = name.request("before")
    name.close()
    with pytest.raises(pykka.ActorDeadError, match="router is not running"):
        waiting.get(timeout=LIMIT)
    assert not name.offer("after")
    with pytest.raises(pykka.ActorDeadError):
        name.ask("after", timeout=LIMIT)


def test_what_waited_for_an_answer_fails_when_the_next_actor_is_dead_too(name: Name, started: Started) -> None:
    waiting, itself = name.request("ask"), command("1")
    assert name.offer(itself)
    dead = started(Collector())
    dead.ref.kill()
    name.publish(dead.ref)
    for answer in (waiting, itself):
        with pytest.raises(pykka.ActorDeadError):
            answer.get(timeout=LIMIT)


def test_after_the_end_a_message_that_is_its_own_answer_fails(name: Name) -> None:
    first, second = command("1"), command("2")
    assert name.offer(first)
    assert name.offer(second)
    name.close()
    for each in (first, second):
        with pytest.raises(pykka.ActorDeadError, match="router is not running"):
            each.get(timeout=LIMIT)
