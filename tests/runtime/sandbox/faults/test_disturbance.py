"""Disturbances: what is no time and no probability is refused."""

from __future__ import annotations

from typing import Any

import pytest

from relay_runtime.sandbox import Sandbox


@pytest.mark.parametrize("how", [{"delay": -1}, {"lose": 2}, {"reorder": "often"}])
def test_a_disturbance_out_of_range_is_refused(sandbox: Sandbox, how: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be a number from 0 to"):
        sandbox.faults.disturb(**how)
