"""The line of the log that each message has."""

from __future__ import annotations

from typing import Any

import pytest

from relay_actors.messaging.record import log_message


@pytest.mark.parametrize(("segments", "more"), [(0, ""), (2, ", segments: 2")])
def test_it_names_id_state_and_direction(log_lines: list[str], segments: int, more: str) -> None:
    log_message("m1", "outbound", "delivered", segments)
    fields: dict[str, Any] = {
        "message_id": "m1",
        "direction": "outbound",
        "state": "delivered",
        "segments": segments,
    }
    assert log_lines == [f"INFO message m1 delivered: outbound{more} {fields}\n"]
