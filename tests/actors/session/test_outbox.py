"""Commands that wait for a connection: in order, bounded, each until its own deadline."""

from __future__ import annotations

from doubles.examples import examples
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from relay_actors.errors import NotConnected
from relay_actors.session.messages import Command
from relay_actors.session.outbox import CommandOutbox
from relay_actors.session.replies import ReplyFuture

LIMIT = 4


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def command(identity: str, deadline: float) -> Command:
    return Command(identity, "calling.play", b"{}", deadline)


def test_commands_leave_in_the_order_of_their_coming() -> None:
    outbox = CommandOutbox(500)
    sent = [(command(str(number), float("inf")), ReplyFuture()) for number in range(500)]
    assert all(outbox.put(*each) for each in sent)
    assert outbox.take_all() == sent
    assert len(outbox) == 0


def test_a_full_outbox_takes_no_more() -> None:
    outbox = CommandOutbox(1)
    assert outbox.put(command("a", float("inf")), ReplyFuture())
    assert not outbox.put(command("b", float("inf")), ReplyFuture())


def test_what_nobody_waits_for_makes_room() -> None:
    clock = Clock()
    outbox = CommandOutbox(2, clock)
    late: ReplyFuture = ReplyFuture()
    outbox.put(command("late", clock.now + 1), late)
    over: ReplyFuture = ReplyFuture()
    outbox.put(command("over", clock.now + 100), over)
    clock.now += 1
    over.fail(NotConnected("gave up"))
    assert outbox.put(command("c", clock.now + 1), ReplyFuture())
    assert [kept.identity for kept, _ in outbox.take_all()] == ["c"]


def test_a_command_whose_time_is_over_is_not_sent() -> None:
    clock = Clock()
    outbox = CommandOutbox(2, clock)
    outbox.put(command("a", clock.now + 1), ReplyFuture())
    clock.now += 1
    assert outbox.take_all() == []


class OutboxAsModel(RuleBasedStateMachine):
    """The outbox against a plain list."""

    kept = Bundle("kept")

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.outbox = CommandOutbox(LIMIT, self.clock)
        self.model: list[tuple[Command, ReplyFuture]] = []
        self.number = 0

    def alive(self) -> list[tuple[Command, ReplyFuture]]:
        return [(c, f) for c, f in self.model if c.deadline > self.clock.now and not f.done()]

    @rule(target=kept, seconds=st.integers(1, 5))
    def put(self, seconds: int) -> tuple[Command, ReplyFuture]:
        self.number += 1
        entry = command(str(self.number), self.clock.now + seconds), ReplyFuture()
        taken = self.outbox.put(*entry)
        if len(self.model) >= LIMIT:
            self.model = self.alive()
        assert taken == (len(self.model) < LIMIT)
        if taken:
            self.model.append(entry)
        return entry

    @rule(entry=consumes(kept))
    def drop(self, entry: tuple[Command, ReplyFuture]) -> None:
        self.outbox.drop(entry[0].identity)
        self.model = [each for each in self.model if each[0] is not entry[0]]

    @rule(entry=kept)
    def give_up(self, entry: tuple[Command, ReplyFuture]) -> None:
        entry[1].fail(NotConnected("gave up"))

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
