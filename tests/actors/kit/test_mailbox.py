"""A mailbox: mail comes out in order, and wakes whoever sleeps at it once."""

from __future__ import annotations

import gevent
import pytest
from doubles.hub import LIMIT, active_watchers, turns
from gevent.hub import get_hub
from pykka._envelope import Envelope

from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.mailbox import Ask, Mailbox


def test_mail_comes_out_in_the_order_it_went_in() -> None:
    mailbox = Mailbox()
    for number in range(100):
        mailbox.offer(number)
    assert [mailbox.pop() for _ in range(100)] == list(range(100))


def test_an_empty_mailbox_has_nothing_to_pop() -> None:
    with pytest.raises(IndexError):
        Mailbox().pop()


def test_a_message_without_an_asker_loses_its_envelope_and_one_with_an_asker_keeps_it() -> None:
    mailbox = Mailbox()
    asked = Envelope("asked", reply_to=GreenletFuture())
    mailbox.put(Envelope("told"))
    mailbox.put(asked)
    assert mailbox.pop() == "told"
    assert mailbox.pop() is asked


def test_get_parks_until_there_is_mail() -> None:
    mailbox = Mailbox()
    reader = gevent.spawn(mailbox.get)
    turns()
    assert not reader.dead
    mailbox.offer("late")
    assert reader.get(timeout=LIMIT).message == "late"


def test_get_is_not_fooled_by_a_wake_without_mail() -> None:
    mailbox = Mailbox()
    reader = gevent.spawn(mailbox.get)
    turns()
    mailbox.wake()
    turns()
    assert not reader.dead
    mailbox.offer("late")
    assert reader.get(timeout=LIMIT).message == "late"


def test_park_returns_at_once_when_there_is_mail() -> None:
    mailbox = Mailbox()
    mailbox.offer("here")
    assert mailbox.park(None) is True
    assert len(mailbox) == 1


def test_park_tells_mail_from_the_end_of_its_time() -> None:
    mailbox = Mailbox()
    assert mailbox.park(0.001) is False
    gevent.spawn(mailbox.offer, "mail")
    assert mailbox.park(LIMIT) is True


@pytest.mark.parametrize("timeout", [0, -1])
def test_park_without_time_returns_without_it(timeout: float) -> None:
    assert Mailbox().park(timeout) is False


def test_a_killed_sleeper_leaves_no_waker_and_no_timer_behind() -> None:
    mailbox = Mailbox()
    active = active_watchers()
    sleepers = [gevent.spawn(mailbox.park, timeout) for timeout in (None, 1000.0)]
    for sleeper in sleepers:
        turns()
        sleeper.kill()
    mailbox.offer("mail")
    turns()
    assert len(mailbox) == 1
    assert active_watchers() == active


def test_mail_and_the_end_of_time_in_the_same_turn_lose_nothing() -> None:
    mailbox = Mailbox()
    for _ in range(50):
        timer = get_hub().loop.timer(0.001)
        timer.start(mailbox.offer, "mail")
        mailbox.park(0.001)
        timer.close()
        if mailbox.empty():
            turns(3)
    while not mailbox.empty():
        assert mailbox.pop() == "mail"
    assert mailbox.park(0) is False


def test_messages_of_a_kind_are_taken_from_the_front_up_to_the_first_other_mail() -> None:
    mailbox = Mailbox()
    for message in ("a", "b", 3, "d"):
        mailbox.offer(message)
    mailbox.offer(Ask("asked", GreenletFuture()))
    assert mailbox.pop_all(str) == ["a", "b"]
    assert mailbox.pop_all(str) == []
    assert mailbox.pop_all(int) == [3]
    assert mailbox.pop_all(str) == ["d"]
    assert mailbox.pop_all(str) == []  # an ask is none
    assert mailbox.pop().message == "asked"
