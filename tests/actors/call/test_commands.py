"""What blocks: commands of a call, and waits for its events. See also `test_waits.py` and the tests of the verbs."""

from __future__ import annotations

import threading
from typing import Any

import gevent
import pytest
from doubles.frames import state
from doubles.hub import LIMIT, turns
from doubles.line import Line
from doubles.odd_values import Loud, Word

from relay_actors.call.actions import PlayAction
from relay_actors.call.commands import await_state, begin, hand_off, hang_up, invoke, offload
from relay_actors.errors import CallEnded, CallGone, RelayError, RelayTimeout
from relay_actors.kit.ids import new_id

MEDIA = {"play": [{"type": "tts", "params": {"text": "hi"}}]}


def test_a_command_is_checked_before_anything_is_sent_and_names_the_param_as_its_caller_does(line: Line[Any]) -> None:
    with pytest.raises(ValueError, match="^room is malformed"):
        invoke(line.core, "calling.join_room", {"name": ""}, names={"name": "room"})
    with pytest.raises(ValueError, match="^media is empty"):
        begin(line.core, PlayAction(line.core, new_id()), {"play": []}, names={"play": "media"})
    assert line.board.sent == []


def test_a_command_goes_out_with_the_address_of_the_call_and_returns_the_reply(line: Line[Any]) -> None:
    line.board.answers["calling.join_room"] = {"code": "200", "room": 7}
    assert invoke(line.core, "calling.join_room", {"name": "lobby"}) == {"code": "200", "room": 7}
    assert line.board.wait_for("calling.join_room") == {"node_id": "n1", "call_id": "c1", "name": "lobby"}


def test_nothing_is_sent_on_a_call_that_is_over(line: Line[Any]) -> None:
    line.ends("busy")
    with pytest.raises(CallEnded):
        invoke(line.core, "calling.answer", {})
    action = begin(line.core, PlayAction(line.core, new_id()), MEDIA)
    assert isinstance(action.error, CallEnded)
    assert hang_up(line.core, "hangup") == {}
    assert line.board.sent == []


def test_an_action_whose_command_is_refused_raises_and_is_open_no_more(line: Line[Any]) -> None:
    line.board.answers["calling.play"] = RelayError(400, "no")
    action = PlayAction(line.core, "k1")
    with pytest.raises(RelayError, match="no"):
        begin(line.core, action, MEDIA)
    turns()
    assert action.is_done
    assert not line.core.operations


@pytest.mark.parametrize("param", [object(), "half \ud83d"])
def test_an_action_that_cannot_be_written_is_open_no_more(line: Line[Any], param: Any) -> None:
    action = PlayAction(line.core, "k1")
    with pytest.raises((TypeError, UnicodeEncodeError)):
        begin(line.core, action, {**MEDIA, "mine": param})
    turns()
    assert action.is_done
    assert not line.core.operations
    assert line.board.sent == []


def test_what_a_text_of_a_subclass_holds_is_sent(line: Line[Any]) -> None:
    item = {"type": Word.TTS, "params": {"text": Loud("hi")}}
    begin(line.core, PlayAction(line.core, Loud("k1")), {"play": (item,), "mine": Loud("x")})
    sent = line.board.wait_for("calling.play")
    assert sent["play"] == [{"type": "tts", "params": {"text": "hi"}}]
    assert (sent["control_id"], sent["mine"]) == ("k1", "x")


def test_an_action_on_a_call_that_the_server_does_not_know_ends_as_gone_and_so_does_the_call(line: Line[Any]) -> None:
    line.board.answers["calling.play"] = RelayError(404, "no such call")
    action = begin(line.core, PlayAction(line.core, new_id()), MEDIA)
    turns()
    assert isinstance(action.error, CallGone)
    assert line.call.is_ended


def test_a_hang_up_is_waited_for_until_the_server_says_so(line: Line[Any]) -> None:
    hang_up(line.core, "decline")
    turns()
    assert line.core.facts.hung_up
    assert not line.call.is_ended
    line.ends("decline")
    assert line.call.end_reason == "decline"


def test_what_was_handed_off_is_over_in_the_word_that_was_given(line: Line[Any]) -> None:
    waiting = [gevent.spawn(line.call.wait_for_ended, LIMIT) for _ in range(2)]
    turns()
    hand_off(line.core, "calling.pass", {}, "passed")
    assert [each.get(timeout=LIMIT).end_reason for each in waiting] == ["passed", "passed"]
    assert line.call.end_reason == "passed"


def test_a_state_that_was_reached_is_returned_at_once_and_one_that_was_not_is_waited_for(line: Line[Any]) -> None:
    ringing = state("ringing")
    line.gets(ringing)
    assert await_state(line.core, "ringing", LIMIT) is not None
    with pytest.raises(RelayTimeout):
        await_state(line.core, "answered", 0.001)
    waiting = gevent.spawn(await_state, line.core, "answered", LIMIT)
    turns()
    answered: Any = state("answered")
    line.gets(answered)
    assert waiting.get(timeout=LIMIT).params == answered.params


def test_work_is_done_on_a_thread_and_its_result_comes_back_to_a_call_that_is_over_too(line: Line[Any]) -> None:
    assert offload(line.core, threading.get_ident, LIMIT) != threading.get_ident()
    line.call.record()  # its url may come yet: the call is over, and its actor is not
    line.ends()
    assert offload(line.core, lambda: "closed the books", LIMIT) == "closed the books"
    with pytest.raises(ZeroDivisionError):
        offload(line.core, lambda: 1 // 0, LIMIT)
