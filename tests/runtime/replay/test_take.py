"""What is kept of a call while it is played."""

from __future__ import annotations

from typing import Any

import msgspec
from doubles.story_frames import CALL, Frames

from relay_runtime.recording.lines import Line
from relay_runtime.replay.live_tokens import LiveTokens
from relay_runtime.replay.take import Take


def frames(call_id: str = CALL) -> list[tuple[str, bytes]]:
    made = Frames().told(
        0.0,
        "calling.call.receive",
        call_id=call_id,
        device={"type": "phone", "params": {"from_number": "+15550100001", "to_number": "+15550100002"}},
        context="office",
    )
    made.asks(0.0, "calling.play", call_id=call_id, control_id="a", play=[{"type": "tts", "params": {"text": "Hello"}}])
    made.state(0.0, "ended", call_id=call_id, end_reason="hangup")
    return [(line.direction, msgspec.json.encode(line.frame)) for line in made.recording().frames]


def test_the_first_call_is_kept_masked_as_it_was_and_told_as_it_passed() -> None:
    recording = Frames().offer().recording()
    told: list[tuple[Line, dict[str, Any]]] = []
    take = Take(recording.header, LiveTokens(recording.frames), lambda line, frame: told.append((line, frame)))
    for call_id in (CALL, "another-call"):
        for direction, frame in frames(call_id):
            take.see(direction, frame)  # type: ignore[arg-type]
    assert take.why == "ended"
    assert [line for line, _ in told] == take.lines
    assert len(take.lines) == 4
    assert take.lines[0].frame["params"]["params"]["device"]["params"]["from_number"] == "<number-1>"
    assert told[1][1]["params"]["play"][0]["params"]["text"] == "Hello"
    assert take.lines[1].frame["params"]["play"][0]["params"]["text"].endswith(":5>")


def test_a_call_of_the_other_direction_is_another_one() -> None:
    recording = Frames("outbound").asks(0.0, "calling.dial", tag="t").recording()
    take = Take(recording.header, LiveTokens(recording.frames), lambda _line, _frame: None)
    for direction, frame in frames():
        take.see(direction, frame)  # type: ignore[arg-type]
    assert take.lines == []
