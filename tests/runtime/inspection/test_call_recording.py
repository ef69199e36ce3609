"""The recording of one call as it is made."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from doubles.call_frames import CALL, command, event, offer, reply, state

from relay_actors.kit import clock
from relay_actors.telemetry.status import CallStatus
from relay_runtime.client.frame_tap import FrameTap
from relay_runtime.inspection.call_recording import CallRecording
from relay_runtime.recording.call_mask import CallMask

OTHER = "bbbbbbbb-0000-0000-0000-000000000002"
LIVE = CallStatus(call_id=CALL, kind="It", direction="inbound", context="office", state="answered", age=1.0)


class Line:
    tap: Any = None

    def carry(self, direction: str, frame: bytes) -> None:
        if self.tap is not None:
            self.tap(direction, frame)


def watched() -> tuple[Line, CallRecording]:
    tap, line = FrameTap(), Line()
    tap.through(lambda: line)()
    return line, CallRecording(tap, CallMask())


def lines(recording: CallRecording) -> tuple[str, list[dict[str, Any]]]:
    """End a recording; return whose it is, and its lines."""
    recording.close()
    first, *rest = recording
    return first["recording"], msgspec.json.decode(msgspec.json.encode([item["line"] for item in rest]))


def test_a_live_call_is_recorded_from_now_on_and_says_that_it_began_before() -> None:
    line, recording = watched()
    with clock.run_by(lambda: 3.0, lambda: 1_800_000_000.0):
        recording.of(LIVE)
        line.carry("in", offer(OTHER))
        line.carry("out", command("calling.play", call_id=CALL, play=[{"params": {"text": "Hi"}}]))
        line.carry("in", reply())
        line.carry("out", command("calling.play", call_id=OTHER))
        line.carry("in", state("ended"))
    assert line.tap is None
    of, (header, *frames, end) = lines(recording)
    assert of == CALL
    assert (header["call_id"], header["context"], header["direction"]) == (CALL, "office", "inbound")
    assert header["not_replayable"] == ["the recording began when the call was under way"] == end["not_replayable"]
    assert [frame["direction"] for frame in frames] == ["out", "in", "in"]
    assert frames[0]["frame"]["params"]["play"][0]["params"]["text"] == "<words-2:2>"  # behind the id of the request
    assert (end["end"], end["whole"], end["frames"]) == ("ended", False, 3)


@pytest.mark.parametrize(("context", "recorded"), [("", "first"), ("sales", CALL)])
def test_the_next_call_is_recorded_whole_and_no_other(context: str, recorded: str) -> None:
    line, recording = watched()
    recording.of_next(context)
    line.carry("out", command("calling.play", call_id="before"))
    for call_id, where in (("first", "office"), (CALL, "sales"), (OTHER, "sales")):
        line.carry("in", offer(call_id, where))
    line.carry("in", state("ended", OTHER))
    line.carry("in", state("ended", recorded))
    assert line.tap is None
    of, (header, *frames, end) = lines(recording)
    assert (of, header["call_id"], len(frames)) == ("", recorded, 2)
    assert (end["end"], end["whole"], end["not_replayable"]) == ("ended", True, [])


def test_a_dial_is_a_next_call_too() -> None:
    line, recording = watched()
    recording.of_next("")
    line.carry("out", command("calling.dial", tag="t"))
    line.carry("in", event("calling.call.dial", tag="t", dial_state="failed"))
    _, (header, *_, end) = lines(recording)
    assert (header["direction"], end["end"]) == ("outbound", "failed")


@pytest.mark.slow
def test_what_nobody_reads_is_left_out_and_the_last_line_says_so() -> None:
    line, recording = watched()
    recording.of(LIVE)
    for _ in range(1500):
        line.carry("out", command("calling.play", call_id=CALL))
    line.carry("in", state("ended"))
    _, (_, *frames, end) = lines(recording)
    assert (len(frames), end["frames"], end["left_out"]) == (997, 997, 504)
    assert "frames were left out" in end["not_replayable"]


def test_who_closes_it_watches_no_more() -> None:
    line, recording = watched()
    recording.of_next("")
    assert line.tap is not None
    assert lines(recording) == ("", [])
    assert line.tap is None
