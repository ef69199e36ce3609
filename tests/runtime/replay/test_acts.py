"""What people did, and to what."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.story_frames import CALL, Frames

from relay_runtime.replay.acts import Act, End, Keys, Speech, acts_of

RULES: dict[str, Any] = {"digits": {"max": 4, "digit_timeout": 2, "terminators": "#"}, "initial_timeout": 5}


def asked(**collect: Any) -> Frames:
    rules = {**RULES, **collect}
    return Frames().offer().asks(10.0, "calling.play_and_collect", control_id="a", play=[], collect=rules)


def digits(keys: str, terminator: str = "") -> dict[str, Any]:
    return {"type": "digit", "params": {"digits": keys, "terminator": terminator}}


def times(acts: list[Act]) -> list[tuple[str, float, str]]:
    return [(act.what.key, pytest.approx(act.offset), act.since) for act in acts if isinstance(act.what, Keys)]


def test_a_key_that_broke_into_the_prompt_counts_from_its_beginning() -> None:
    frames = asked(digits={"max": 1}).told(12.0, "calling.call.play", control_id="a", state="finished")
    acts = acts_of(frames.told(12.01, "calling.call.collect", control_id="a", result=digits("7")).story())
    assert times(acts) == [("7", 2.01, "request")]
    assert acts[0].anchor == 1


def test_keys_behind_the_prompt_count_from_its_end() -> None:
    frames = asked().told(12.0, "calling.call.play", control_id="a", state="finished")
    acts = acts_of(frames.told(14.0, "calling.call.collect", control_id="a", result=digits("12", "#")).story())
    assert times(acts) == [("1", 1.4, "prompt"), ("2", 1.7, "prompt"), ("#", 2.0, "prompt")]


def test_a_number_that_ends_by_a_silence_was_keyed_in_before_it() -> None:
    frames = asked().told(12.0, "calling.call.play", control_id="a", state="finished")
    acts = acts_of(frames.told(15.5, "calling.call.collect", control_id="a", result=digits("1")).story())
    assert times(acts) == [("1", 1.5, "prompt")]


def test_the_first_key_came_before_the_patience_with_it_was_over() -> None:
    frames = asked().told(12.0, "calling.call.play", control_id="a", state="finished")
    acts = acts_of(frames.told(18.9, "calling.call.collect", control_id="a", result=digits("1234")).story())
    assert times(acts)[0][1] == 4.95
    assert times(acts)[-1][1] == 6.9


def test_partial_results_say_when_each_key_was_pressed() -> None:
    frames = Frames().offer().asks(10.0, "calling.collect", control_id="a", digits={"max": 3}, partial_results=True)
    frames.told(11.0, "calling.call.collect", control_id="a", result=digits("1"), final=False, state="collecting")
    frames.told(12.5, "calling.call.collect", control_id="a", result=digits("12"), final=False, state="collecting")
    acts = acts_of(frames.told(13.0, "calling.call.collect", control_id="a", result=digits("123")).story())
    assert times(acts) == [("1", 1.0, "request"), ("2", 2.5, "request"), ("3", 3.0, "request")]


def test_speech_ends_so_long_before_its_result_as_the_silence_lasts() -> None:
    frames = asked(speech={"end_silence_timeout": 0.5}).told(
        12.0, "calling.call.play", control_id="a", state="finished"
    )
    result = {"type": "speech", "params": {"text": "<heard-1:15>", "confidence": 61.5}}
    (act,) = acts_of(frames.told(15.0, "calling.call.collect", control_id="a", result=result).story())
    assert act.what == Speech("<heard-1:15>", pytest.approx(1.0), 61.5)  # type: ignore[arg-type]
    assert (act.offset, act.since) == (pytest.approx(1.5), "prompt")


def test_a_hang_up_counts_from_the_last_request() -> None:
    frames = asked().told(10.5, "calling.call.play", control_id="a", state="playing")
    acts = acts_of(frames.state(13.0, "ending").state(13.1, "ended", end_reason="hangup", end_source="inbound").story())
    assert acts == [Act(CALL, End("hangup", "inbound"), 3.0, 1)]


def test_who_gives_up_before_anything_was_asked_does_so_counted_from_the_offer() -> None:
    frames = Frames().offer(1.0).state(6.0, "ended", end_reason="abandoned", end_source="inbound")
    assert acts_of(frames.story()) == [Act(CALL, End("abandoned", "inbound"), 5.0, None)]


def test_nobody_ends_what_the_app_or_a_limit_has_ended() -> None:
    ended = asked().asks(12.0, "calling.end").state(12.1, "ended", end_reason="hangup")
    limited = asked().state(12.1, "ended", end_reason="maxDuration", end_source="none")
    assert [acts_of(each.story()) for each in (ended, limited)] == [[], []]


def test_a_request_at_the_very_end_gets_no_reply_and_keys_that_came_too_late_are_not_pressed() -> None:
    frames = asked(digits={"max": 1}).told(10.4, "calling.call.collect", control_id="a", result=digits("7"))
    (act,) = acts_of(frames.state(10.5, "ended", end_reason="hangup", end_source="inbound").story())
    assert act == Act(CALL, End("hangup", "inbound"), 0.5, 1, unanswered=True)
