"""What can't be played again, by name."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.story_frames import Frames

from relay_runtime.replay.limits import NotReplayable, check_replayable, check_verbatim


def reasons(frames: Frames, *, verbatim: bool = False) -> tuple[str, ...]:
    with pytest.raises(NotReplayable) as raised:
        (check_verbatim if verbatim else check_replayable)(frames.story())
    assert all(reason in str(raised.value) for reason in raised.value.reasons)
    return raised.value.reasons


def whole(**end: Any) -> Frames:
    frames = Frames().offer()
    frames.end = end
    return frames


def test_a_whole_call_can_be_played_again() -> None:
    check_replayable(whole().asks(1.0, "calling.answer").story())


def test_what_the_recording_says_of_itself_counts_in_both_ways() -> None:
    for verbatim in (False, True):
        frames = whole(not_replayable=("there is a payment, whose data are masked",))
        assert reasons(frames, verbatim=verbatim) == ("there is a payment, whose data are masked",)
        (reason,) = reasons(whole(whole=False, end="stopped"), verbatim=verbatim)
        assert "it does not have the whole call" in reason


@pytest.mark.parametrize(
    "method",
    ["calling.ai", "calling.ai_hold", "calling.amazon_bedrock", "calling.live_transcribe", "calling.bind_digit"],
)
def test_what_only_others_know_is_named_but_a_verbatim_replay_does_without(method: str) -> None:
    frames = whole().asks(1.0, method)
    assert [reason.partition(":")[0] for reason in reasons(frames)] == [method]
    check_verbatim(frames.story())


@pytest.mark.parametrize("verbatim", [False, True])
def test_a_call_of_days_is_not_played(verbatim: bool) -> None:
    assert reasons(whole(at=1e9), verbatim=verbatim) == (
        "it lasts 277,778 hours; what lasts longer than 12 is not played",
    )
    check_replayable(whole(at=43_200.0).story())


def test_what_was_refused_needs_nobody() -> None:
    check_replayable(whole().asks(1.0, "calling.ai", reply="403").story())


def test_all_reasons_are_told_at_once_each_once() -> None:
    frames = whole().asks(1.0, "calling.ai").asks(2.0, "calling.ai")
    frames.asks(3.0, "calling.connect", devices=[[{"type": "queue", "params": {}}], [{"type": "call", "params": {}}]])
    assert [reason.partition(":")[0] for reason in reasons(frames)] == [
        "calling.ai",
        "calling.connect to a device of type call, queue",
    ]


def test_a_conference_with_others_is_named_and_one_without_is_not() -> None:
    frames = whole().asks(1.0, "calling.join_conference", name="<words-1:6>")
    check_replayable(frames.told(1.1, "calling.conference", status="joined").story())
    frames.told(2.0, "calling.conference", call_id="another", status="joined")
    assert "others were in the conference" in reasons(frames)[0]


def test_a_beginning_is_needed_of_a_device_that_callers_have() -> None:
    frames = Frames().asks(1.0, "calling.answer")
    assert reasons(frames) == ("it has no offer of the call",)
    assert "a device of type webrtc" in reasons(Frames().offer(kind="webrtc"))[0]
    assert "neither the offer of a call nor a dial" in reasons(Frames("outbound").asks(1.0, "calling.hold"))[0]
    check_replayable(Frames("outbound").asks(1.0, "calling.dial", call_id=None, tag="t", devices=[]).story())
