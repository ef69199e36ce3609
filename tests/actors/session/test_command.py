"""A command is one object: what is sent, and the future of its reply."""

from __future__ import annotations

import gevent
from doubles.commands import command

from relay_actors.kit import clock
from relay_actors.session.command import Command


def test_what_it_says_is_in_no_text_of_it() -> None:
    said = command("1", frame=b'{"to":"+15550100001"}')
    assert repr(said) == "<Command calling.play 1>"


def test_one_that_is_not_submitted_yet_was_not_sent_and_has_no_reply() -> None:
    ahead = Command()
    assert not ahead.sent
    assert (ahead.deadline, ahead.written) == (0.0, 0.0)
    assert not ahead.done()


def test_what_remains_of_its_time_is_never_less_than_nothing() -> None:
    late = command("1", deadline=clock.monotonic() + 2)
    assert 1.9 < late.remaining() <= 2
    gevent.sleep(1.5)
    assert 0 < late.remaining() <= 0.5
    gevent.sleep(1)
    assert late.remaining() == 0.0
