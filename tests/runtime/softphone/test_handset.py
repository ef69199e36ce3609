"""The phone: it dials, rings, and has a thread of messages."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.desk import APP, MINE, PhoneCall
from doubles.hub import until

from relay_runtime.sandbox import Caller, Sandbox, Status
from relay_runtime.softphone.events import LineEnded, LineNoted, LineOpened, MessageMoved
from relay_runtime.softphone.handset import HandsetError

AGENT = "+15550104444"


def answers(call: Any) -> None:
    call.answer()
    call.wait_for_ended(timeout=600)


def test_it_dials_the_app_and_tells_what_happens(phone: PhoneCall) -> None:
    phone.serve(answers)
    line = phone.handset.dial()
    until(lambda: line.run.status is Status.ANSWERED)
    line.hang_up()
    until(lambda: not phone.handset.is_in_use)
    assert phone.text == ["phone dials office", "app answers", "phone hangs up"]
    opened = phone.events[0]
    assert isinstance(opened, LineOpened)
    assert (opened.line, opened.rings, opened.number, opened.context) == (1, False, APP, "office")
    assert opened.call_id == line.run.call_id
    ended = phone.events[-1]
    assert isinstance(ended, LineEnded)
    assert (ended.by, ended.reason, ended.status, ended.failure) == ("phone", "hangup", "answered", None)


def test_a_context_that_nobody_serves_is_not_dialled(phone: PhoneCall) -> None:
    with pytest.raises(HandsetError, match="the app does not serve the context 'office': it has subscribed to none"):
        phone.handset.dial()
    phone.serve(answers, "sales", "desk")
    with pytest.raises(HandsetError, match="does not serve the context 'office': it serves desk, sales"):
        phone.handset.dial()
    assert phone.handset.dial("desk").run.status is Status.WAITING
    phone.handset.context = ""
    with pytest.raises(HandsetError, match="no context to dial: it serves desk, sales"):
        phone.handset.dial()


def dials(client: Any, number: str) -> gevent.Greenlet[..., Any]:
    device = {"type": "phone", "params": {"to_number": number, "from_number": APP, "timeout": 30}}
    return gevent.spawn(client.dial, [[device]])


def test_any_number_that_the_app_dials_rings_here_until_it_is_taken(phone: PhoneCall) -> None:
    client = phone.serve(answers)
    dialling = dials(client, AGENT)
    until(lambda: phone.handset.rings)
    opened = phone.events[0]
    assert isinstance(opened, LineOpened)
    assert (opened.rings, opened.number, opened.context) == (True, AGENT, "")
    gevent.sleep(20)  # of the time that the test owns: it goes on ringing
    assert phone.handset.rings
    line = phone.handset.answer()
    assert (line is phone.handset.current, phone.handset.rings) == (True, False)
    call = dialling.get(timeout=60)
    assert call.call_id == line.run.call_id
    call.hangup()
    until(lambda: not phone.handset.is_in_use)
    assert [event.by for event in phone.events if isinstance(event, LineEnded)] == ["app"]


def test_a_call_that_rings_can_be_declined_or_left_alone(phone: PhoneCall) -> None:
    client = phone.serve(answers)
    declined = dials(client, AGENT)
    until(lambda: phone.handset.rings)
    phone.handset.decline()
    with pytest.raises(Exception, match="decline"):
        declined.get(timeout=60)
    left = dials(client, AGENT)
    with pytest.raises(Exception, match="noAnswer"):
        left.get(timeout=120)
    assert [(e.by, e.reason) for e in phone.events if isinstance(e, LineEnded)] == [
        ("phone", "decline"),
        ("phone", "noAnswer"),
    ]


def test_who_answers_or_declines_names_the_line_or_takes_the_one_that_rang_first(phone: PhoneCall) -> None:
    client = phone.serve(answers)
    with pytest.raises(HandsetError, match="no call rings$"):
        phone.handset.answer()
    for number in (AGENT, "+15550105555"):
        dials(client, number)
        until(lambda number=number: any(line.run.number == number for line in phone.handset.lines.values()))  # type: ignore[misc]
    assert phone.handset.answer(2).run.number == "+15550105555"
    assert phone.handset.answer().run.number == AGENT
    with pytest.raises(HandsetError, match="no call rings on line 2"):
        phone.handset.decline(2)


def test_keys_go_to_the_current_line_and_it_says_why_there_is_none(phone: PhoneCall) -> None:
    client = phone.serve(answers)
    with pytest.raises(HandsetError, match="there is no call; /dial calls the app"):
        _ = phone.handset.line
    dials(client, AGENT)
    until(lambda: phone.handset.rings)
    with pytest.raises(HandsetError, match="the call rings; /answer takes it"):
        _ = phone.handset.line
    first = phone.handset.dial()
    assert phone.handset.line is first
    second = phone.handset.answer()
    assert phone.handset.line is second
    assert phone.handset.turn_to(first.number) is first
    assert phone.handset.line is first
    with pytest.raises(HandsetError, match="no call on line 7; there is one on 1, 2"):
        phone.handset.turn_to(7)


def test_when_the_current_call_is_over_keys_go_to_the_one_that_is_left(phone: PhoneCall) -> None:
    client = phone.serve(answers)
    first = phone.handset.dial()
    dials(client, AGENT)
    until(lambda: phone.handset.rings)
    second = phone.handset.answer()
    dials(client, "+15550105555")
    until(lambda: phone.handset.rings)
    assert phone.handset.active is second
    second.hang_up()
    until(lambda: not second.is_up)
    assert phone.handset.line is first  # and not the one that rings
    first.hang_up()
    until(lambda: not first.is_up)
    assert phone.handset.active is None


def test_a_line_is_used_again_once_its_call_is_over(phone: PhoneCall) -> None:
    phone.serve(answers)
    first, second = phone.handset.dial(), phone.handset.dial()
    assert (first.number, second.number) == (1, 2)
    first.hang_up()
    until(lambda: not first.is_up)
    assert phone.handset.dial().number == 1
    assert len(phone.handset.lines) == 2


def test_callers_of_somebody_else_do_not_ring_here(phone: PhoneCall, sandbox: Sandbox) -> None:
    phone.serve(answers)
    sandbox.place(Caller("+15550107777").dials("office"))
    assert phone.events == []
    assert not phone.handset.lines


def test_messages_go_both_ways(phone: PhoneCall) -> None:
    with pytest.raises(HandsetError, match="does not serve the context 'office'"):
        phone.handset.text("hello")
    client = phone.serve(answers)
    got: list[str] = []
    client.on_message(lambda message: got.append(message.body))
    with pytest.raises(HandsetError, match="needs words"):
        phone.handset.text("")
    phone.handset.text("hello")
    client.send_message(to_number=MINE, from_number=APP, body="good day", context="office")
    until(lambda: got == ["hello"])
    assert phone.text == ["phone texts 'hello'", f"app texts {MINE}: 'good day'"]
    until(lambda: [e.state for e in phone.events if isinstance(e, MessageMoved)][-1] == "delivered")


def test_it_hangs_up_when_it_is_put_away_and_rings_no_more(phone: PhoneCall) -> None:
    client = phone.serve(answers)
    line = phone.handset.dial()
    until(lambda: line.run.status is Status.ANSWERED)
    phone.handset.close()
    until(lambda: not line.is_up)
    told = len(phone.events)
    dials(client, AGENT)
    gevent.sleep(1)
    assert len(phone.events) == told
    assert not any(isinstance(event, LineNoted) and "hears" in event.what for event in phone.events)
