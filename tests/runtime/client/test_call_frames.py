"""Whose the frames are that pass."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from relay_runtime.client.call_frames import CallFrames, event_in


def named(data: bytes) -> tuple[str, ...]:
    """Everybody is named by a capital letter between quotes."""
    return tuple(name for name in "AB" if f'"{name}"'.encode() in data)


def sorted_by(frames: CallFrames[str], direction: Any, **frame: Any) -> tuple[str, tuple[str, ...]] | None:
    found = frames(direction, msgspec.json.encode(frame))
    return None if found is None else (found.what, found.owners)


def test_a_reply_that_names_nobody_belongs_to_whom_its_request_does() -> None:
    frames = CallFrames(named)
    assert sorted_by(frames, "out", id="1", method="calling.play", params={"call_id": "A"}) == ("calling.play", ("A",))
    assert sorted_by(frames, "out", id="2", method="calling.play", params={"call_id": "C"}) is None
    assert sorted_by(frames, "in", id="2", result={}) is None
    assert sorted_by(frames, "in", id="1", result={}) == ("reply to calling.play", ("A",))
    assert sorted_by(frames, "in", id="1", result={}) is None


def test_the_same_id_of_either_side_is_told_apart() -> None:
    frames = CallFrames(named)
    sorted_by(frames, "out", id="1", method="calling.play", params={"call_id": "A"})
    sorted_by(frames, "in", id="1", method="signalwire.event", params={"event_type": "calling.call.play", "to": "B"})
    assert sorted_by(frames, "out", id="1", result={}) == ("reply to calling.call.play", ("B",))
    assert sorted_by(frames, "in", id="1", result={}) == ("reply to calling.play", ("A",))


def test_a_reply_belongs_to_those_too_that_it_names_itself() -> None:
    frames = CallFrames(named)
    sorted_by(frames, "out", id="1", method="calling.connect", params={"call_id": "A"})
    assert sorted_by(frames, "in", id="1", result={"peer": "B"}) == ("reply to calling.connect", ("A", "B"))
    assert sorted_by(frames, "in", id="9", result={"peer": "B"}) == ("reply", ("B",))


def test_the_oldest_of_too_many_open_requests_is_forgotten() -> None:
    frames = CallFrames(named, open_requests=2)
    for identity in (1, 2, 3):
        sorted_by(frames, "out", id=identity, method="calling.play", params={"call_id": "A"})
    assert sorted_by(frames, "in", id=1, result={}) is None
    assert sorted_by(frames, "in", id=3, result={}) == ("reply to calling.play", ("A",))


@pytest.mark.parametrize("frame", ['{"A"', '["A"]', b'\xff"A"', '{"a":1e999,"b":"A"}', "[" * 9000 + '"A"', "\ud800"])
def test_what_is_no_frame_belongs_to_nobody(frame: str | bytes) -> None:
    assert CallFrames(named)("in", frame) is None


def test_the_event_in_a_frame_is_found_and_odd_ones_are_none() -> None:
    params = {"event_type": "calling.call.state", "params": {"call_state": "ended"}}
    assert event_in({"params": params}) == ("calling.call.state", {"call_state": "ended"})
    assert event_in({"params": {**params, "params": 5}}) == ("calling.call.state", {})
    for odd in ({}, {"params": 5}, {"params": {"event_type": 7}}):
        assert event_in(odd) == ("", {})
