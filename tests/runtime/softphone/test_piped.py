"""A phone without a terminal: lines in, a transcript out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import gevent
import pytest
from doubles.desk import APP, PhoneCall

from relay_actors.errors import DialFailed
from relay_actors.kit.crash_log import kept_by
from relay_runtime.process.process import ExitCode
from relay_runtime.softphone.events import AppCrashed
from relay_runtime.softphone.piped import Piped, lines_of


class Told:
    """A phone in a pipe, with what it printed."""

    def __init__(self, phone: PhoneCall, lines: Iterator[str], stays: float = 60.0) -> None:
        self.phone = phone
        self.printed: list[str] = []
        self.complaints: list[str] = []
        self.face = Piped(lines, self.printed.append, self.complaints.append, stays)
        phone.handset.watchers.add(self.face.told)

    def use(self, *, dials: bool = True) -> ExitCode:
        self.face.open()
        if dials:
            self.phone.handset.dial()
        try:
            return self.face.use(self.phone.handset)
        finally:
            self.phone.handset.close()
            self.face.close()

    @property
    def text(self) -> list[str]:
        return [" ".join(line[11:].split()) for line in self.printed]


def menu(call: Any) -> None:
    call.answer()
    digits = call.prompt_tts("Press one.", {"digits": {"max": 1}, "initial_timeout": 30}).wait(60).digits
    call.play_tts(f"You pressed {digits or 'nothing'}").wait(60)


def test_lines_are_done_one_after_another_and_the_transcript_is_printed(phone: PhoneCall) -> None:
    phone.serve(menu)
    told = Told(phone, iter(["/hears press one", "", "1"]))
    assert told.use() is ExitCode.OK
    assert told.text == [
        "phone dials office",
        "app answers",
        "app 'Press one.'",
        "phone presses 1",
        "app is cut off after 'Press one'",
        "app 'You pressed 1'",
        "app hangs up",
    ]
    assert told.complaints == []


def test_after_the_last_line_it_waits_until_the_app_hangs_up(phone: PhoneCall) -> None:
    phone.serve(menu)
    told = Told(phone, iter([]))
    assert told.use() is ExitCode.OK
    assert told.text[-2:] == ["app 'You pressed nothing'", "app hangs up"]


def test_an_app_that_never_hangs_up_is_hung_up_on(phone: PhoneCall) -> None:
    def stays(call: Any) -> None:
        call.answer()
        call.wait_for_ended(timeout=900)

    phone.serve(stays)
    told = Told(phone, iter([]), stays=20.0)
    assert told.use() is ExitCode.OK
    assert told.printed[-2] == "still up 20 s after the last line: the phone hangs up"
    assert told.text[-1] == "phone hangs up"


def test_a_line_waits_only_so_long_for_an_app_that_does_not_answer(phone: PhoneCall) -> None:
    phone.serve(lambda call: call.wait_for_ended(timeout=900))
    told = Told(phone, iter(["1", "2"]), stays=20.0)
    assert told.use() is ExitCode.NEGATIVE
    assert told.complaints == ["'1': the app has not answered the call within 20 s"]


def test_a_line_may_take_longer_once_the_call_is_answered(phone: PhoneCall) -> None:
    def stays(call: Any) -> None:
        gevent.sleep(10)
        call.answer()
        call.wait_for_ended(timeout=900)

    phone.serve(stays)
    told = Told(phone, iter(["/silence 60", "/hangup"]), stays=20.0)
    assert told.use() is ExitCode.OK
    assert told.text[-1] == "phone hangs up"


def replies(phone: PhoneCall, what: Callable[[Any], object]) -> None:
    """Have an app do something with each text, a while later."""
    client = phone.serve(menu)

    def later(message: Any) -> None:
        gevent.sleep(5)
        what((client, message))

    client.on_message(later)


def reply(to: Any) -> None:
    client, message = to
    client.send_message(to_number=message.from_number, from_number=APP, body=f"re: {message.body}", context="office")


def call_back(to: Any) -> None:
    client, message = to
    device = {"type": "phone", "params": {"to_number": message.from_number, "from_number": APP, "timeout": 10}}
    with suppress(DialFailed):
        client.dial([[device]])


def crash(to: Any) -> None:
    raise LookupError(to[1].body)


def test_each_text_that_was_sent_is_waited_for_when_the_input_is_over(phone: PhoneCall) -> None:
    replies(phone, reply)
    told = Told(phone, iter(["/sms one", "/sms two"]), stays=20.0)
    assert told.use(dials=False) is ExitCode.OK
    assert [line.partition(": ")[2] for line in told.text if "re:" in line] == ["'re: one'", "'re: two'"]
    assert told.printed[-1].endswith("two'")


def test_a_call_answers_a_text_too_and_goes_on_to_its_end(phone: PhoneCall) -> None:
    replies(phone, call_back)
    told = Told(phone, iter(["/sms call me"]), stays=60.0)
    assert told.use(dials=False) is ExitCode.OK
    assert told.text[1:] == ["app calls +15550100001: /answer or /decline", "phone ends the call, unanswered: noAnswer"]


def test_who_declines_sees_what_the_app_does_then(phone: PhoneCall) -> None:
    client = phone.serve(menu)
    phone_number = {"to_number": "+15550104444", "from_number": APP, "timeout": 30}

    def dials() -> None:
        with suppress(DialFailed):
            client.dial([[{"type": "phone", "params": phone_number}]])
        gevent.sleep(5)
        client.send_message(to_number="+15550104444", from_number=APP, body="sorry", context="office")

    gevent.spawn(dials)
    told = Told(phone, iter(["/decline"]))
    assert told.use(dials=False) is ExitCode.OK
    assert told.text[-1] == "app texts +15550104444: 'sorry'"


def test_an_app_that_does_not_answer_is_waited_for_so_long(phone: PhoneCall) -> None:
    replies(phone, bool)
    told = Told(phone, iter(["/sms hello"]), stays=20.0)
    assert told.use(dials=False) is ExitCode.OK
    assert told.printed[-1] == "no answer 20 s after the last line: the phone hangs up"


def test_an_app_that_crashes_over_a_text_is_not_waited_for(phone: PhoneCall) -> None:
    told = Told(phone, iter(["/sms hello"]))

    def tell(error: BaseException, what: str, context: Mapping[str, object]) -> None:
        told.face.told(AppCrashed(str(context.get("call_id", "")), what, repr(error)))

    replies(phone, crash)
    with kept_by(tell):
        assert told.use(dials=False) is ExitCode.OK
    assert told.printed[-1] == "LookupError('hello')"


@pytest.mark.parametrize(
    ("lines", "code", "complaint"),
    [
        (["/sy hello", "1"], ExitCode.USAGE, "'/sy hello': there is no /sy: is it /say? /help shows what there is"),
        (["/press 1y", "1"], ExitCode.NEGATIVE, "'/press 1y': a telephone has the keys 0-9 * # A-D; '1Y' is none"),
        (["/hears tuesday", "1"], ExitCode.NEGATIVE, "'/hears tuesday': waited 30 s in vain to hear 'tuesday'"),
        (["/line 4", "1"], ExitCode.NEGATIVE, "'/line 4': there is no call on line 4; there is one on 1"),
    ],
)
def test_a_line_that_can_not_be_done_ends_it(
    phone: PhoneCall, lines: list[str], code: ExitCode, complaint: str
) -> None:
    def stays(call: Any) -> None:
        call.answer()
        call.wait_for_ended(timeout=900)

    phone.serve(stays)
    told = Told(phone, iter(lines))
    assert told.use() is code
    assert len(told.complaints) == 1
    assert told.complaints[0].startswith(complaint)
    assert "phone presses 1" not in told.text


def test_what_comes_when_the_app_has_hung_up_can_not_be_done(phone: PhoneCall) -> None:
    phone.serve(lambda call: call.hangup("busy"))
    told = Told(phone, iter(["/silence 5", "1"]))
    assert told.use() is ExitCode.NEGATIVE
    assert "'/silence 5'" in told.complaints[0]
    assert "app ends the call, refused: busy" in told.text


def test_what_the_face_is_told_to_complain_of_ends_it(phone: PhoneCall) -> None:
    told = Told(phone, iter(["/silence 1"]))
    told.face.complain("nobody serves it")
    assert told.use(dials=False) is ExitCode.NEGATIVE
    assert told.complaints == ["nobody serves it"]


def test_help_is_printed_and_quit_ends_it(phone: PhoneCall) -> None:
    phone.serve(menu)
    told = Told(phone, iter(["/help", "/quit", "1"]))
    assert told.use() is ExitCode.OK
    assert any("/hangup" in line for line in told.printed)
    assert not any("\n" in line for line in told.printed)  # which would be printed as an escape
    assert "phone presses 1" not in told.text


def test_answer_waits_for_a_call_of_the_app(phone: PhoneCall) -> None:
    client = phone.serve(menu)
    device = {"type": "phone", "params": {"to_number": "+15550104444", "from_number": APP, "timeout": 30}}

    def dials() -> None:
        gevent.sleep(10)
        client.dial([[device]]).hangup()

    gevent.spawn(dials)
    told = Told(phone, iter(["/answer"]))
    assert told.use(dials=False) is ExitCode.OK
    assert told.text == [
        "app calls +15550104444: /answer or /decline",
        "phone answers",
        "app hangs up",
    ]


def test_answer_does_not_wait_for_ever(phone: PhoneCall) -> None:
    phone.serve(menu)
    told = Told(phone, iter(["/answer"]))
    assert told.use(dials=False) is ExitCode.NEGATIVE
    assert told.complaints == ["'/answer': no call rings"]


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([b"1\n2\n"], ["1", "2"]),
        ([b"/say h", b"ello\n", b"\n3"], ["/say hello", "", "3"]),
        ([], []),
        ([b"caf\xc3", b"\xa9\n\xff\n"], ["caf\u00e9", "\ufffd"]),
    ],
)
def test_lines_are_whole_however_they_come(pieces: list[bytes], lines: list[str]) -> None:
    reads, writes = os.pipe()

    def send() -> None:
        for piece in pieces:
            os.write(writes, piece)
            gevent.sleep(0)
        os.close(writes)

    sending = gevent.spawn(send)
    try:
        assert list(lines_of(reads)) == lines
    finally:
        sending.get()
        os.close(reads)


def test_a_file_is_read_too(tmp_path: Any) -> None:
    path = tmp_path / "lines"
    path.write_text("1\n/hangup\n")
    with path.open() as file:
        assert list(lines_of(file.fileno())) == ["1", "/hangup"]
