"""Frames as lines of the log."""

from __future__ import annotations

from typing import Any

import pytest

from relay_runtime.client.frame_tap import FrameTap
from relay_runtime.inspection.frame_log import log_frames
from relay_runtime.watch.frame_mask import FrameMask
from relay_runtime.watch.masking import Masker


@pytest.fixture
def transport() -> Any:
    class Transport:
        tap: Any = None

    return Transport()


def test_each_frame_is_a_line_without_what_is_private_until_that_is_ended(log_lines: list[str], transport: Any) -> None:
    tap = FrameTap()
    tap.through(lambda: transport)()
    stop = log_frames(tap, FrameMask(Masker(["PT-secret"])))
    transport.tap("out", '{"method":"calling.dial","params":{"to_number":"+15550100001","auth":"PT-secret"}}')
    transport.tap("in", b'{"id":"1","result":{"text":"{braces} of +15550100001"}}')
    transport.tap("in", "[" * 3)
    transport.tap("in", b"\xff")
    stop()
    assert transport.tap is None
    assert [line.removesuffix(" {}\n") for line in log_lines] == [
        'TRACE frame out: {"method":"calling.dial","params":{"to_number":"********","auth":"********"}}',
        'TRACE frame in: {"id":"1","result":{"text":"{braces} of ********"}}',
        "TRACE frame in: no JSON, of length 3",
        "TRACE frame in: no JSON, of length 1",
    ]
