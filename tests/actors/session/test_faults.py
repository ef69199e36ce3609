from __future__ import annotations

from typing import Any

import msgspec
import pytest

from relay_actors.kit.throttle import Throttle
from relay_actors.session.faults import FrameFaults
from relay_actors.telemetry.stats import Stats
from relay_actors.wire.frames import BadFrame, Frame


@pytest.fixture
def stats() -> Stats:
    return Stats()


@pytest.mark.parametrize(
    ("frame", "answered"),
    [
        (BadFrame("not JSON", "json"), None),
        (BadFrame("a JSON array instead of an object", "shape", "1"), None),
        (BadFrame("params is wrong", "params", "1", "signalwire.event"), {"jsonrpc": "2.0", "id": "1", "result": {}}),
    ],
    ids=["no id", "no method", "an event"],
)
def test_a_bad_frame_is_counted_and_answered_if_it_asks_for_that(stats: Stats, frame: BadFrame, answered: Any) -> None:
    answers: list[bytes] = []
    FrameFaults(stats).bad_frame(frame, answers)
    assert [msgspec.json.decode(answer) for answer in answers] == ([] if answered is None else [answered])
    assert stats.frames_bad == {frame.kind: 1}


@pytest.mark.parametrize(("method", "code"), [("calling.odd", -32601)])
def test_a_method_that_is_not_known_is_refused(stats: Stats, method: str, code: int) -> None:
    answer = msgspec.json.decode(FrameFaults(stats).unknown_method(Frame("1", method, None)))
    assert (answer["id"], answer["error"]["code"]) == ("1", code)
    assert stats.frames_bad == {"unknown_method": 1}


def test_a_bad_request_is_refused_for_its_params(stats: Stats) -> None:
    answers: list[bytes] = []
    FrameFaults(stats).bad_frame(BadFrame("params is wrong", "params", 7, "signalwire.ping"), answers)
    assert msgspec.json.decode(answers[0])["error"] == {"code": -32602, "message": "params is wrong"}


def test_of_a_flood_one_line_is_logged_and_then_how_many_there_were(stats: Stats, log_lines: list[str]) -> None:
    now, faults = [0.0], FrameFaults(stats)
    faults._throttle = Throttle(lambda: now[0])
    for _ in range(100):
        faults.bad_event()
    now[0] = 10.0
    faults.bad_event()
    assert stats.frames_bad == {"event": 101}
    warnings = [line for line in log_lines if "ignored" in line]
    assert len(warnings) == 2
    assert "ignored an event without params or type; 99 more since the last word" in warnings[1]


def test_frames_over_which_the_runtime_fails_are_an_error_of_one_line(stats: Stats, log_lines: list[str]) -> None:
    faults = FrameFaults(stats)
    for _ in range(2):
        faults.unhandled(ZeroDivisionError())
    assert stats.frames_bad == {"unhandled": 2}
    assert sum("could not be handled: ZeroDivisionError" in line for line in log_lines) == 1
