"""A message: it only moves forward, and whoever waits for it is told its end."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.frames import event
from doubles.hub import LIMIT, turns, until
from gevent.event import Event
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from relay_actors.errors import ClientStopped, MessageExpired, RelayTimeout
from relay_actors.messaging.message import TERMINAL_STATES, Message
from relay_actors.wire.events import MessageReceiveEvent, MessageStateEvent

STATES = ["queued", "initiated", "sent", "delivered", "undelivered", "failed"]


def told(state: str, **params: Any) -> MessageStateEvent:
    made = event("messaging.state", message_id="m1", message_state=state, **params)
    assert isinstance(made, MessageStateEvent)
    return made


def sent() -> Message:
    return Message(message_id="m1", direction="outbound", state="queued", to_number="+15550100001", body="private")


@given(st.lists(st.sampled_from(STATES)))
def test_a_message_only_moves_forward_and_never_leaves_a_terminal_state(states: list[str]) -> None:
    message, rank = sent(), {name: number for number, name in enumerate(STATES[:3])}
    before = message.state
    for state in states:
        last = message.apply(told(state))
        if before in TERMINAL_STATES:
            assert message.state == before
        elif message.state != before:
            assert message.state == state
            assert rank.get(message.state, 3) > rank[before]
        assert last == message.is_done == (message.state in TERMINAL_STATES)
        before = message.state


def test_delivered_may_overtake_sent() -> None:
    message = sent()
    assert message.apply(told("delivered"))
    message.apply(told("sent"))
    assert message.state == "delivered"
    assert message.wait(0).message_state == "delivered"  # type: ignore[attr-defined]


def test_a_message_that_was_not_delivered_says_why() -> None:
    message = sent()
    message.apply(told("undelivered", reason="unreachable", segments=2))
    assert (message.state, message.reason, message.segments) == ("undelivered", "unreachable", 2)


@pytest.mark.parametrize("state", ["", "Delivered", "odd"])
def test_a_state_that_no_message_has_changes_nothing(state: str) -> None:
    message = sent()
    assert not message.apply(told(state))
    assert message.state == "queued"


def test_everybody_who_waits_gets_the_end() -> None:
    message = sent()
    waits = [gevent.spawn(message.wait, LIMIT) for _ in range(3)]
    turns()
    message.apply(told("delivered"))
    assert {wait.get(timeout=LIMIT).message_state for wait in waits} == {"delivered"}
    assert message.result is not None


def test_a_wait_that_times_out_can_be_repeated() -> None:
    message = sent()
    for _ in range(2):
        with pytest.raises(RelayTimeout, match=r"no terminal state after 0\.002 s"):
            message.wait(0.002)
    message.apply(told("delivered"))
    assert message.wait(0)


@pytest.mark.parametrize("error", [MessageExpired("no terminal state"), ClientStopped()])
def test_a_message_that_is_watched_no_longer_ends_its_waits(error: Any) -> None:
    message = sent()
    wait = gevent.spawn(message.wait)
    turns()
    message.abandon(error)
    with pytest.raises(type(error)):
        wait.get(timeout=LIMIT)
    assert message.is_done
    assert message.result is None
    assert message.state == "queued"


def test_listeners_hear_each_change_and_no_step_backwards() -> None:
    message, heard = sent(), []
    message.on(lambda e: heard.append(e.message_state))
    for state in ("initiated", "sent", "initiated", "queued", "delivered", "sent"):
        message.apply(told(state))
    turns()
    assert heard == ["initiated", "sent", "delivered"]


def test_a_completion_is_called_once_whenever_it_is_asked_for() -> None:
    message, heard = sent(), []
    message.on_completed(lambda e: heard.append(("early", e.message_state)))
    message.apply(told("failed", reason="no"))
    message.apply(told("failed", reason="no"))
    message.on_completed(lambda e: heard.append(("late", e.message_state)))
    turns()
    assert heard == [("early", "failed"), ("late", "failed")]


def test_handlers_of_one_message_run_one_after_another_and_may_block() -> None:
    """Protocol 17.14: a handler that blocks holds up nobody else."""
    message, heard, gate = sent(), [], Event()

    def slow(e: Any) -> None:
        heard.append(f"begin {e.message_state}")
        gate.wait(LIMIT)
        heard.append(f"end {e.message_state}")

    message.on(slow)
    message.apply(told("initiated"))
    message.apply(told("delivered"))
    turns()
    assert message.wait(0)
    assert heard == ["begin initiated"]
    gate.set()
    turns()
    assert heard == ["begin initiated", "end initiated", "begin delivered", "end delivered"]


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), gevent.Timeout(1), SystemExit(1)], ids=lambda e: type(e).__name__
)
def test_a_handler_that_crashes_does_not_keep_the_next_from_running(error: BaseException, log_lines: list[str]) -> None:
    message, heard = sent(), []

    def crash(_: Any) -> None:
        raise error

    message.on(crash)
    message.on(lambda e: heard.append(e.message_state))
    message.apply(told("initiated"))
    turns()
    assert heard == ["initiated"]
    assert any("a handler of message m1 crashed" in line for line in log_lines)
    assert not any("+1555" in line or "private" in line for line in log_lines)


def test_ctrl_c_in_a_handler_reaches_the_main_greenlet() -> None:
    message, heard = sent(), []

    def interrupted(_: Any) -> None:
        raise KeyboardInterrupt

    message.on(interrupted)
    message.on(lambda e: heard.append(e.message_state))
    message.apply(told("initiated"))
    with pytest.raises(KeyboardInterrupt):
        gevent.sleep(LIMIT)
    message.apply(told("sent"))
    with pytest.raises(KeyboardInterrupt):
        gevent.sleep(LIMIT)
    assert "initiated" in heard


@pytest.mark.parametrize("method", ["on", "on_completed"])
def test_what_is_no_function_cannot_listen(method: str) -> None:
    with pytest.raises(TypeError, match="is int; accepted is a function of one argument"):
        getattr(sent(), method)(5)


def test_an_inbound_message_is_complete_when_it_comes() -> None:
    """Nothing follows it: a wait must not hang for ever."""
    arrived = event(
        "messaging.receive",
        message_id="m2",
        message_state="received",
        from_number="+15550100001",
        to_number="+15550100002",
        body="hello",
        media=["https://x"],
        tags=["t"],
        segments=1,
        context="office",
    )
    assert isinstance(arrived, MessageReceiveEvent)
    message = Message.from_event(arrived)
    assert (message.direction, message.state, message.body, message.media) == (
        "inbound",
        "received",
        "hello",
        ["https://x"],
    )
    assert (message.context, message.segments, message.tags) == ("office", 1, ["t"])
    assert message.is_done
    state = message.wait()
    assert isinstance(state, MessageStateEvent)
    assert asdict(state) == asdict(arrived)


def test_a_message_shows_neither_numbers_nor_text() -> None:
    assert repr(sent()) == "<Message m1 outbound queued>"


def test_states_that_are_not_known_wait_for_a_handler_in_a_bounded_number() -> None:
    gate, told = Event(), list[str]()

    def slow(each: Any) -> None:
        gate.wait()
        told.append(each.message_state)

    message = Message(message_id="m1", state="queued")
    message.on(slow)
    for number in range(1_000):
        message.apply(event("messaging.state", message_id="m1", message_state=f"odd{number}"))
        if number == 0:
            turns()
    message.apply(event("messaging.state", message_id="m1", message_state="delivered"))
    gate.set()
    until(lambda: "delivered" in told)
    assert len(told) == 102
