"""Waits of a call: for a state, for an event, for a time; inside its own code they pump its mailbox."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.frames import event, state
from doubles.hub import LIMIT, turns, until
from doubles.line import Line
from doubles.started import Started
from gevent.event import Event

from relay_actors.call.call import Call, CallActor
from relay_actors.call.waits import OpenWaits, Wait
from relay_actors.errors import CallEnded, ClientStopped, RelayTimeout, SessionLost

PLAY = "calling.call.play"


def play(play_state: str = "playing", **params: Any) -> Any:
    return event(PLAY, call_id="c1", control_id="k1", state=play_state, **params)


class Waiter(CallActor):
    """Waits in its own code as it is told; ``got`` is what came of each wait."""

    todo: Any = None

    def __init__(self, setup: Any) -> None:
        super().__init__(setup)
        self.got: list[Any] = []

    def run(self) -> None:
        while not self.is_ended:
            self._relay.wait_until(lambda: self.todo is not None or self.is_ended, LIMIT)
            todo, self.todo = self.todo, None
            if todo is not None:
                self.got.append(outcome(todo, self))


def outcome(function: Any, *args: Any) -> Any:
    try:
        return function(*args)
    except Exception as error:
        return error


class Asker:
    """Has a wait made inside the call's own code, or outside it."""

    def __init__(self, started: Started, inside: bool) -> None:
        self.line: Line[Any] = Line(started, Waiter if inside else Call)
        self._inside = inside

    def __call__(self, function: Any) -> Any:
        """Begin a wait; return a function that gives what came of it."""
        if not self._inside:
            greenlet = gevent.spawn(outcome, function, self.line.call)
            turns()
            return lambda: greenlet.get(timeout=LIMIT)
        number = len(self.line.call.got)
        self.line.call.todo = function
        self.line.core.mailbox.wake()
        turns()
        return lambda: until(lambda: self.line.call.got[number:], "the end of the wait")[0]


@pytest.fixture(params=[True, False], ids=["inside", "outside"])
def ask(request: pytest.FixtureRequest, started: Started) -> Asker:
    return Asker(started, request.param)


# Events


def test_a_wait_gives_the_next_event_of_its_type(ask: Asker) -> None:
    result = ask(lambda call: call.wait_for(PLAY))
    ask.line.gets(state("ringing"), play("playing"), play("finished"))
    assert result().state == "playing"


def test_a_wait_gives_the_first_event_that_its_predicate_likes(ask: Asker) -> None:
    result = ask(lambda call: call.wait_for(PLAY, lambda e: e.state == "finished"))
    ask.line.gets(play("playing"), play("paused"), play("finished"), play("error"))
    assert result().state == "finished"


def test_a_star_waits_for_any_event(ask: Asker) -> None:
    result = ask(lambda call: call.wait_for("*"))
    ask.line.gets(event("never.heard.of", call_id="c1"))
    assert result().event_type == "never.heard.of"


@pytest.mark.parametrize("error", [KeyError("x"), gevent.Timeout(1), SystemExit(1)], ids=lambda e: type(e).__name__)
def test_a_predicate_that_raises_ends_its_wait_and_nothing_else(started: Started, error: BaseException) -> None:
    line = Line(started)

    def bad(_: Any) -> bool:
        raise error

    ended: list[BaseException] = []

    def wait() -> None:
        try:
            line.call.wait_for(PLAY, bad)
        except BaseException as caught:
            ended.append(caught)

    other = gevent.spawn(line.call.wait_for, PLAY)
    gevent.spawn(wait)
    turns()
    line.gets(play())
    assert ended == [error]
    assert other.get(timeout=LIMIT).state == "playing"
    assert line.core.ref.is_alive()
    line.ends()
    line.closes()


def test_an_event_that_overtook_the_reply_to_its_verb_is_not_missed(ask: Asker) -> None:
    """Protocol 1: an event caused by a request may arrive before its reply."""

    def bridges(call: Call) -> Any:
        call.connect([[{"type": "sip", "params": {"to": "sip:a@b"}}]])
        return call.wait_for("calling.call.connect", lambda e: e.connect_state == "connected")

    ask.line.board.withheld = {"calling.connect"}
    result = ask(bridges)
    ask.line.gets(*(event("calling.call.connect", call_id="c1", connect_state=s) for s in ("connecting", "connected")))
    ask.line.board.release()
    assert result().connect_state == "connected"


# Ends


