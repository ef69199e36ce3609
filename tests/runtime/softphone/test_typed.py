"""What is typed at a phone."""

from __future__ import annotations

import re

import gevent
import pytest
from doubles.desk import PhoneCall
from doubles.hub import until

from relay_runtime.sandbox import Status
from relay_runtime.softphone.handset import HandsetError
from relay_runtime.softphone.typed import HELP, Ask, asks, obey


@pytest.mark.parametrize(
    ("typed", "ask"),
    [
        ("", None),
        ("   ", None),
        ("1", Ask("press", "1")),
        ("12 34 #", Ask("press", "1234#")),
        ("*9AD", Ask("press", "*9AD")),
        ("A", Ask("say", "A")),
        ("hello there", Ask("say", "hello there")),
        ("2 tickets please", Ask("say", "2 tickets please")),
        ("/say 12", Ask("say", "12")),
        ("/SAY  Two  words ", Ask("say", "Two  words")),
        ("/silence 30", Ask("silence", "30")),
        ("/hangup", Ask("hangup")),
        ("/dial", Ask("dial")),
        ("/dial sales", Ask("dial", "sales")),
        ("/quit", Ask("quit")),
        ("/help", Ask("help")),
    ],
)
def test_keys_are_pressed_a_slash_begins_a_command_and_other_words_are_said(typed: str, ask: Ask | None) -> None:
    assert asks(typed) == ask


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("/sy hello", "there is no /sy: is it /say? /help shows what there is"),
        ("/transfer", "there is no /transfer; /help shows"),
        ("/", "there is no /"),
        ("/say", "/say needs WORDS"),
        ("/sms  ", "/sms needs WORDS"),
        ("/hangup now", "/hangup takes nothing, not 'now'"),
    ],
)
def test_what_is_no_command_is_refused_with_what_is_meant(typed: str, complaint: str) -> None:
    with pytest.raises(HandsetError, match=re.escape(complaint)):
        asks(typed)


def answers(call: object) -> None:
    call.answer()  # type: ignore[attr-defined]
    call.wait_for_ended(timeout=600)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("ask", "complaint"),
    [
        (Ask("press", "1x"), "a telephone has the keys"),
        (Ask("silence", "long"), "/silence needs a number of seconds from 0 to 3600, not 'long'"),
        (Ask("silence", "-1"), "not '-1'"),
        (Ask("silence", "nan"), "not 'nan'"),
        (Ask("silence", "3601"), "not '3601'"),
        (Ask("line", "two"), "a line has a number, such as 1; 'two' is none"),
        (Ask("line", "9"), "no call on line 9"),
        (Ask("answer"), "no call rings"),
        (Ask("answer", "x"), "'x' is none"),
        (Ask("decline", "1"), "no call rings on line 1"),
        (Ask("dial", "sales"), "does not serve the context 'sales'"),
    ],
)
def test_what_can_not_be_done_says_why(phone: PhoneCall, ask: Ask, complaint: str) -> None:
    phone.serve(answers)
    phone.handset.dial()
    with pytest.raises(HandsetError, match=re.escape(complaint)):
        obey(phone.handset, ask)


@pytest.mark.parametrize("what", ["press", "say", "silence", "hears", "hangup", "line"])
def test_without_a_call_there_is_nothing_to_do_on_it_but_to_dial(phone: PhoneCall, what: str) -> None:
    with pytest.raises(HandsetError, match="there is no call.*; /dial calls the app"):
        obey(phone.handset, Ask(what, "1"))


def test_a_call_by_what_is_typed(phone: PhoneCall) -> None:
    client = phone.serve(answers)
    client.on_message(lambda _: None)
    for typed in ("/dial", "1", "hello", "/silence 2", "/press a", "/sms text me"):
        ask = asks(typed)
        assert ask is not None
        performance = obey(phone.handset, ask)
        assert performance is None or (performance.wait(60) and performance.failure is None)
    obey(phone.handset, Ask("hangup"))
    until(lambda: not phone.handset.is_in_use)
    assert phone.text == [
        "phone dials office",
        "app answers",
        "phone presses 1",
        "phone says 'hello'",
        "phone presses A",
        "phone texts 'text me'",
        "phone hangs up",
    ]


def test_a_call_that_rings_is_taken_or_refused_by_what_is_typed(phone: PhoneCall) -> None:
    client = phone.serve(answers)
    for number in ("+15550104444", "+15550105555"):
        device = {"type": "phone", "params": {"to_number": number, "from_number": "+15550100099", "timeout": 30}}
        gevent.spawn(client.dial, [[device]])
        until(lambda number=number: any(each.run.number == number for each in phone.handset.lines.values()))  # type: ignore[misc]
    obey(phone.handset, Ask("answer", "2"))
    obey(phone.handset, Ask("decline"))
    first, second = phone.handset.lines[1], phone.handset.lines[2]
    until(lambda: not first.is_up)
    assert second.run.status is Status.ANSWERED
    obey(phone.handset, Ask("line", "2"))
    assert phone.handset.line is second


def test_the_help_has_each_command_once() -> None:
    named = re.findall(r"^  (/\w+)", HELP, re.MULTILINE)
    assert sorted(set(named)) == sorted(named)
    assert {"/say", "/silence", "/sms", "/hangup", "/dial", "/answer", "/decline", "/help", "/quit"} <= set(named)
    assert max(len(line) for line in HELP.splitlines()) < 80
