"""A call that another process has left: code of its class, its policy, or nothing while it is with somebody."""

from __future__ import annotations

from typing import Any

import gevent
import msgspec
import pytest
from doubles.frames import event, state
from doubles.hub import LIMIT, turns, until
from doubles.line import Line
from doubles.started import Started

from relay_actors.call.call import Call, CallActor
from relay_actors.call.crash_policy import HANGUP, Say, Transfer
from relay_actors.call.messages import GoOn
from relay_actors.errors import RelayError, SessionLost
from relay_actors.timing import Timing


class Heir(CallActor):
    """Writes down what of it has run."""

    when_done = "leave"

    def __init__(self, setup: Any) -> None:
        super().__init__(setup)
        self.pages: list[str] = []
        self.gate = gevent.event.Event()

    def on_start(self) -> None:
        self.pages.append("start")

    def run(self) -> None:
        self.pages.append("run")

    def on_adopted(self) -> None:
        self.pages.append(f"adopted {self.memo} {self.state} {self.from_number}")
        self.wait_for("calling.user_event")
        self.pages.append("through")

    def on_answered(self) -> None:
        self.pages.append("answered")

    def on_ended(self) -> None:
        self.pages.append("ended")


class Hanging(Heir):
    """Hangs up when it is through."""

    when_done = "hangup"


class Heirless(CallActor):
    """Has no code for it."""

    def run(self) -> None:
        raise AssertionError("it is no new call")


def adopted(
    started: Started, kind: Any = Heir, timing: Timing | None = None, *, goes_on: bool = True, **fields: Any
) -> Line[Any]:
    given = {"orphaned": HANGUP, "raw_device": msgspec.Raw(b"null"), "state": "answered", "memo": b"7"}
    line = Line(started, kind, timing, **{**given, **fields})
    if goes_on:
        line.core.ref.offer(GoOn())
        turns()
    return line


def commands(line: Line[Any]) -> list[str]:
    """Return what the call was sent."""
    return list(line.board.methods())


def freed(what: str = "calling.call.connect", **fields: Any) -> Any:
    return event(what, call_id="c1", **(fields or {"connect_state": "disconnected"}))


def test_its_code_runs_in_the_place_of_on_start_and_run_and_with_its_hooks(started: Started) -> None:
    line = adopted(started)
    assert line.call.pages == ["adopted 7 answered None"]
    line.gets(event("calling.user_event", call_id="c1"))
    assert line.call.pages[-1] == "through"
    line.ends()
    line.closes()
    assert line.call.pages[-1] == "ended"


def test_when_it_is_through_the_call_is_left_or_hung_up_as_its_class_says(started: Started) -> None:
    for kind, methods in ((Heir, []), (Hanging, ["calling.end"])):
        line = adopted(started, kind)
        line.gets(event("calling.user_event", call_id="c1"))
        assert commands(line) == methods
        line.ends()
        line.closes()


def test_code_of_it_that_crashes_is_followed_by_the_crash_policy(started: Started) -> None:
    class Broken(CallActor):
        when_crashed = Transfer("context:desk")

        def on_adopted(self) -> None:
            raise ZeroDivisionError

    line = adopted(started, Broken, orphaned=Say("not this"))
    assert commands(line) == ["calling.transfer"]
    line.ends()


@pytest.mark.parametrize(
    ("policy", "sent"),
    [
        (HANGUP, ("calling.end", "reason", "error")),
        (Transfer("context:x"), ("calling.transfer", "dest", "context:x")),
        (Say("Sorry."), ("calling.play", "play", [{"type": "tts", "params": {"text": "Sorry."}}])),
    ],
)
def test_a_class_without_code_for_it_leaves_it_to_what_was_written(started: Started, policy: Any, sent: Any) -> None:
    line = adopted(started, Heirless, orphaned=policy)
    method, name, value = sent
    assert line.board.wait_for(method)[name] == value
    line.ends()


@pytest.mark.parametrize(
    ("engaged", "free"),
    [
        ("a bridge", freed()),
        ("a queue", freed("calling.call.queue", status="leave")),
        ("a conference", freed("calling.conference", status="participant-leave")),
        ("a room", freed("calling.call.room", join_status="leave")),
        ("an AI agent", freed("calling.ai.stop")),
    ],
)
@pytest.mark.parametrize("kind", [Hanging, Heirless])
def test_who_is_with_somebody_is_let_alone_until_he_is_free(
    started: Started, kind: Any, engaged: str, free: Any
) -> None:
    line = adopted(started, kind, engaged=(engaged,))
    assert commands(line) == []
    line.gets(free)
    if kind is Heirless:
        assert commands(line) == ["calling.end"]
    else:
        assert line.call.pages[-1].startswith("adopted")
    line.ends()
    line.closes()


