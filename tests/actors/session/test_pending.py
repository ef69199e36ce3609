"""Commands that wait for their reply: each ends once, and its outcome is counted."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import msgspec
import pytest
from doubles.commands import command
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from relay_actors.errors import CommandTooLarge, ConnectionLost, RelayError, RequestTimeout
from relay_actors.session.command import Command
from relay_actors.session.pending import PendingCommands
from relay_actors.telemetry.stats import LOST, REFUSED, TIMEOUT, Stats
from relay_actors.wire.frames import Frame, decode_frame

METHOD = "calling.play"


def answer(identity: Any, code: str = "200") -> Frame:
    frame = decode_frame(msgspec.json.encode({"jsonrpc": "2.0", "id": identity, "result": {"code": code}}))
    assert isinstance(frame, Frame)
    return frame


def asked(pending: PendingCommands, identity: str, *, deadline: float = 100.0, size: int = 2) -> Command:
    asked = command(identity, deadline=deadline, frame=b"x" * size, method=METHOD)
    pending.add(asked, 1.0)
    return asked


@pytest.fixture
def stats() -> Stats:
    return Stats()


@pytest.fixture
def pending(stats: Stats) -> PendingCommands:
    return PendingCommands(stats)


def test_a_reply_ends_its_command_and_no_other(pending: PendingCommands, stats: Stats) -> None:
    first, second = asked(pending, "1"), asked(pending, "2")
    assert first.sent
    assert pending.settle(answer("2"), 1.5)
    assert second.get(timeout=0) == {"code": "200"}
    assert not first.done()
    assert len(pending) == 1
    assert stats.command_seconds[METHOD].count == 1
    assert stats.command_seconds[METHOD].total == 0.5


def test_a_refusal_is_the_error_of_its_command(pending: PendingCommands, stats: Stats) -> None:
    future = asked(pending, "1")
    assert pending.settle(answer("1", "404"), 2.0)
    with pytest.raises(RelayError) as refused:
        future.get(timeout=0)
    assert refused.value.code == 404
    assert stats.commands_failed == {(METHOD, REFUSED): 1}


@pytest.mark.parametrize("identity", ["other", 1, None, 1.5, True])
def test_a_reply_that_nobody_waits_for_changes_nothing(
    pending: PendingCommands, stats: Stats, identity: object
) -> None:
    future = asked(pending, "1")
    assert not pending.settle(answer(identity), 2.0)
    assert not future.done()
    assert not stats.commands_failed


def test_what_is_abandoned_counts_as_timed_out_once(pending: PendingCommands, stats: Stats) -> None:
    asked(pending, "1")
    assert pending.abandon("1")
    assert not pending.abandon("1")
    assert not pending.settle(answer("1"), 2.0)
    assert stats.commands_failed == {(METHOD, TIMEOUT): 1}


def test_what_is_late_ends_and_what_is_not_stays(pending: PendingCommands, stats: Stats) -> None:
    late, in_time = asked(pending, "1", deadline=5.0), asked(pending, "2", deadline=5.1)
    assert not pending.expire(4.9)
    assert pending.expire(5.0)
    with pytest.raises(RequestTimeout) as error:
        late.get(timeout=0)
    assert error.value.sent
    assert not in_time.done()
    assert stats.commands_failed == {(METHOD, TIMEOUT): 1}


def test_a_lost_connection_ends_all_that_is_pending(pending: PendingCommands, stats: Stats) -> None:
    futures = [asked(pending, str(number)) for number in range(3)]
    pending.lose("the server fell silent")
    for future in futures:
        with pytest.raises(ConnectionLost, match=r"lost before calling\.play was answered: the server fell silent"):
            future.get(timeout=0)
    assert len(pending) == 0
    assert stats.commands_failed == {(METHOD, LOST): 3}


def test_the_largest_that_was_not_answered_is_too_large_and_the_others_are_lost(
    pending: PendingCommands, stats: Stats
) -> None:
    taken, small, large = (asked(pending, str(size), size=size) for size in (5000, 3000, 4000))
    assert pending.settle(answer("5000"), 1.5)  # the server took that one
    assert pending.lose("message too big", too_large=True) == 4000
    with pytest.raises(CommandTooLarge, match=r"calling\.play is too large .* over its 4,000 bytes \(1009\)") as error:
        large.get(timeout=0)
    assert (error.value.size, error.value.limit, error.value.retryable) == (4000, 4000, False)
    with pytest.raises(ConnectionLost):
        small.get(timeout=0)
    assert taken.get(timeout=0)
    assert stats.commands_failed == {(METHOD, LOST): 2}


@pytest.mark.parametrize("end", ["abandon", "expire"])
def test_what_was_given_up_may_have_been_the_one_that_was_too_large(pending: PendingCommands, end: str) -> None:
    asked(pending, "1", size=9000, deadline=5.0)
    assert pending.abandon("1") if end == "abandon" else pending.expire(5.0)
    left = asked(pending, "2", size=3000)
    assert pending.lose("message too big", too_large=True) == 9000
    with pytest.raises(ConnectionLost):
        left.get(timeout=0)


@pytest.mark.parametrize(("size", "too_large"), [(5000, False), (300, True), (1023, True)])
def test_nothing_is_too_large_for_another_reason_or_by_a_size_that_every_server_takes(
    pending: PendingCommands, size: int, too_large: bool
) -> None:
    future = asked(pending, "1", size=size)
    assert pending.lose("cut", too_large=too_large) is None
    with pytest.raises(ConnectionLost):
        future.get(timeout=0)
    assert pending.lose("cut", too_large=True) is None


class EachEndsOnce(RuleBasedStateMachine):
    """In whatever order commands, replies, deadlines and the loss come, each command ends once and is counted once."""

    def __init__(self) -> None:
        super().__init__()
        self.stats = Stats()
        self.pending = PendingCommands(self.stats)
        self.futures: dict[str, Command] = {}
        self.open: dict[str, float] = {}
        self.replied = 0
        self.now = 0.0

    @rule(seconds=st.floats(0.1, 10))
    def ask(self, seconds: float) -> None:
        identity = str(len(self.futures))
        self.futures[identity] = asked(self.pending, identity, deadline=self.now + seconds)
        self.open[identity] = self.now + seconds

    @precondition(lambda self: self.futures)
    @rule(data=st.data(), code=st.sampled_from(["200", "404", "500"]))
    def reply(self, data: st.DataObject, code: str) -> None:
        identity = data.draw(st.sampled_from(sorted(self.futures)))
        waited = self.open.pop(identity, None) is not None
        self.replied += waited
        assert self.pending.settle(answer(identity, code), self.now) is waited

    @precondition(lambda self: self.futures)
    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        identity = data.draw(st.sampled_from(sorted(self.futures)))
        waited = self.open.pop(identity, None) is not None
        assert self.pending.abandon(identity) is waited
        if waited:
            self.futures[identity].fail(RequestTimeout("nobody waits", sent=True))  # as who abandons does

    @rule(seconds=st.floats(0, 5))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        late = [identity for identity, deadline in self.open.items() if deadline <= self.now]
        for identity in late:
            del self.open[identity]
        assert self.pending.expire(self.now) is bool(late)

    @rule()
    def lose(self) -> None:
        self.pending.lose("cut")
        self.open.clear()

    @invariant()
    def whoever_is_not_pending_has_an_end(self) -> None:
        assert len(self.pending) == len(self.open)
        assert all(future.done() is (identity not in self.open) for identity, future in self.futures.items())
        refused = self.stats.commands_failed[METHOD, REFUSED]
        failed = sum(self.stats.commands_failed.values()) - refused
        assert self.replied + failed == len(self.futures) - len(self.open)


TestEachEndsOnce = EachEndsOnce.TestCase


def test_what_is_lost_with_a_connection_is_seen_by_the_collector(pending: PendingCommands) -> None:
    """Whoever hears of a loss may keep the error; its traceback keeps the frames below, and those what was pending."""

    def ends(future: Command) -> weakref.ref[Command]:
        def told() -> None:
            try:
                future.get()
            except ConnectionLost as error:
                future.told = error  # type: ignore[attr-defined]

        future.add_done_callback(told)
        return weakref.ref(future)

    ended = [ends(asked(pending, str(number))) for number in range(3)]
    pending.lose("cut")
    gc.collect()
    assert [each() for each in ended] == [None] * 3
