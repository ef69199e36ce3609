"""The frames of one call, masked."""

from __future__ import annotations

from typing import Any

import gevent
import msgspec
import pytest

from relay_runtime.client.frame_tap import FrameTap
from relay_runtime.inspection.trace import CallTrace, Stream
from relay_runtime.watch.frame_mask import FrameMask
from relay_runtime.watch.masking import Masker

CALL = "c0ffee00-1111-2222-3333-444444444444"
MASK = "********"


class Line:
    tap: Any = None

    def carry(self, direction: str, frame: Any) -> None:
        if self.tap is not None:
            self.tap(direction, frame if isinstance(frame, str | bytes) else msgspec.json.encode(frame))


def traced() -> tuple[Line, CallTrace]:
    tap, line = FrameTap(), Line()
    tap.through(lambda: line)()
    return line, CallTrace(tap, CALL, FrameMask(Masker(("PT-secret",))), clock=lambda: 5.0)


def items(trace: Stream) -> list[dict[str, Any]]:
    """End a trace and return what it has."""
    trace.close()
    return [item for item in trace if "tracing" not in item]


def event(kind: str, identity: Any = "e1", **params: Any) -> dict[str, Any]:
    params = {"event_type": kind, "params": {"call_id": CALL, **params}}
    return {"jsonrpc": "2.0", "id": identity, "method": "signalwire.event", "params": params}


def test_a_command_its_reply_and_an_event_of_the_call_are_kept_and_those_of_another_are_not() -> None:
    line, trace = traced()
    line.carry("out", {"id": "r1", "method": "calling.play", "params": {"call_id": CALL}})
    line.carry("out", {"id": "r2", "method": "calling.play", "params": {"call_id": "another"}})
    line.carry("in", {"id": "r2", "result": {"code": "200"}})
    line.carry("in", {"id": "r1", "result": {"code": "200"}})
    line.carry("in", event("calling.call.play", state="playing"))
    line.carry("out", {"id": "e1", "result": {}})
    found = items(trace)
    assert [(item["direction"], item["what"]) for item in found] == [
        ("out", "calling.play"),
        ("in", "reply to calling.play"),
        ("in", "calling.call.play"),
        ("out", "reply to calling.call.play"),
    ]
    assert found[0]["time"] == 5.0


def test_a_reply_with_the_calls_id_in_it_is_named_by_its_request() -> None:
    line, trace = traced()
    line.carry("out", {"id": "r1", "method": "calling.answer", "params": {"call_id": CALL}})
    line.carry("in", {"id": "r1", "result": {"code": "200", "call_id": CALL}})
    assert [item["what"] for item in items(trace)] == ["calling.answer", "reply to calling.answer"]


@pytest.mark.parametrize(
    "frame", ["", "{", f"[{CALL}", f'"{CALL}"', f'["{CALL}"]', b"\xff" + CALL.encode(), "[" * 9000]
)
def test_what_is_no_frame_is_passed_over(frame: str | bytes) -> None:
    line, trace = traced()
    line.carry("in", frame)
    line.carry("in", event("calling.call.state"))
    assert [item["what"] for item in items(trace)] == ["calling.call.state"]


@pytest.mark.slow
def test_a_trace_ends_a_moment_after_its_call() -> None:
    line, trace = traced()
    line.carry("in", event("calling.call.state", call_state="ended"))
    with gevent.Timeout(5):
        kept = list(trace)
    assert [item.get("what") for item in kept] == [None, "calling.call.state"]
    assert line.tap is None


ODD_IDS = [["a"], {"b": []}, None, True, 1.5, 2**80, "", [[[]]]]


@pytest.mark.parametrize("identity", ODD_IDS, ids=repr)
def test_an_event_is_kept_and_nothing_is_raised_whatever_its_id_is(identity: Any, log_lines: list[str]) -> None:
    line, trace = traced()
    line.carry("in", event("calling.call.play", identity=identity, state="playing"))
    line.carry("out", {"id": identity, "result": {}})
    line.carry("in", {"id": identity, "result": {"call_id": CALL}})
    line.carry("in", {"id": identity, "method": identity, "params": {"call_id": CALL}})
    assert items(trace)[0]["what"] == "calling.call.play"
    assert log_lines == []


@pytest.mark.parametrize("frame", [CALL, f"[{CALL}]", f'"{CALL}"', f'["{CALL}"]', f'{{"a":1e999,"b":"{CALL}"}}'])
def test_a_frame_that_is_no_object_belongs_to_nobody(frame: str, log_lines: list[str]) -> None:
    line, trace = traced()
    line.carry("in", frame)
    assert items(trace) == []
    assert log_lines == []


def test_frames_that_nobody_reads_are_counted_and_not_kept() -> None:
    stream = Stream()
    for number in range(1500):
        stream.put(number)
    reader = iter(stream)
    assert [next(reader) for _ in range(1000)] == list(range(1000))
    stream.put("next")
    assert next(reader) == {"dropped": 500}
    assert next(reader) == "next"


def test_a_full_stream_that_is_closed_ends_after_what_it_has() -> None:
    stream = Stream()
    for number in range(1001):
        stream.put(number)
    stream.close()
    with gevent.Timeout(5):
        assert len(list(stream)) == 1000