@pytest.mark.parametrize("engaged", [("an echo",), ("digit bindings (menu)",)])
def test_who_is_with_nobody_is_not(started: Started, engaged: tuple[str, ...]) -> None:
    line = adopted(started, Heirless, engaged=engaged)
    assert commands(line) == ["calling.end"]
    line.ends()


def test_who_goes_from_one_company_to_another_is_let_alone(started: Started) -> None:
    line = adopted(started, Heirless, engaged=("a queue",))
    line.gets(freed("calling.call.connect", connect_state="connected"), freed("calling.call.queue", status="leave"))
    assert commands(line) == []
    line.gets(freed())
    assert commands(line) == ["calling.end"]
    line.ends()


def test_hooks_run_while_he_is_let_alone(started: Started) -> None:
    line = adopted(started, Heir, engaged=("a bridge",), direction="outbound", state="created")
    line.gets(state("answered"))
    assert line.call.pages == ["answered"]
    line.ends()
    line.closes()
    assert line.call.pages == ["answered", "ended"]
    assert commands(line) == []


@pytest.mark.parametrize("engaged", [(), ("a bridge",), ("a transfer",)])
def test_a_call_that_is_over_at_once_or_loses_its_session_gets_nothing_more(
    started: Started, engaged: tuple[str, ...]
) -> None:
    line = adopted(started, Heir, engaged=engaged)
    line.loses_session(SessionLost)
    line.closes()
    assert commands(line) == []
    assert "through" not in line.call.pages


def test_a_transfer_under_way_is_waited_for_but_not_for_ever(started: Started) -> None:
    """Its outcome may never be told."""
    line = adopted(
        started, Heirless, Timing(request_timeout=LIMIT, call_linger=LIMIT, dial_timeout=0.05), engaged=("a transfer",)
    )
    assert commands(line) == []
    line.board.wait_for("calling.end")
    line.ends()


def test_a_transfer_that_has_failed_is_waited_for_no_longer(started: Started) -> None:
    line = adopted(started, Heirless, engaged=("a transfer",))
    turns()
    assert commands(line) == []
    line.gets(event("calling.call.refer", call_id="c1", state="referFailed"))
    until(lambda: commands(line) == ["calling.end"], "the policy")
    line.ends()


# What has come meanwhile


def test_nothing_is_done_before_it_is_known_what_the_server_has_sent_meanwhile(started: Started) -> None:
    line = adopted(started, goes_on=False)
    assert line.call.pages == []
    line.gets(event("calling.call.connect", call_id="c1", connect_state="connected"))
    line.core.ref.offer(GoOn())
    turns()
    assert line.call.pages == []  # he is with somebody
    line.gets(freed())
    assert line.call.pages[-1].startswith("adopted")
    line.ends()


def test_a_call_that_has_ended_meanwhile_gets_nothing(started: Started) -> None:
    line = adopted(started, Heirless, goes_on=False)
    line.ends()
    line.core.ref.offer(GoOn())
    turns()
    assert commands(line) == []


def test_a_call_that_is_ending_gets_nothing(started: Started) -> None:
    line = adopted(started, Heirless, goes_on=False)
    line.gets(state("ending"))
    line.core.ref.offer(GoOn())
    turns()
    assert commands(line) == []
    line.ends()


def test_an_offer_whose_answer_the_server_may_not_have_heard_of_is_passed_on(started: Started) -> None:
    line = adopted(started, Heir, state="created")
    assert commands(line) == ["calling.pass"]
    assert line.call.end_reason == "passed"


def test_one_that_is_no_offer_any_more_is_gone_on_with_and_so_is_one_that_was_dialled(started: Started) -> None:
    refused = Line(started, Call)
    refused.board.answers["calling.pass"] = RelayError(409, "it is answered")
    line = adopted(started, Heir, state="created", link=refused.core.environment.link)
    assert commands(refused) == ["calling.pass"]
    assert line.call.pages[-1].startswith("adopted")
    line.ends()
    line = adopted(started, Heir, state="created", direction="outbound")
    assert commands(line) == []
    assert line.call.pages[-1].startswith("adopted")
    line.ends()
