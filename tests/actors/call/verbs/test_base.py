"""How verbs reach the server: checked first, and told apart from a call that is gone."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.hub import turns
from doubles.line import Line

from relay_actors.errors import CallEnded, CallGone, RelayError
from relay_actors.wire.methods import NOT_ABOUT_THE_CALL

ABOUT_SOMETHING_ELSE: dict[str, Any] = {
    "calling.ai_hold": lambda call: call.ai_hold(),
    "calling.ai_message": lambda call: call.ai_message(message_text="hi"),
    "calling.ai_unhold": lambda call: call.ai_unhold(),
    "calling.clear_digit_bindings": lambda call: call.clear_digit_bindings(),
    "calling.connect": lambda call: call.connect([[{"type": "phone", "params": {"to_number": "+15550100002"}}]]),
    "calling.disconnect": lambda call: call.disconnect(),
    "calling.join_conference": lambda call: call.join_conference("standup"),
    "calling.leave_conference": lambda call: call.leave_conference("conference-1"),
    "calling.leave_room": lambda call: call.leave_room(),
    "calling.live_transcribe": lambda call: call.live_transcribe("stop"),
    "calling.live_translate": lambda call: call.live_translate("stop"),
    "calling.queue.leave": lambda call: call.queue_leave("support"),
    "calling.unhold": lambda call: call.unhold(),
}
"""Verbs whose 404 is about what they name."""

ABOUT_THE_CALL: dict[str, Any] = {
    "calling.answer": lambda call: call.answer(),
    "calling.send_digits": lambda call: call.send_digits("1"),
    "calling.denoise": lambda call: call.denoise(),
    "calling.queue.enter": lambda call: call.queue_enter("support"),
    "calling.user_event": lambda call: call.user_event(event={"a": 1}),
}


@pytest.mark.parametrize("code", [404, 410])
@pytest.mark.parametrize("method", ABOUT_THE_CALL)
def test_a_verb_on_a_call_that_is_gone_raises_its_own_class_and_ends_the_call(
    line: Line[Any], method: str, code: int
) -> None:
    line.board.answers[method] = RelayError(code, "Call does not exist", {"hint": 1})
    with pytest.raises(CallGone) as caught:
        ABOUT_THE_CALL[method](line.call)
    assert (caught.value.code, caught.value.__cause__.data) == (code, {"hint": 1})  # type: ignore[union-attr]
    turns()
    assert line.call.is_ended
    with pytest.raises(CallEnded):
        line.call.answer()


@pytest.mark.parametrize("method", ABOUT_SOMETHING_ELSE)
def test_a_404_about_what_a_verb_names_is_not_mistaken_for_the_calls(line: Line[Any], method: str) -> None:
    line.board.answers[method] = RelayError(404, "no such thing")
    with pytest.raises(RelayError, match="no such thing") as caught:
        ABOUT_SOMETHING_ELSE[method](line.call)
    assert not isinstance(caught.value, CallEnded)
    turns()
    assert not line.call.is_ended


@pytest.mark.parametrize("method", ABOUT_SOMETHING_ELSE)
def test_a_410_is_about_the_call_whatever_the_verb_names(line: Line[Any], method: str) -> None:
    line.board.answers[method] = RelayError(410, "gone")
    with pytest.raises(CallGone):
        ABOUT_SOMETHING_ELSE[method](line.call)


def test_every_method_in_the_list_is_tried_here() -> None:
    assert ABOUT_SOMETHING_ELSE.keys() == NOT_ABOUT_THE_CALL


def test_an_empty_success_is_a_success(line: Line[Any]) -> None:
    line.board.answers["calling.answer"] = {}
    assert line.call.answer() == {}
    turns()
    assert not line.call.is_ended


@pytest.mark.parametrize(
    ("begin", "said"),
    [
        (lambda call: call.play([]), "media is empty"),
        (lambda call: call.play([{"type": "tts", "params": {"text": "a"}}], volume=90), "volume is 90"),
        (lambda call: call.play([{"type": "tts", "params": {"text": "a"}}], loop=-1), "loop is -1"),
        (lambda call: call.connect([]), "devices is empty"),
        (lambda call: call.collect(), "at least one of digits, speech"),
        (lambda call: call.collect(digits={}), r"digits\.max is missing"),
        (lambda call: call.prompt_tts("?", {"digits": {"max": 0}}), r"collect\.digits\.max is 0"),
        (lambda call: call.prompt_tts("?", {}), "collect needs at least one of digits, speech"),
        (lambda call: call.record({"format": "ogg"}), r"record\.audio\.format is 'ogg'; accepted is one of mp3, wav"),
        (lambda call: call.hangup("tired"), "reason is 'tired'; accepted is one of hangup, cancel, busy"),
        (lambda call: call.detect({"type": "robot"}), r"detect\.type is 'robot'; known are machine, fax, digit"),
        (lambda call: call.stream("https://example.com/"), "url is malformed; accepted is a wss:// URL"),
        (lambda call: call.pay("http://example.com/"), "payment_connector_url is malformed; accepted is an https://"),
        (lambda call: call.pay("https://example.com/", timeout="soon"), "timeout is malformed; accepted is digits"),
        (lambda call: call.join_conference("x", max_participants=251), "max_participants is 251"),
        (lambda call: call.join_conference("x", stream_obj={}), r"stream_obj\.url is missing|url is missing"),
        (lambda call: call.ai_message(role="boss"), "role is 'boss'; accepted is one of system, user, assistant"),
        (lambda call: call.echo(timeout=0), "timeout is 0"),
        (lambda call: call.bind_digit("*1", "calling.play", bind_params=[1]), "bind_params is list"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(line: Line[Any], begin: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        begin(line.call)
    assert line.board.sent == []


def test_a_param_without_a_json_form_is_refused_before_anything_is_sent(line: Line[Any]) -> None:
    with pytest.raises(TypeError):
        line.call.answer(codecs=["PCMU"], extra=object())
    assert line.board.sent == []


def test_further_keywords_reach_the_wire(line: Line[Any]) -> None:
    line.call.play([{"type": "tts", "params": {"text": "a"}}], status_url="https://example.com/", brand_new={"x": 1})
    sent = line.board.wait_for("calling.play")
    assert (sent["status_url"], sent["brand_new"]) == ("https://example.com/", {"x": 1})


def test_a_keyword_that_is_none_is_left_out(line: Line[Any]) -> None:
    line.call.answer(codecs=None, max_duration=None)
    assert line.board.wait_for("calling.answer") == {"node_id": "n1", "call_id": "c1"}


def test_a_param_may_be_given_by_its_name_on_the_wire_too(line: Line[Any]) -> None:
    line.call.pay("https://example.com/pay", input="dtmf")
    line.call.join_conference("x", stream={"url": "wss://example.com/"})
    assert line.board.wait_for("calling.pay")["input"] == "dtmf"
    assert line.board.wait_for("calling.join_conference")["stream"] == {"url": "wss://example.com/"}
