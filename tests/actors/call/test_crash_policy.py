"""What becomes of a call whose code has crashed."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.diary import Diary, scripted, waits_for_the_end
from doubles.frames import event, state
from doubles.hub import LIMIT, turns, until
from doubles.line import Line
from doubles.started import Started

from relay_actors.call.call import CallActor
from relay_actors.call.crash_policy import Say, Transfer, checked_policy
from relay_actors.call.messages import CallCrashed, HangUp
from relay_actors.errors import CallEnded, RelayError
from relay_actors.timing import Timing

SORRY = Say("Sorry, something went wrong.", language="en-GB")
SPOKEN = {"type": "tts", "params": {"text": "Sorry, something went wrong.", "language": "en-GB"}}
HUNG_UP = [{"call_id": "c1", "node_id": "n1", "reason": "error"}]


def crash(*_: Any) -> None:
    raise ZeroDivisionError


def crashing(policy: Any, where: str = "run", begin: Any = crash) -> type[Diary]:
    """A class that crashes in a place; ``begin`` is its run() when that is another."""
    members: dict[str, Any] = {"when_crashed": policy}
    if where != "run":
        members[where] = crash
        begin = begin if begin is not crash else waits_for_the_end
    return type("Crashing", (scripted(begin),), members)


def plays(line: Line[Any]) -> list[Any]:
    return [params["play"] for params in line.board.params("calling.play")]


def says_it_all(line: Line[Any]) -> None:
    control_id = line.board.params("calling.play")[-1]["control_id"]
    line.gets(event("calling.call.play", call_id="c1", control_id=control_id, state="finished"))


# Declaring


@pytest.mark.parametrize(
    ("make", "accepted"),
    [
        (lambda: Say(""), "what is to be said"),
        (lambda: Say(7), "what is to be said"),
        (lambda: Say("Sorry.", timeout=0), "above 0, at most 60"),
        (lambda: Say("Sorry.", timeout=61), "above 0, at most 60"),
        (lambda: Say("Sorry.", timeout=True), "above 0, at most 60"),
        (lambda: Say("Sorry.", language=7), "language"),  # type: ignore[arg-type]
        (lambda: Transfer(""), "a URL, context:NAME, or SWML"),
        (lambda: Transfer(7), "a URL, context:NAME, or SWML"),  # type: ignore[arg-type]
    ],
)
def test_a_malformed_policy_is_refused_when_it_is_made(make: Any, accepted: str) -> None:
    with pytest.raises(ValueError) as caught:
        make()
    assert accepted in str(caught.value)


@pytest.mark.parametrize(
    ("policy", "shown"), [("hang up", "'hang up'"), (7, "int"), (Say, "StructMeta"), (object(), "object")]
)
def test_a_class_with_a_policy_that_does_not_exist_cannot_be_made(policy: Any, shown: str) -> None:
    with pytest.raises(TypeError, match=rf'Receptionist.when_crashed is {shown}; accepted is "hangup", Say'):
        type("Receptionist", (CallActor,), {"when_crashed": policy})


def test_a_policy_cannot_be_changed() -> None:
    swml = {"version": "1.0.0"}
    policy = Transfer(swml)
    swml["version"] = "2"
    assert policy.dest == '{"version":"1.0.0"}'
    with pytest.raises(AttributeError):
        policy.dest = ""  # type: ignore[misc]
    assert checked_policy(policy, "x") is policy


# Following


@pytest.mark.parametrize("where", ["run", "on_start", "on_offer", "on_answered"])
def test_a_sentence_is_said_and_then_the_call_is_hung_up(started: Started, where: str) -> None:
    line = Line(started, crashing(SORRY, where))
    line.gets(state("answered"))
    assert plays(line) == [[SPOKEN]]
    assert line.board.params("calling.end") == []
    says_it_all(line)
    assert line.board.params("calling.end") == HUNG_UP
    line.ends("error")
    line.closes()


def test_what_plays_is_stopped_before_the_sentence(started: Started) -> None:
    def begin(call: Diary) -> None:
        call.play([{"type": "silence", "params": {"duration": 100}}], control_id="k1")
        raise ZeroDivisionError

    line = Line(started, crashing(SORRY, begin=begin))
    assert line.board.methods() == ["calling.play", "calling.play.stop", "calling.play"]
    assert line.board.params("calling.play.stop") == [{"call_id": "c1", "node_id": "n1", "control_id": "k1"}]


def test_a_sentence_that_does_not_end_is_cut_short(started: Started) -> None:
    line = Line(started, crashing(Say("Sorry.", timeout=0.01)))
    assert line.board.wait_for("calling.end") == HUNG_UP[0]


def test_a_sentence_that_the_server_refuses_is_no_obstacle(started: Started, log_lines: list[str]) -> None:
    kind = crashing(SORRY, begin=lambda call: (call.wait_for_answered(), crash()))
    line = Line(started, kind)
    line.board.answers["calling.play"] = RelayError(409, "not answered")
    line.gets(state("answered"))
    assert line.board.params("calling.end") == HUNG_UP
    assert any("its crash policy Say failed: not answered (code 409)" in text for text in log_lines)


def test_a_caller_who_hangs_up_during_the_sentence_ends_it(started: Started) -> None:
    line = Line(started, crashing(SORRY))
    line.ends()
    line.closes()
    assert line.board.params("calling.end") == []


def test_a_transfer_hands_the_call_on_and_hangs_nothing_up(started: Started) -> None:
    line = Line(started, crashing(Transfer("context:fallback"), "on_answered"))
    line.gets(state("answered"))
    assert line.board.params("calling.transfer") == [{"call_id": "c1", "node_id": "n1", "dest": "context:fallback"}]
    line.closes()
    assert line.board.params("calling.end") == []
    assert line.call.end_reason == "transferred"


def test_a_transfer_that_fails_hangs_up(started: Started) -> None:
    line = Line(started, crashing(Transfer("context:fallback"), "on_answered"))
    line.board.answers["calling.transfer"] = RelayError(400, "no such context")
    line.gets(state("answered"))
    assert line.board.params("calling.end") == HUNG_UP


def test_the_policy_runs_before_the_main_program_goes_on(started: Started) -> None:
    def begin(call: Diary) -> None:
        call.wait_for("calling.call.record")
        call.pages.append(f"goes on after {line.board.methods()}")

    line = Line(started, crashing(SORRY, "on_answered", begin))
    line.gets(state("answered"))
    line.gets(event("calling.call.record", call_id="c1", state="recording"))
    assert plays(line) == [[SPOKEN]]
    assert line.call.pages == ["offer", "run"]
    says_it_all(line)
    assert line.board.params("calling.end") == HUNG_UP
    assert "goes on after ['calling.play', 'calling.end']" in line.call.pages


def test_a_hook_that_crashes_while_the_call_is_hung_up_changes_nothing(started: Started) -> None:
    line = Line(started, crashing(SORRY, "on_answered", lambda call: call.pages.append("done")))
    line.board.withheld = {"calling.end"}
    line.gets(state("answered"))
    assert line.board.methods() == ["calling.end"]
    line.ends()
    line.closes()


@pytest.mark.parametrize("error", [gevent.Timeout(1), SystemExit(), gevent.GreenletExit()])
def test_a_crash_while_the_policy_runs_hangs_up(started: Started, error: BaseException) -> None:
    line = Line(started, crashing(SORRY))
    assert line.core._worker is not None
    gevent.kill(line.core._worker, error)
    turns()
    assert line.board.params("calling.end") == HUNG_UP
    line.ends("error")
    line.closes()


def test_a_crash_while_the_call_is_hung_up_ends_its_actor(started: Started) -> None:
    line = Line(started, crashing("hangup", "on_answered"))
    line.board.withheld = {"calling.end"}
    line.gets(state("answered"))
    gevent.kill(line.core._worker, ZeroDivisionError())
    line.closes()
    assert line.board.params("calling.end") == HUNG_UP
    assert line.subscription.of(HangUp) == [HangUp("c1", "n1", "error")]


def test_a_call_counts_as_crashed_once(started: Started) -> None:
    line = Line(started, crashing(SORRY))
    gevent.kill(line.core._worker, ZeroDivisionError())
    turns()
    assert line.subscription.of(CallCrashed) == [CallCrashed("c1")]


def test_the_policy_of_the_client_serves_classes_without_one(started: Started) -> None:
    line = Line(started, scripted(crash), when_crashed=SORRY)
    assert plays(line) == [[SPOKEN]]
    other = Line(started, crashing("hangup"), when_crashed=SORRY)
    assert other.board.methods() == ["calling.end"]


def test_a_crash_after_the_end_follows_no_policy(started: Started) -> None:
    def begin(call: Diary) -> None:
        with pytest.raises(CallEnded):
            call.wait_for("calling.call.play")
        raise ZeroDivisionError

    line = Line(started, crashing(SORRY, begin=begin))
    line.ends()
    line.closes()
    assert line.board.sent == []
    assert line.subscription.of(CallCrashed) == [CallCrashed("c1")]


def test_the_sentence_is_bounded_while_there_is_no_connection(started: Started) -> None:
    timing = Timing(request_timeout=0.01, call_linger=LIMIT)
    line = Line(started, crashing(Say("Sorry.", timeout=0.01), "on_answered"), timing)
    line.board.withheld = {"calling.play"}
    line.gets(state("answered"))
    until(lambda: line.board.params("calling.end"))
