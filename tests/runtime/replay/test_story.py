"""What was asked and told in a recorded call."""

from __future__ import annotations

from doubles.story_frames import CALL, Frames

from relay_runtime.replay.story import comparable


def test_requests_have_their_replies_and_the_events_of_their_operations() -> None:
    story = (
        Frames()
        .offer()
        .asks(0.1, "calling.play", control_id="one", play=[])
        .asks(0.2, "calling.play", control_id="two", play=[], reply="404")
        .told(0.3, "calling.call.play", control_id="one", state="playing")
        .asks(0.4, "calling.play.stop", control_id="one", reply={"error": {"code": -32603, "message": "no"}})
        .told(0.5, "calling.call.play", control_id="one", state="finished")
        .asks(0.6, "calling.refer", device={})
        .told(0.7, "calling.call.refer", state="inProgress")
        .story()
    )
    assert [(each.method, each.is_taken) for each in story.requests] == [
        ("calling.play", True),
        ("calling.play", False),
        ("calling.play.stop", False),
        ("calling.refer", True),
    ]
    assert [[event.body["state"] for event in each.events] for each in story.requests] == [
        ["playing", "finished"],
        [],
        [],
        ["inProgress"],
    ]
    assert story.offer is not None
    assert story.offer.body["context"] == "office"
    assert story.asked("calling.play.stop", before=99, control_id="one")
    assert not story.asked("calling.play.stop", before=99, control_id="two")
    assert not story.asked("calling.play.stop", before=story.requests[2].line, control_id="one")


def test_what_is_compared_has_no_ids_and_no_numbers_of_words_but_those_of_people() -> None:
    body = {"call_id": CALL, "control_id": "x", "play": [{"text": "<words-7:3>"}], "to": "<number-2>"}
    assert comparable(body) == {"play": [{"text": "<words:3>"}], "to": "<number-2>"}
    assert comparable({"say": "<heard-2:4> and <words-1:4>"}) == {"say": "<heard-2:4> and <words:4>"}


def test_what_came_within_a_second_of_the_end_without_a_further_request_came_too_late() -> None:
    frames = Frames().offer().asks(1.0, "calling.play", control_id="one", play=[])
    frames.told(5.0, "calling.call.play", control_id="one", state="playing")
    frames.told(8.5, "calling.call.play", control_id="one", state="finished")
    story = frames.state(9.0, "ended").story()
    playing, finished = story.requests[0].events
    assert not story.is_too_late(playing.line)
    assert story.is_too_late(finished.line)
    frames = Frames().offer().told(8.5, "calling.call.play", state="finished").asks(8.6, "calling.end")
    assert not frames.state(9.0, "ended").story().is_too_late(1)


def test_frames_come_together_if_the_app_had_no_time_between_them() -> None:
    frames = Frames().offer().told(1.0, "calling.error").told(1.2, "calling.error").told(2.0, "calling.error")
    story = frames.asks(2.05, "calling.hold").told(2.1, "calling.error").story()
    assert story.come_together(1, 2)
    assert not story.come_together(2, 3)
    assert not story.come_together(3, 6)