def test_a_wait_ends_when_its_time_is_over(ask: Asker) -> None:
    error = ask(lambda call: call.wait_for(PLAY, timeout=0.005))()
    assert isinstance(error, RelayTimeout)
    assert str(error) == "no calling.call.play within 0.005 s"
    assert not ask.line.call.is_ended


def test_a_wait_ends_when_the_call_ends(ask: Asker) -> None:
    result = ask(lambda call: call.wait_for(PLAY))
    ask.line.ends("busy", end_source="outbound")
    error = result()
    assert isinstance(error, CallEnded)
    assert (error.reason, error.source) == ("busy", "outbound")


@pytest.mark.parametrize("error", [SessionLost, ClientStopped])
def test_a_wait_ends_when_the_session_or_the_client_ends(ask: Asker, error: Any) -> None:
    waits = [ask(lambda call: call.wait_for(PLAY))]
    ask.line.loses_session(error)
    assert type(waits[0]()) is error


def test_a_wait_on_a_call_that_is_over_ends_at_once(started: Started) -> None:
    line = Line(started)
    line.ends("busy")
    line.closes()
    for wait in (line.call.wait_for_answered, line.call.wait_for_ringing, lambda: line.call.wait_for(PLAY)):
        with pytest.raises(CallEnded):
            wait()


def test_a_wait_that_was_broken_off_takes_no_event_from_the_next(ask: Asker) -> None:
    def broken_off(call: Call) -> Any:
        with gevent.Timeout(0.005, False):
            call.wait_for(PLAY)
        over.set()
        return call.wait_for(PLAY)

    over = Event()
    result = ask(broken_off)
    assert over.wait(LIMIT)
    turns()
    ask.line.gets(play())
    assert result().state == "playing"


def test_waits_that_timed_out_do_not_pile_up(ask: Asker) -> None:
    def often(call: Call) -> Any:
        for _ in range(50):
            with pytest.raises(RelayTimeout):
                call.wait_for(PLAY, timeout=0)
        return "done"

    assert ask(often)() == "done"
    turns()
    assert len(ask.line.core.waits._open) <= 1


def test_a_wait_for_a_late_result_that_gave_up_does_not_keep_the_call_open(started: Started) -> None:
    line = Line(started)
    wait = gevent.spawn(outcome, line.call.wait_for, "calling.call.record", None, 0.005)
    turns()
    assert isinstance(wait.get(timeout=LIMIT), RelayTimeout)
    line.ends()
    line.closes()


# States


@pytest.mark.parametrize(
    ("wait", "states"),
    [
        (Call.wait_for_ringing, ["ringing"]),
        (Call.wait_for_ringing, ["answered"]),
        (Call.wait_for_answered, ["ringing", "answered"]),
        (Call.wait_for_ending, ["answered", "ending"]),
        (Call.wait_for_ending, ["ended"]),
        (Call.wait_for_ended, ["ended"]),
        (Call.wait_for_ended, ["ringing", "answered", "ending", "ended"]),
    ],
)
def test_a_wait_for_a_state_ends_when_it_is_reached_or_passed(ask: Asker, wait: Any, states: list[str]) -> None:
    result = ask(wait)
    ask.line.gets(*map(state, states))
    assert result().call_state == states[-1]


def test_a_wait_for_a_state_that_was_reached_returns_at_once(ask: Asker) -> None:
    ask.line.gets(state("ringing"), state("answered"))
    assert ask(Call.wait_for_answered)().call_state == "answered"
    assert ask(Call.wait_for_ringing)().call_state == "answered"


@pytest.mark.parametrize("wait", [Call.wait_for_answered, Call.wait_for_ringing])
def test_a_wait_for_a_state_that_will_not_come_raises_the_end(ask: Asker, wait: Any) -> None:
    result = ask(wait)
    ask.line.ends("noAnswer")
    error = result()
    assert isinstance(error, CallEnded)
    assert error.reason == "noAnswer"


def test_a_wait_for_the_end_that_times_out_can_be_repeated(ask: Asker) -> None:
    """Protocol 17.19."""
    for _ in range(3):
        assert isinstance(ask(lambda call: call.wait_for_ended(0.002))(), RelayTimeout)
    result = ask(Call.wait_for_ended)
    ask.line.ends("busy")
    assert result().end_reason == "busy"


