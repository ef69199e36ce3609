"""What is different in what was sent."""

from __future__ import annotations

from typing import Any

from doubles.story_frames import Frames

from relay_runtime.replay.comparison import Difference, Sent, compared, sent_in


def sent(*requests: tuple[str, dict[str, Any]]) -> tuple[Sent, ...]:
    frames = Frames()
    for place, (method, params) in enumerate(requests):
        frames.asks(float(place), method, **params)
    return sent_in(frames.recording().frames)


def play(text: str, control_id: str = "a") -> tuple[str, dict[str, Any]]:
    return "calling.play", {"control_id": control_id, "play": [{"type": "tts", "params": {"text": text}}]}


def stop(control_id: str) -> tuple[str, dict[str, Any]]:
    return "calling.play.stop", {"control_id": control_id}


def told(found: tuple[Difference, ...]) -> list[tuple[int, int, str]]:
    return [
        (each.recorded.number if each.recorded else 0, each.replayed.number if each.replayed else 0, each.why)
        for each in found
    ]


def test_params_are_lines_with_their_paths_without_ids() -> None:
    (request,) = sent(play("<words-3:4>"))
    assert request.lines == ('play[0].type: "tts"', 'play[0].params.text: "<words:4>"')
    assert request.ids["control_id"] == "a"
    assert "node_id" not in request.ids


def test_the_same_requests_with_other_ids_are_the_same() -> None:
    before = sent(play("x", "1"), play("y", "2"), stop("1"))
    now = sent(play("x", "7"), play("y", "8"), stop("7"))
    assert compared(before, now) == ()


def test_the_id_of_another_operation_is_a_difference() -> None:
    before = sent(play("x", "1"), play("y", "2"), stop("1"))
    now = sent(play("x", "7"), play("y", "8"), stop("8"))
    assert told(compared(before, now)) == [(3, 3, "control_id is that of another operation or call")]
    one = sent(play("x", "7"), play("y", "7"), stop("7"))
    assert (2, 2, "control_id is that of another operation or call") in told(compared(before, one))


def test_an_inserted_request_is_one_difference_and_a_left_out_one_too() -> None:
    before = sent(play("x"), play("y"), play("z"))
    more = sent(play("x"), play("new"), play("y"), play("z"))
    assert told(compared(before, more)) == [(0, 2, "")]
    assert told(compared(more, before)) == [(2, 0, "")]


def test_a_changed_request_stands_beside_what_it_was() -> None:
    before = sent(("calling.answer", {}), play("x"), play("z"))
    now = sent(("calling.answer", {}), play("changed"), play("z"))
    assert told(compared(before, now)) == [(2, 2, "")]


def test_replies_and_events_are_not_compared() -> None:
    assert sent_in(Frames().offer().told(1.0, "calling.error").recording().frames) == ()
