"""Pykka's traps (law 4): each is shown on a naive actor, and shown to be closed on ours."""

from __future__ import annotations

import gc
import logging
import weakref
from collections.abc import Iterator
from typing import Any

import gevent
import pykka
import pytest
from doubles.actors import Collector
from doubles.commands import command
from doubles.hub import LIMIT, turns
from doubles.naive import NaiveActor
from doubles.started import Started

from relay_actors.call.core import CallCore
from relay_actors.kit.actor import NO_REPLY, Down, GreenletActor, NoReply
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.turns import TurnActor


class Behaviour(pykka.Actor):
    """What both kinds of actors do in these tests; a message is what to do."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        if callable(message):
            return message()
        return message

    def on_stop(self) -> None:
        self.told.append("stop")

    def on_failure(self, *args: Any) -> None:
        self.told.append(f"failure {args[0].__name__}")


class Ours(Behaviour, GreenletActor):
    pass


class Naive(Behaviour, NaiveActor):
    pass


class FailingStart:
    def on_start(self) -> None:
        raise OSError("no such host")


class OursFailingStart(FailingStart, Ours):
    pass


class NaiveFailingStart(FailingStart, Naive):
    pass


@pytest.fixture(autouse=True)
def registry_is_left_as_it_was() -> Iterator[None]:
    log = logging.getLogger("pykka")
    level = log.level
    log.setLevel(logging.CRITICAL)
    before = {ref.actor_urn for ref in pykka.ActorRegistry.get_all()}
    yield
    for ref in pykka.ActorRegistry.get_all():
        if ref.actor_urn not in before:
            pykka.ActorRegistry.unregister(ref)
    log.setLevel(level)


def started(actor: Any) -> Any:
    """Start an actor that a test has made, and let it reach its loop."""
    pykka.ActorRegistry.register(actor.actor_ref)
    actor._start_actor_loop()
    turns(3)
    return actor


# Trap 1: any BaseException that reaches Pykka's loop stops every actor of the process.

DEADLY = [gevent.Timeout, gevent.GreenletExit, SystemExit]


@pytest.mark.parametrize("deadly", DEADLY)
def test_a_naive_actor_that_dies_of_a_base_exception_takes_its_neighbours_along(deadly: type[BaseException]) -> None:
    victim, neighbour = started(Naive()), started(Naive())
    victim.actor_ref.tell(deadly())
    turns()
    assert not neighbour.actor_ref.is_alive()


@pytest.mark.parametrize("deadly", DEADLY)
def test_ours_dies_alone_of_a_base_exception(deadly: type[BaseException]) -> None:
    victim, neighbour = started(Ours()), started(Ours())
    victim.ref.tell(deadly())
    turns()
    assert not victim.ref.is_alive()
    assert victim.told == [f"failure {deadly.__name__}"]
    assert neighbour.ref.ask("still there", timeout=LIMIT) == "still there"


@pytest.mark.parametrize("deadly", DEADLY)
def test_an_ask_that_kills_its_actor_is_answered(deadly: type[BaseException]) -> None:
    victim = started(Ours())
    with pytest.raises(pykka.ActorDeadError, match=f"died of {deadly.__name__}"):
        victim.ref.ask(deadly(), timeout=LIMIT)
    assert not victim.ref.is_alive()


# Trap 2: killing the greenlet of an idle actor leaves a zombie.


def test_a_naive_actor_whose_idle_greenlet_is_killed_is_a_zombie() -> None:
    actor = started(Naive())
    actor._loop_greenlet.kill()
    assert actor.actor_ref.is_alive()
    with pytest.raises(pykka.Timeout):
        actor.actor_ref.ask("hello", timeout=0.01)
    assert actor.told == []


def test_ours_is_dead_when_its_idle_greenlet_is_killed() -> None:
    actor, watcher = started(Ours()), started(Collector())
    actor.ref.monitor(watcher.ref)
    actor._loop_greenlet.kill()
    turns()
    assert not actor.ref.is_alive()
    assert actor.told == ["failure GreenletExit"]
    assert [type(down.reason) for down in watcher.of(Down)] == [gevent.GreenletExit]


def test_ours_is_dead_when_its_greenlet_is_killed_before_its_first_turn() -> None:
    actor, watcher = Ours(), started(Collector())
    actor.ref.monitor(watcher.ref)
    actor.launch()
    actor._loop_greenlet.kill()
    turns()
    assert not actor.ref.is_alive()
    assert [type(down.reason) for down in watcher.of(Down)] == [gevent.GreenletExit]


def test_whoever_kills_it_before_its_first_turn_says_why() -> None:
    actor, watcher, why = Ours(), started(Collector()), LookupError("no such call")
    actor.ref.monitor(watcher.ref)
    actor.launch()
    actor._loop_greenlet.kill(why)
    turns()
    assert [down.reason for down in watcher.of(Down)] == [why]


# Trap 3: an exception in on_start calls neither on_failure nor on_stop.


def test_nobody_is_told_when_a_naive_actor_fails_to_start() -> None:
    actor = started(NaiveFailingStart())
    turns()
    assert not actor.actor_ref.is_alive()
    assert actor.told == []


def test_everybody_is_told_when_ours_fails_to_start() -> None:
    actor, watcher = OursFailingStart(), started(Collector())
    actor.ref.monitor(watcher.ref)
    started(actor)
    turns()
    assert actor.told == ["failure OSError"]
    assert [str(down.reason) for down in watcher.of(Down)] == ["no such host"]


def test_what_was_asked_before_a_failing_start_is_answered() -> None:
    actor = OursFailingStart()
    answer = actor.ref.request("hello")
    actor.launch()
    with pytest.raises(pykka.ActorDeadError):
        answer.get(timeout=LIMIT)


# Trap 4: an ask pending on a killed actor is never answered.


def test_an_ask_pending_on_a_killed_naive_actor_is_never_answered() -> None:
    actor = started(Naive())
    answer = actor.actor_ref.ask(lambda: gevent.sleep(LIMIT), block=False)
    turns()
    actor._loop_greenlet.kill()
    with pytest.raises(pykka.Timeout):
        answer.get(timeout=0.01)


@pytest.mark.parametrize("busy", [False, True])
def test_an_ask_pending_on_ours_is_answered_when_it_is_killed(busy: bool) -> None:
    actor = started(Ours())
    if busy:
        actor.ref.tell(lambda: gevent.sleep(LIMIT))
        turns()
    answer = actor.ref.request("hello")
    actor.ref.kill()
    with pytest.raises(pykka.ActorDeadError):
        answer.get(timeout=LIMIT)


def test_the_ask_that_is_being_handled_is_answered_when_the_actor_is_killed() -> None:
    actor = started(Ours())
    answer = actor.ref.request(lambda: gevent.sleep(LIMIT))
    turns()
    actor.ref.kill()
    with pytest.raises(pykka.ActorDeadError):
        answer.get(timeout=LIMIT)


# Trap 5: Pykka's registry is a list, and each unregister walks it.


def test_a_naive_actor_is_a_line_in_a_list() -> None:
    actor = started(Naive())
    assert actor.actor_ref in pykka.ActorRegistry.get_all()
    assert isinstance(pykka.ActorRegistry._actor_refs, list)


def test_actors_of_calls_stay_out_of_the_list() -> None:
    assert not any(kind.REGISTERED for kind in (TurnActor, CallCore))
    before = len(pykka.ActorRegistry.get_all())
    actors = [TurnActor() for _ in range(100)]
    for actor in actors:
        actor.launch()
    assert len(pykka.ActorRegistry.get_all()) == before
    for actor in actors:
        actor.ref.kill()


def test_an_actor_in_the_list_leaves_it_when_it_dies() -> None:
    actor = started(Ours())
    assert actor.ref in pykka.ActorRegistry.get_all()
    actor.ref.kill()
    assert actor.ref not in pykka.ActorRegistry.get_all()


# Pykka's contract


def test_messages_are_handled_in_the_order_of_their_coming() -> None:
    actor, got = started(Ours()), []
    for number in range(50):
        actor.ref.tell(lambda number=number: got.append(number))
    actor.ref.ask("last", timeout=LIMIT)
    assert got == list(range(50))


def test_an_exception_is_the_askers_and_the_actor_lives() -> None:
    actor = started(Ours())
    with pytest.raises(KeyError, match="mine"):
        actor.ref.ask(KeyError("mine"), timeout=LIMIT)
    assert actor.ref.ask("alive", timeout=LIMIT) == "alive"


def test_an_exception_nobody_asked_for_ends_the_actor() -> None:
    actor = started(Ours())
    actor.ref.tell(KeyError("nobody's"))
    turns()
    assert not actor.ref.is_alive()
    assert actor.told == ["failure KeyError"]


def test_a_stop_lets_earlier_messages_be_handled_and_answers_later_asks() -> None:
    actor = started(Ours())
    first = actor.ref.request("first")
    stop = actor.ref.stop(block=False)
    second = actor.ref.request("second")
    assert first.get(timeout=LIMIT) == "first"
    assert stop.get(timeout=LIMIT) is True
    with pytest.raises(pykka.ActorDeadError):
        second.get(timeout=LIMIT)
    assert actor.told == ["stop"]


def test_a_second_stop_finds_the_actor_dead() -> None:
    actor = started(Ours())
    both = actor.ref.stop(block=False), actor.ref.stop(block=False)
    assert [stop.get(timeout=LIMIT) for stop in both] == [True, True]
    assert actor.ref.stop(timeout=LIMIT) is False


def test_a_dead_actor_takes_no_message() -> None:
    actor = started(Ours())
    actor.ref.stop(timeout=LIMIT)
    with pytest.raises(pykka.ActorDeadError):
        actor.ref.tell("hello")
    assert actor.ref.offer("hello") is False
    assert actor.ref.forward("hello", GreenletFuture()) is False
    with pytest.raises(pykka.ActorDeadError):
        actor.ref.request("hello").get(timeout=0)


def test_the_registry_can_stop_ours() -> None:
    actor = started(Ours())
    pykka.ActorRegistry.stop_all(timeout=LIMIT)
    assert actor.told == ["stop"]
    assert not actor.ref.is_alive()


def test_the_reply_may_come_later_from_elsewhere() -> None:
    class Later(GreenletActor):
        asked: Any = None

        def on_receive(self, message: Any) -> NoReply:
            self.asked = self.reply_to
            return NO_REPLY

    actor = started(Later())
    answer = actor.ref.request("when you can")
    turns()
    assert not answer.done()
    actor.asked.resolve("now")
    assert answer.get(timeout=LIMIT) == "now"
    actor.ref.kill()


# Death


def test_an_actor_dies_once_however_often_it_is_ended() -> None:
    actor, watcher = started(Ours()), started(Collector())
    actor.ref.monitor(watcher.ref)
    for _ in range(2):
        actor.ref.stop(block=False)
        actor.ref.kill()
        actor._loop_greenlet.kill()
    turns()
    assert actor.told == ["failure GreenletExit"]
    assert len(watcher.of(Down)) == 1


def test_a_watcher_of_a_dead_actor_is_told_at_once() -> None:
    actor, watcher = started(Ours()), started(Collector())
    actor.ref.tell(KeyError("why"))
    turns()
    actor.ref.monitor(watcher.ref)
    turns()
    (down,) = watcher.of(Down)
    assert down.actor_urn == actor.actor_urn
    assert isinstance(down.reason, KeyError)


def test_an_orderly_stop_has_no_reason() -> None:
    actor, watcher = started(Ours()), started(Collector())
    actor.ref.monitor(watcher.ref)
    actor.ref.stop(timeout=LIMIT)
    turns()
    assert watcher.of(Down) == [Down(actor.actor_urn, None)]


def test_a_dead_watcher_does_not_keep_the_others_from_being_told() -> None:
    actor, dead, alive = started(Ours()), started(Collector()), started(Collector())
    actor.ref.monitor(dead.ref)
    actor.ref.monitor(alive.ref)
    dead.ref.kill()
    actor.ref.kill()
    turns()
    assert len(alive.of(Down)) == 1


def test_join_waits_for_the_death_and_no_longer_than_it_may() -> None:
    actor = started(Ours())
    assert actor.ref.join(0.001) is False
    gevent.spawn(actor.ref.kill)
    assert actor.ref.join(LIMIT) is True
    assert actor.ref.join(0) is True


@pytest.mark.parametrize("hook", ["on_stop", "on_failure", "on_undelivered"])
def test_a_failing_last_hook_does_not_hide_the_death(hook: str, log_lines: list[str]) -> None:
    actor, watcher = Ours(), started(Collector())

    def fail(*_: Any) -> None:
        raise gevent.Timeout(1)

    setattr(actor, hook, fail)
    actor.ref.monitor(watcher.ref)
    started(actor)
    actor.ref.tell(lambda: gevent.sleep(LIMIT))
    turns()
    answers = [actor.ref.request("one"), actor.ref.request("two")]
    if hook == "on_stop":
        actor._stop()
    else:
        actor.ref.kill()
    turns()
    assert len(watcher.of(Down)) == 1
    if hook != "on_undelivered":
        for answer in answers:
            with pytest.raises(pykka.ActorDeadError):
                answer.get(timeout=0)
    assert any("failed in its last hook" in line for line in log_lines)
    actor._loop_greenlet.kill()


def test_a_message_that_is_its_own_answer_fails_when_the_actor_dies_before_it() -> None:
    actor = started(Ours())
    actor.ref.tell(lambda: gevent.sleep(LIMIT))
    turns()
    late = [command("1"), command("2")]
    assert all(actor.ref.offer(each) for each in late)
    actor.ref.kill()
    for each in late:
        with pytest.raises(pykka.ActorDeadError, match="stopped before handling"):
            each.get(timeout=0)


def test_an_actor_may_kill_itself() -> None:
    actor, watcher = started(Ours()), started(Collector())
    actor.ref.monitor(watcher.ref)
    actor.ref.tell(actor.ref.kill)
    turns()
    assert len(watcher.of(Down)) == 1
    assert actor._loop_greenlet.dead


def test_ctrl_c_that_hits_an_actor_reaches_the_main_greenlet() -> None:
    actor = started(Ours())
    actor.ref.tell(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        gevent.sleep(LIMIT)
    assert not actor.ref.is_alive()


def test_a_dead_actor_can_be_collected(started: Started) -> None:
    actor = Ours()
    actor.launch()
    actor.ref.ask("hello", timeout=LIMIT)
    actor.ref.stop(timeout=LIMIT)
    turns()
    gone = weakref.ref(actor)
    del actor
    gc.collect()
    assert gone() is None


def test_a_live_actor_is_reached_by_a_proxy_and_a_dead_one_is_not(started: Started) -> None:
    actor = started(Ours())
    assert weakref.getweakrefcount(actor) == 0  # one more object for each live call
    assert actor.ref.proxy().actor_urn.get(timeout=LIMIT) == actor.actor_urn
    actor.ref.stop(timeout=LIMIT)
    assert actor.ref.actor() is None
    with pytest.raises(pykka.ActorDeadError):
        actor.ref.proxy()


def test_who_keeps_the_reference_of_a_dead_actor_keeps_no_actor() -> None:
    ref = Ours.start()
    actor = weakref.ref(ref.actor())
    ref.stop(timeout=LIMIT)
    turns()
    gc.collect()
    assert actor() is None
    assert not ref.is_alive()