def test_the_state_of_another_leg_is_not_the_calls_own(ask: Asker) -> None:
    result = ask(Call.wait_for_answered)
    ask.line.gets(state("answered", "peer", parent={"call_id": "c1"}))
    assert ask.line.call.state == "created"
    ask.line.gets(state("answered"))
    assert result().call_id == "c1"


def test_an_unknown_state_changes_nothing(ask: Asker, log_lines: list[str]) -> None:
    ask.line.gets(state("on hold"), state(""))
    assert ask.line.call.state == "created"
    assert any("is no call state" in text for text in log_lines)


def test_a_step_backwards_changes_nothing(ask: Asker) -> None:
    seen: list[str] = []
    ask.line.call.on("calling.call.state", lambda e: seen.append(e.call_state))
    turns()
    ask.line.gets(state("answered"), state("ringing"), state("answered"), state("created"))
    assert ask.line.call.state == "answered"
    if not isinstance(ask.line.call, Waiter):
        assert seen == ["answered"]


# Listeners


def test_a_listener_gets_each_event_of_its_type_in_order(started: Started) -> None:
    line = Line(started)
    seen: list[str] = []
    line.call.on(PLAY, lambda e: seen.append(e.state))
    line.call.on("*", lambda e: seen.append(f"any {e.event_type.rsplit('.')[-1]}"))
    line.gets(play("playing"), state("answered"), play("finished"))
    assert seen == ["playing", "any play", "any state", "finished", "any play"]
    line.ends()


def test_a_listener_may_be_added_by_the_calls_own_code(started: Started) -> None:
    seen: list[str] = []

    class Listens(CallActor):
        def run(self) -> None:
            self.on(PLAY, lambda e: seen.append(e.state))
            self.wait_for_ended()

    line = Line(started, Listens)
    line.gets(play())
    assert seen == ["playing"]
    line.ends()
    line.closes()


def test_what_is_no_function_cannot_listen(started: Started) -> None:
    line = Line(started)
    with pytest.raises(
        TypeError, match="the listener to calling.call.play is str; accepted is a function of one argument"
    ):
        line.call.on(PLAY, "not a function")  # type: ignore[arg-type]


def test_a_wait_in_one_call_for_another_does_not_deafen_it(started: Started) -> None:
    other = Line(started, call_id="c2")

    class Watches(CallActor):
        def run(self) -> None:
            other.call.wait_for_ended()

    line = Line(started, Watches)
    line.gets(state("answered"))
    assert line.call.state == "answered"
    other.core.ref.offer(state("ended", "c2"))
    turns()
    line.ends()
    line.closes()


# The waits themselves


def playing(number: int) -> Any:
    return event("calling.call.play", call_id="c1", control_id="k", state="playing", n=number)


def test_each_wait_takes_its_first_event_and_who_tells_knows_whether_one_is_over() -> None:
    waits, first, other = OpenWaits(), Wait("calling.call.play", None), Wait("calling.call.record", None)
    waits.add(first)
    waits.add(other)
    assert not waits.tell(event("calling.call.tap", call_id="c1"))
    told = playing(1)
    assert waits.tell(told)
    assert first.future.get(timeout=0) is told
    assert not waits.tell(playing(2))
    assert (first.future.get(timeout=0), other.future.done(), bool(waits)) == (told, False, True)


def test_what_was_kept_serves_one_wait_and_is_forgotten_with_the_next_command() -> None:
    waits, first, second = OpenWaits(), Wait("calling.call.play", None), Wait("calling.call.play", None)
    kept = [playing(number) for number in range(3)]
    for each in kept[:2]:
        waits.keep(each)
    assert waits.satisfy(first, None)
    assert waits.satisfy(second, None)
    assert [wait.future.get(timeout=0) for wait in (first, second)] == kept[:2]
    waits.keep(kept[2])
    assert not waits.forget_kept()
    third = Wait("calling.call.play", None)
    assert not waits.satisfy(third, None)
    assert not third.future.done()


def test_only_so_much_is_kept() -> None:
    waits = OpenWaits()
    for number in range(100):
        waits.keep(playing(number))
    wait = Wait("calling.call.play", None)
    assert waits.satisfy(wait, None)
    assert b"79" in bytes(wait.future.get(timeout=0).envelope.params)  # the oldest of the newest 21


def test_a_wait_that_is_over_says_so_whatever_comes() -> None:
    wait, told = Wait("calling.call.play", None), playing(1)
    assert wait.offer(told)
    assert wait.offer(event("calling.call.tap", call_id="c1"))
    assert wait.future.get(timeout=0) is told
