"""Who was at the far ends."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.story_frames import Frames

from relay_runtime.replay.live_tokens import LiveTokens
from relay_runtime.replay.people import Leg, caller_of, devices_in, legs_of

LEGS = ("1e900000-1111-4222-8333-444444444444", "1e900001-1111-4222-8333-444444444444")


def device(number: int) -> dict[str, Any]:
    return {"type": "phone", "params": {"to_number": f"<number-{number}>", "from_number": "<number-2>"}}


def connecting(*groups: list[dict[str, Any]]) -> Frames:
    return Frames().offer().asks(10.0, "calling.connect", devices=list(groups))


def legs(frames: Frames) -> list[Leg]:
    story = frames.story()
    return legs_of(story, story.requests[0])


def test_a_caller_has_the_device_and_dials_the_context_of_the_offer() -> None:
    recording = (
        Frames()
        .offer(
            kind="sip",
            **{"from": "<number-1>", "to": "<number-2>", "headers": [{"name": "X-Desk", "value": "<heard-1:3>"}]},
        )
        .story()
    )
    assert recording.offer is not None
    tokens = LiveTokens(recording.recording.frames, {"<number-1>": "sip:anna@example.com"})
    caller = caller_of(recording.offer, tokens)
    assert (caller.kind, caller.context, caller.number) == ("sip", "office", "sip:anna@example.com")
    assert caller.headers == (("X-Desk", tokens.text("<heard-1:3>")),)


def test_a_caller_of_another_kind_is_refused() -> None:
    story = Frames().offer(kind="webrtc").story()
    assert story.offer is not None
    with pytest.raises(ValueError, match="a device of type webrtc"):
        caller_of(story.offer, LiveTokens(()))


def test_each_device_that_was_dialled_goes_as_its_leg_did() -> None:
    frames = connecting([device(3)], [device(4), device(5)])
    frames.state(10.1, "created", call_id=LEGS[0], device=device(3))
    frames.state(13.1, "ended", call_id=LEGS[0], device=device(3), end_reason="busy")
    frames.state(13.2, "created", call_id=LEGS[1], device=device(5))
    frames.state(17.7, "answered", call_id=LEGS[1], device=device(5))
    assert legs(frames) == [
        Leg(LEGS[0], "busy", pytest.approx(3.0)),
        Leg("", "noAnswer", 0.0),
        Leg(LEGS[1], "answered", pytest.approx(4.5)),
    ]


def test_a_leg_that_the_app_or_another_leg_ended_rings_on() -> None:
    frames = connecting([device(3)]).state(10.1, "created", call_id=LEGS[0], device=device(3))
    assert (
        legs(frames.state(30.1, "ended", call_id=LEGS[0], device=device(3), end_reason="cancel"))[0].verdict
        == "noAnswer"
    )


def test_where_no_leg_was_told_of_the_outcome_says_how_they_went() -> None:
    peer = {"call_id": LEGS[0], "device": device(4)}
    frames = connecting([device(3)], [device(4)])
    assert legs(frames.told(16.0, "calling.call.connect", connect_state="connected", peer=peer)) == [
        Leg("", "noAnswer", 0.0),
        Leg(LEGS[0], "answered", 6.0),
    ]
    frames = connecting([device(3)], [device(4)])
    frames.told(16.0, "calling.call.connect", connect_state="failed", failed_reason="busy")
    assert legs(frames) == [Leg("", "busy", 3.0), Leg("", "busy", 3.0)]


def test_devices_come_in_their_order_and_what_is_none_is_passed_over() -> None:
    assert list(devices_in({"devices": [[device(1)], "x", [3, device(2)]]})) == [device(1), device(2)]
    assert list(devices_in({})) == []
