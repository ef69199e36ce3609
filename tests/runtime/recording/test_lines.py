"""The lines of a recording."""

from __future__ import annotations

import platform
from typing import Any

import msgspec
import pytest

from relay_runtime.recording.call_mask import CallMask
from relay_runtime.recording.lines import FORMAT, LEFT_OUT, MID_CALL, RecordingLines, Start, Why, encode
from relay_runtime.version import VERSION

CALL = "c0ffee00-1111-2222-3333-444444444444"
PRESSED = {"type": "digit", "params": {"digits": "12", "terminator": ""}}
SAID = {"type": "speech", "params": {"text": "yes", "confidence": 9.0}}


def lines(mask: CallMask | None = None, **how: Any) -> RecordingLines:
    return RecordingLines(Start(wall=1_800_000_000.1234, monotonic=5.0, **how), mask or CallMask())


def collected(result: Any) -> dict[str, Any]:
    params = {"event_type": "calling.call.collect", "params": {"call_id": CALL, "result": result}}
    return {"id": CALL, "method": "signalwire.event", "params": params}


def test_a_header_tells_what_recorded_and_how() -> None:
    mask = CallMask(keep_words=True, mask_digits=True)
    made = lines(mask, direction="inbound", context="office", call_id=CALL, node_id="n1").header()
    assert msgspec.json.decode(encode(made)) == {
        "recording": FORMAT,
        "relay_runtime": VERSION,
        "python": platform.python_version(),
        "began": 1_800_000_000.123,
        "direction": "inbound",
        "context": "office",
        "call_id": CALL,
        "node_id": "n1",
        "tag": "",
        "words_kept": True,
        "digits_masked": True,
        "not_replayable": [],
    }


def test_nothing_private_is_in_a_header() -> None:
    made = lines(tag="Alice", context="Alice in Wonderland", call_id="15550100001").header()
    assert (made.tag, made.context, made.call_id) == ("<words-2:5>", "<words-1:19>", "<number-1>")


def test_a_recording_that_begins_in_mid_call_says_so_in_its_first_line_and_its_last() -> None:
    made = lines(call_id=CALL, from_beginning=False)
    assert made.header().not_replayable == (MID_CALL,)
    end = made.end("ended", 6.0)
    assert (end.whole, end.not_replayable) == (False, (MID_CALL,))


def test_times_are_seconds_since_the_beginning() -> None:
    made = lines()
    line = made.frame(5.25, "out", {"id": CALL, "method": "calling.play", "params": {"call_id": CALL}})
    assert (line.at, line.direction, line.frame["method"]) == (0.25, "out", "calling.play")
    end = made.end("ended", 7.5, call_id=CALL)
    assert (end.at, end.frames, end.call_id, end.whole) == (2.5, 1, CALL, True)


@pytest.mark.parametrize(
    ("why", "whole"),
    [
        ("ended", True),
        ("passed", True),
        ("refused", True),
        ("failed", True),
        ("lost", False),
        ("gone", False),
        ("stopped", False),
        ("crowded", False),
        ("cut off", False),
    ],
)
def test_a_recording_is_whole_when_the_call_has_come_to_its_end(why: Why, whole: bool) -> None:
    end = lines().end(why, 5.0)
    assert (end.end, end.whole) == (why, whole)
    assert bool(end.not_replayable) is not whole


def test_what_a_replay_misses_is_told_in_the_last_line() -> None:
    made = lines(CallMask(mask_digits=True))
    made.frame(5.0, "in", collected(PRESSED))
    made.frame(5.0, "in", collected(SAID))
    end = made.end("ended", 5.0, left_out=3)
    assert (end.whole, end.left_out) == (False, 3)
    assert end.not_replayable == (LEFT_OUT, "keys that the caller pressed are masked")
    assert end.doubtful == ("what the caller said is masked: code that looks at the words may decide otherwise",)


def test_with_keys_and_words_kept_nothing_is_missed() -> None:
    made = lines(CallMask(keep_words=True))
    made.frame(5.0, "in", collected(PRESSED))
    made.frame(5.0, "in", collected(SAID))
    end = made.end("ended", 5.0)
    assert (end.whole, end.not_replayable, end.doubtful) == (True, (), ())
