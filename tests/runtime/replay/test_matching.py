"""Which recorded request a request is."""

from __future__ import annotations

from doubles.story_frames import CALL, Frames

from relay_runtime.replay.matching import Matching
from relay_runtime.replay.story import Request


def play(text: str) -> Request:
    params = {"call_id": CALL, "control_id": text, "play": [{"type": "tts", "params": {"text": text}}]}
    return Request(0, 0.0, "calling.play", params)


def matching(*texts: str) -> Matching:
    frames = Frames()
    for text in texts:
        frames.asks(1.0, "calling.play", **{key: value for key, value in play(text).params.items() if key != "call_id"})
    return Matching(frames.story())


def found(matched: Matching, text: str, call_id: str = CALL) -> tuple[str, bool]:
    recorded, same = matched.take(play(text), call_id)
    return ("" if recorded is None else recorded.control_id), same


def test_the_same_is_found_once_each_in_order() -> None:
    matched = matching("a", "b", "a")
    assert [found(matched, text) for text in "aba"] == [("a", True), ("b", True), ("a", True)]
    assert found(matched, "a") == ("", False)


def test_what_comes_before_another_method_is_new() -> None:
    frames = Frames().asks(1.0, "calling.hold").asks(2.0, "calling.play", control_id="a", play=[])
    matched = Matching(frames.story())
    assert found(matched, "new") == ("", False)
    assert matched.take(Request(0, 0.0, "calling.hold", {"call_id": CALL}), CALL)[1]
    assert found(matched, "changed") == ("a", False)


def test_another_text_takes_the_place_of_the_next_one_until_that_comes() -> None:
    matched = matching("a", "b")
    assert found(matched, "new") == ("a", False)
    assert found(matched, "a") == ("a", True)
    assert found(matched, "other") == ("b", False)
    assert found(matched, "more") == ("", False)


def test_requests_of_another_call_are_others() -> None:
    assert found(matching("a"), "a", "another") == ("", False)
