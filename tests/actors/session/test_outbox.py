"""Commands that wait for a connection: in order, bounded, each until its own deadline."""

from __future__ import annotations

import pytest
from doubles.commands import command
from doubles.examples import examples
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from relay_actors.errors import NotConnected, RequestTimeout
from relay_actors.session.command import Command
from relay_actors.session.outbox import CommandOutbox

LIMIT = 4


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_commands_leave_in_the_order_of_their_coming() -> None:
    outbox = CommandOutbox(500)
    sent = [command(str(number), deadline=float("inf")) for number in range(500)]
    assert all(outbox.put(each) for each in sent)
    assert outbox.take_all() == sent
    assert len(outbox) == 0


def test_a_full_outbox_takes_no_more() -> None:
    outbox = CommandOutbox(1)
    assert outbox.put(command("a", deadline=float("inf")))
    assert not outbox.put(command("b", deadline=float("inf")))


def test_what_nobody_waits_for_makes_room() -> None:
    clock = Clock()
    outbox = CommandOutbox(2, clock)
    outbox.put(command("late", deadline=clock.now + 1))
    over = command("over", deadline=clock.now + 100)
    outbox.put(over)
    clock.now += 1
    over.fail(NotConnected("gave up"))
    assert outbox.put(command("c", deadline=clock.now + 1))
    assert [kept.identity for kept in outbox.take_all()] == ["c"]


def test_a_command_whose_time_is_over_is_not_sent() -> None:
    clock = Clock()
    outbox = CommandOutbox(3, clock)
    late, other, young = (command(name, deadline=clock.now + wait) for name, wait in (("a", 1), ("b", 1), ("c", 1.5)))
    for each in (late, other, young):
        outbox.put(each)
    clock.now += 1
    assert outbox.take_all() == [young]
    assert not young.done()
    for each in (late, other):
        with pytest.raises(RequestTimeout, match="calling.play timed out; it was not sent") as caught:
            each.get(timeout=0)
        assert caught.value.sent is False


class OutboxAsModel(RuleBasedStateMachine):
    """The outbox against a plain list."""

    kept = Bundle("kept")

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.outbox = CommandOutbox(LIMIT, self.clock)
        self.model: list[Command] = []
        self.number = 0

    def alive(self) -> list[Command]:
        return [each for each in self.model if each.deadline > self.clock.now and not each.done()]

    @rule(target=kept, seconds=st.integers(1, 5))
    def put(self, seconds: int) -> Command:
        self.number += 1
        entry = command(str(self.number), deadline=self.clock.now + seconds)
        taken = self.outbox.put(entry)
        if len(self.model) >= LIMIT:
            self.model = self.alive()
        assert taken == (len(self.model) < LIMIT)
        if taken:
            self.model.append(entry)
        return entry

    @rule(entry=consumes(kept))
    def drop(self, entry: Command) -> None:
        self.outbox.drop(entry.identity)
        self.model = [each for each in self.model if each is not entry]

    @rule(entry=kept)
    def give_up(self, entry: Command) -> None:
        entry.fail(NotConnected("gave up"))

    @rule(seconds=st.integers(0, 3))
    def time_passes(self, seconds: int) -> None:
        self.clock.now += seconds

    @rule()
    def take_all(self) -> None:
        assert self.outbox.take_all() == self.alive()
        self.model = []

    @invariant()
    def it_is_bounded(self) -> None:
        assert len(self.outbox) == len(self.model) <= LIMIT


OutboxAsModel.TestCase.settings = settings(max_examples=examples(100), deadline=None)
TestOutboxAsModel = OutboxAsModel.TestCase
