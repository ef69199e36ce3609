"""Verbs that find out who or what answered: each is a detector of one type."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.line import Line


@pytest.mark.parametrize(
    ("verb", "given", "sent"),
    [
        ("detect_answering_machine", {}, {"type": "machine", "params": {}}),
        (
            "detect_answering_machine",
            {"machine_words_threshold": 4, "detect_message_end": False},
            {"type": "machine", "params": {"machine_words_threshold": 4, "detect_message_end": False}},
        ),
        ("detect_fax", {"tone": "CNG"}, {"type": "fax", "params": {"tone": "CNG"}}),
        ("detect_digit", {"digits": "12"}, {"type": "digit", "params": {"digits": "12"}}),
    ],
)
def test_each_shorthand_is_a_detector_of_one_type(line: Line[Any], verb: str, given: Any, sent: Any) -> None:
    getattr(line.call, verb)(timeout=20, **given)
    request = line.board.wait_for("calling.detect")
    assert (request["detect"], request["timeout"]) == (sent, 20)


def test_a_setting_of_a_shorthand_is_checked_as_the_detectors_own(line: Line[Any]) -> None:
    with pytest.raises(ValueError, match=r"detect\.params\.tone is 'BUSY'; accepted is one of CED, CNG"):
        line.call.detect_fax(tone="BUSY")
    assert line.board.sent == []
