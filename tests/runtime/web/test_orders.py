"""What a browser wants: read strictly, and done on the line that it names."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.desk import MINE, PhoneCall, phone_call
from doubles.hub import until
from doubles.one_process import in_one_process

from relay_runtime.sandbox import Status
from relay_runtime.softphone.events import MessageMoved
from relay_runtime.web.orders import OrderError, decode, obey


@pytest.fixture
def phone() -> Any:
    with in_one_process() as sandbox, phone_call(sandbox) as made:
        yield made


def order(phone: PhoneCall, text: str) -> Any:
    return obey(phone.handset, decode(text))


def answers(call: Any) -> None:
    call.answer()
    call.wait_for_ended(timeout=600)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '{"type":"Reboot"}', "{}", '{"type":"Answer"}', '{"type":"Answer","line":0}',
        '{"type":"Press","line":1,"keys":5}',
        '{"type":"Arm","fault":"fire"}', '{"type":"Arm","fault":"stall","amount":-1}',
        '{"type":"Arm","fault":"stall","amount":1e9}',
        '{"type":"Say","line":1,"words":"%s"}' % ("x" * 2001), "[" * 5000,
        b"\xff\xfe",
    ],
)  # fmt: skip
def test_what_is_no_order_is_said_to_be_none(text: str | bytes) -> None:
    with pytest.raises(OrderError, match="this is no order of the page"):
        decode(text)


def test_a_call_is_dialled_spoken_on_and_hung_up(phone: PhoneCall) -> None:
    phone.serve(answers, "office", "sales")
    order(phone, '{"type":"Dial","to_number":" +15550107777 ","context":"sales"}')
    line = phone.handset.lines[1]
    until(lambda: line.run.status is Status.ANSWERED)
    assert (line.run.script.context, line.run.script.to_number) == ("sales", "+15550107777")  # type: ignore[attr-defined]
    assert order(phone, '{"type":"Press","line":1,"keys":"1#"}').wait(60)
    assert order(phone, '{"type":"Say","line":1,"words":"good day"}').wait(60)
    order(phone, '{"type":"HangUp","line":1}')
    until(lambda: not line.is_up)
    assert phone.text == [
        "phone dials sales",
        "app answers",
        "phone presses 1",
        "phone presses #",
        "phone says 'good day'",
        "phone hangs up",
    ]


def test_a_call_of_the_app_is_taken_or_refused(phone: PhoneCall) -> None:
    client = phone.serve(answers)
    device = {"type": "phone", "params": {"to_number": MINE, "from_number": "+15550100099", "timeout": 30}}
    dialling = [gevent.spawn(client.dial, [[device]]) for _ in range(2)]
    until(lambda: len(phone.handset.lines) == 2 and all(each.rings for each in phone.handset.lines.values()))
    with pytest.raises(OrderError, match="the call rings; /answer takes it"):
        order(phone, '{"type":"Press","line":2,"keys":"1"}')
    order(phone, '{"type":"Answer","line":2}')
    order(phone, '{"type":"Decline","line":1}')
    until(lambda: not phone.handset.lines[1].is_up)
    assert phone.handset.lines[2].run.status is Status.ANSWERED
    gevent.joinall(dialling, timeout=60)
    assert sorted(each.successful() for each in dialling) == [False, True]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"type":"Dial"}', "does not serve the context 'office'"),
        ('{"type":"Answer","line":1}', "no call rings on line 1"),
        ('{"type":"Decline","line":3}', "no call rings on line 3"),
        ('{"type":"HangUp","line":1}', "there is no call on line 1"),
        ('{"type":"Press","line":1,"keys":"1"}', "there is no call on line 1"),
        ('{"type":"Text","body":"x"}', "does not serve the context"),
        ('{"type":"Text","body":""}', "a text message needs words"),
        ('{"type":"Arm","fault":"cut"}', "no session is connected"),
    ],
)
def test_what_cannot_be_done_now_says_why(phone: PhoneCall, text: str, reason: str) -> None:
    with pytest.raises(OrderError, match=reason):
        order(phone, text)


def test_a_key_that_does_not_exist_is_refused(phone: PhoneCall) -> None:
    phone.serve(answers)
    order(phone, '{"type":"Dial"}')
    until(lambda: phone.handset.lines[1].run.status is Status.ANSWERED)
    with pytest.raises(OrderError, match="a telephone has the keys"):
        order(phone, '{"type":"Press","line":1,"keys":"x"}')


def test_a_text_goes_to_the_app(phone: PhoneCall) -> None:
    client, came = phone.serve(answers), list[str]()
    client.on_message(lambda message: came.append(message.body))
    order(phone, '{"type":"Text","body":"are you there?"}')
    until(lambda: came)
    assert [event.body for event in phone.events if isinstance(event, MessageMoved)] == ["are you there?"] == came


def test_faults_happen_to_the_connection_of_the_app(phone: PhoneCall) -> None:
    client, faults = phone.serve(answers), phone.sandbox.faults
    order(phone, '{"type":"Arm","fault":"delay","amount":0.5}')
    order(phone, '{"type":"Arm","fault":"refuse","amount":2}')
    assert (faults.disturbance.delay, faults.refusals) == (0.5, 2)
    order(phone, '{"type":"Arm","fault":"refuse","amount":0}')
    assert faults.refusals == 3
    order(phone, '{"type":"Arm","fault":"calm"}')
    assert (faults.disturbance.delay, faults.refusals) == (0.0, 0)
    logins = client.status().connection.logins
    for fault in ("cut", "half_open"):
        order(phone, f'{{"type":"Arm","fault":"{fault}"}}')
        until(lambda: client.status().connection.logins > logins, limit=600)  # noqa: B023 - awaited at once
        logins = client.status().connection.logins
    order(phone, '{"type":"Arm","fault":"stall","amount":2}')
    with gevent.Timeout(600):
        client.receive(["more"])  # answered when it goes on
    assert client.status().connection.logins == logins
