"""How operations went."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.story_frames import Frames

from relay_runtime.replay.courses import course_of, speed_of
from relay_runtime.sandbox.calls.course import Course


def course(frames: Frames, number: int = 0) -> Course | None:
    story = frames.story()
    return course_of(story, story.requests[number])


def play(at: float = 10.0, text: str = "<words-1:30>", method: str = "calling.play", **params: Any) -> Frames:
    items = [{"type": "tts", "params": {"text": text}}]
    return Frames().offer().asks(at, method, control_id="a", play=items, **params)


def test_a_playback_lasts_as_long_as_it_did_without_its_pauses() -> None:
    frames = play().told(10.1, "calling.call.play", control_id="a", state="playing")
    frames.told(11.0, "calling.call.play", control_id="a", state="paused")
    frames.told(15.0, "calling.call.play", control_id="a", state="playing")
    frames.told(18.0, "calling.call.play", control_id="a", state="finished").asks(18.1, "calling.end")
    assert course(frames) == Course(seconds=4.0)


def test_a_playback_that_was_stopped_goes_on_if_nobody_stops_it() -> None:
    frames = play().asks(12.0, "calling.play.stop", control_id="a")
    frames.told(12.0, "calling.call.play", control_id="a", state="finished").asks(13.0, "calling.hold")
    assert course(frames) == Course(seconds=3.0, at_least=True)


def test_a_prompt_that_a_key_broke_into_goes_on_if_nobody_presses_it() -> None:
    frames = play(method="calling.play_and_collect", collect={"digits": {"max": 1}})
    frames.told(12.0, "calling.call.play", control_id="a", state="finished")
    result = {"type": "digit", "params": {"digits": "1", "terminator": ""}}
    frames.told(12.0, "calling.call.collect", control_id="a", result=result).asks(12.1, "calling.end")
    assert course(frames) == Course(seconds=3.0, at_least=True)


def test_a_prompt_of_which_nothing_was_told_ended_before_the_silence_behind_it() -> None:
    frames = play(method="calling.play_and_collect", collect={"digits": {"max": 1}, "initial_timeout": 4})
    frames.told(17.0, "calling.call.collect", control_id="a", result={"type": "no_input"}).asks(17.1, "calling.end")
    assert course(frames) == Course(seconds=3.0)


def test_a_playback_that_failed_and_an_answer_that_was_not_understood_are_told_as_they_were() -> None:
    frames = play().told(10.5, "calling.call.play", control_id="a", state="error").asks(11.0, "calling.end")
    failed = course(frames)
    assert failed is not None
    assert failed.events is not None
    assert [(told.at, told.fields, told.last) for told in failed.events] == [(0.5, {"state": "error"}, True)]
    frames = play(method="calling.play_and_collect", collect={"speech": {}})
    frames.told(12.0, "calling.call.play", control_id="a", state="finished")
    frames.told(14.0, "calling.call.collect", control_id="a", result={"type": "no_match"}).asks(14.1, "calling.end")
    told = course(frames)
    assert told is not None
    assert told.events is not None
    assert [(each.at, each.event_type, each.last) for each in told.events] == [
        (2.0, "calling.call.play", False),
        (4.0, "calling.call.collect", True),
    ]


def test_a_detector_finds_what_it_found_and_ends_as_it_did() -> None:
    frames = Frames().offer().asks(1.0, "calling.detect", control_id="a", detect={"type": "machine"})
    for at, event in ((3.0, "MACHINE"), (7.0, "READY"), (7.1, "finished")):
        frames.told(at, "calling.call.detect", control_id="a", detect={"type": "machine", "params": {"event": event}})
    found = course(frames.asks(8.0, "calling.end"))
    assert found is not None
    assert found.events is not None
    assert [(told.at, told.fields["detect"]["params"]["event"], told.last) for told in found.events] == [
        (2.0, "MACHINE", False),
        (6.0, "READY", False),
        (6.0, "finished", True),  # with it: the app had no time to act between
    ]


def test_a_recording_that_the_app_stopped_ends_when_it_is_stopped_with_the_same_facts() -> None:
    frames = Frames().offer().asks(1.0, "calling.record", control_id="a", record={"audio": {}})
    frames.told(1.1, "calling.call.record", control_id="a", state="recording", url="https://a.invalid/1")
    frames.asks(6.0, "calling.record.stop", control_id="a")
    frames.told(6.2, "calling.call.record", control_id="a", state="finished", url="https://a.invalid/1", duration=5.1)
    stopped = course(frames.asks(8.0, "calling.end"))
    assert stopped is not None
    assert stopped.events is not None
    assert [told.fields["state"] for told in stopped.events] == ["recording"]
    assert stopped.ending == {"state": "finished", "url": "https://a.invalid/1", "duration": 5.1}


def test_what_was_refused_and_what_people_give_is_left_to_the_sandbox() -> None:
    refused = Frames().offer().asks(1.0, "calling.record", control_id="a", reply="403")
    collected = Frames().offer().asks(1.0, "calling.collect", control_id="a", digits={"max": 1})
    result = {"type": "digit", "params": {"digits": "1", "terminator": ""}}
    collected.told(3.0, "calling.call.collect", control_id="a", result=result).asks(4.0, "calling.end")
    assert [course(each) for each in (refused, collected)] == [None, None]


@pytest.mark.parametrize(("seconds", "speed"), [(3.0, 10.0), (0.1, None)])
def test_the_speed_of_speech_is_that_of_the_prompts_that_were_heard_to_their_end(
    seconds: float, speed: float | None
) -> None:
    frames = play().told(10.0 + seconds, "calling.call.play", control_id="a", state="finished")
    found = speed_of(frames.asks(20.0, "calling.end").story())
    assert found == (None if speed is None else pytest.approx(speed))
