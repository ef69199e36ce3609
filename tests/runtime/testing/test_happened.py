"""What became of a call, in words."""

from __future__ import annotations

from contextlib import suppress

import gevent
import pytest
from doubles.played import Deaf, Play, Waiting

from relay_runtime import CallActor, RelayClient, RelayError, phone
from relay_runtime.testing.failure import LineFailure
from relay_runtime.testing.happened import nobody_there
from relay_runtime.testing.line import Line


class Busy(CallActor):
    def run(self) -> None:
        self.hangup("busy")


class Passing(CallActor):
    def run(self) -> None:
        self.pass_()


class Short(CallActor):
    def run(self) -> None:
        self.answer()


class Handing(CallActor):
    def run(self) -> None:
        self.answer()
        self.transfer("context:desk")


def failure_of(line: Line, within: float = 1) -> str:
    with pytest.raises(LineFailure) as failed:
        line.hears("Goodbye", within)
    return failed.value.instead


@pytest.mark.parametrize(
    ("app", "words"),
    [
        (Waiting, "the line is still up"),
        (Deaf, "the call is not answered yet"),
        (Busy, "the app refused the call after 0.0 s (busy)"),
        (Passing, "the app passed the call on, and nobody else took it after 0.0 s (noAnswer)"),
        (Short, "the app hung up after 0.0 s (hangup)"),
    ],
)
def test_a_failure_says_what_the_app_did(play: Play, app: type[CallActor], words: str) -> None:
    assert failure_of(play(app).phones.caller().dials("office")) == words


def test_a_failure_says_that_a_call_was_transferred(play: Play) -> None:
    played = play(Handing)
    other = RelayClient("test", "test", host="test.invalid", contexts=["desk"], proxy=None)
    with other:
        line = played.phones.caller().dials("office").is_transferred()
        assert failure_of(line) == "the app has transferred the call, which is still up"


def test_a_failure_says_who_hung_up(play: Play) -> None:
    played = play(Waiting)
    line = played.phones.caller().dials("office").is_answered().waits(2).hangs_up()
    assert failure_of(line) == "the caller hung up after 2.0 s (hangup)"
    given_up = played.phones.caller().dials("office").hangs_up()
    assert failure_of(given_up) == "the caller gave up before an answer after 0.0 s (abandoned)"


@pytest.mark.parametrize(
    ("app", "words"), [(Deaf, "the app's session was over before an answer"), (Waiting, "the network ended the call")]
)
def test_a_failure_says_that_the_session_was_lost(play: Play, app: type[CallActor], words: str) -> None:
    played = play(app)
    line = played.phones.caller().dials("office").waits(1)
    played.sandbox.faults.forget()
    assert failure_of(line) == f"{words} after 1.0 s (error)"


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("is_busy", "this number did not take the call after 0.0 s (busy)"),
        ("never_answers", "the app gave the dial up after 3.0 s (cancel)"),
    ],
)
def test_a_failure_says_what_became_of_a_dial(play: Play, verdict: str, words: str) -> None:
    played = play(None)
    callee = getattr(played.phones.callee("+15550100002"), verdict)()
    gevent.spawn(dial, played.client)
    line = callee.is_dialled()
    assert failure_of(line, 10) == words


def test_a_failure_says_that_a_phone_still_rings(play: Play) -> None:
    played = play(None)
    callee = played.phones.callee("+15550100002").never_answers()
    gevent.spawn(dial, played.client)
    assert failure_of(callee) == "it still rings"


def dial(client: RelayClient) -> None:
    with suppress(RelayError):
        client.dial([[phone("+15550100002", from_number="+15550100099")]], dial_timeout=3)


@pytest.mark.parametrize("contexts", [(), ("sales", "support")])
def test_a_failure_names_the_contexts_that_there_are(play: Play, contexts: tuple[str, ...]) -> None:
    line = play(Waiting, *(contexts or ("gone",))).phones.caller().dials("office")
    there = ", ".join(contexts) if contexts else "gone"
    assert failure_of(line) == f"nobody has subscribed to the context 'office'; the contexts that there are: {there}"


def test_without_any_context_it_is_said_that_there_is_none() -> None:
    assert nobody_there("office", []).endswith("the contexts that there are: none: no client has subscribed to any")
