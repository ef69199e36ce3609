"""A wait ends when it is rung, or when its time is over; a ring before the wait is not lost."""

from __future__ import annotations

import gevent
from doubles.hub import LIMIT

from relay_runtime.campaign.alarm import Alarm


def test_a_ring_ends_the_wait() -> None:
    alarm = Alarm()
    waiting = gevent.spawn(alarm.wait, None)
    gevent.sleep(0)
    alarm.ring()
    waiting.get(timeout=LIMIT)


def test_a_ring_before_the_wait_ends_it_at_once_and_only_that_one() -> None:
    alarm = Alarm()
    alarm.ring()
    alarm.wait(None)
    waiting = gevent.spawn(alarm.wait, None)
    gevent.sleep(0.002)
    assert not waiting.ready()
    alarm.ring()
    waiting.get(timeout=LIMIT)


def test_time_ends_a_wait_that_nobody_rings() -> None:
    alarm = Alarm()
    before = alarm.now()
    alarm.wait(0.001)
    assert alarm.now() >= before
