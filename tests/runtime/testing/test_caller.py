"""Somebody who calls the app."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.played import Deaf, Play, Waiting, playing

from relay_runtime.sandbox import Status
from relay_runtime.testing.phones import Phones


def test_a_caller_may_dial_many_times(play: Play) -> None:
    caller = play(Waiting).phones.caller("+15550100001")
    lines = [caller.dials("office").is_answered() for _ in range(3)]
    assert len({line.call_id for line in lines}) == 3
    assert all(line.outcome is None for line in lines)


def test_the_app_sees_who_calls_whom(play: Play) -> None:
    seen: list[tuple[Any, ...]] = []

    def looks(call: Any) -> None:
        seen.append((call.from_number, call.to_number, call.context))
        call.hangup()

    play(looks).phones.caller("+15550100005").dials("office", to_number="+15550100098").is_refused()
    assert seen == [("+15550100005", "+15550100098", "office")]


def test_who_is_to_be_detected_says_so_before_dialling(play: Play) -> None:
    found: list[str] = []

    def detects(call: Any) -> None:
        call.answer()
        found.append(call.detect_answering_machine().wait(60).event)
        call.hangup()

    phones = play(detects).phones
    for caller in (phones.caller().is_human(), phones.caller().is_machine()):
        caller.dials("office").is_hung_up_on()
    assert found == ["HUMAN", "MACHINE"]


def test_who_is_impatient_gives_up(play: Play) -> None:
    played = play(Deaf)
    line = played.phones.caller().abandons(after=5).dials("office").waits(4)
    assert line.status is Status.WAITING
    played.clock.sleep(2)
    assert line.status is Status.ABANDONED
    impatient = played.phones.caller().dials("office", patience=3)
    played.clock.sleep(4)
    assert impatient.outcome is not None


def test_a_call_over_sip_has_its_headers(play: Play) -> None:
    seen: list[Any] = []

    def looks(call: Any) -> None:
        seen.append(call.device)
        call.hangup()

    play(looks).phones.caller("sip:a@example.com").over_sip([("X-Who", "me")]).dials("office").is_refused()
    assert "X-Who" in str(seen)


def test_a_context_is_made_ready_before_it_is_dialled() -> None:
    ready: list[str] = []
    with playing(Waiting, ()) as played:

        def receive(context: str) -> None:
            ready.append(context)
            played.client.receive([context])

        phones = Phones(played.sandbox, on_dial=receive)
        phones.caller().dials("office").is_answered()
        phones.close()
    assert ready == ["office"]


def test_who_has_not_dialled_has_no_line_and_is_told_so(play: Play) -> None:
    caller = play(Waiting).phones.caller()
    with pytest.raises(AttributeError, match=r'a line, which has it: caller.dials\("office"\).hears'):
        caller.hears("x")
    with pytest.raises(AttributeError, match="^a caller has no listens$"):
        caller.listens()  # type: ignore[func-returns-value]
    assert repr(caller) == "<LiveCaller, who has not dialled yet>"


def test_a_caller_without_a_number_or_a_context_is_refused(play: Play) -> None:
    played = play(Waiting)
    with pytest.raises(ValueError, match="Caller needs a text"):
        played.phones.caller("")
    with pytest.raises(ValueError, match="dials needs a text"):
        played.phones.caller().dials("")
    with pytest.raises(ValueError, match="abandons needs a number of seconds"):
        played.phones.caller().abandons(after=-1)


def test_nobody_dials_when_the_test_is_over(play: Play) -> None:
    played = play(Waiting)
    caller = played.phones.caller()
    played.phones.close()
    with pytest.raises(RuntimeError, match="the test kit is closed"):
        caller.dials("office")
