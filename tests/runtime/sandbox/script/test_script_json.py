"""Scripts written in JSON."""

from __future__ import annotations

import pytest

from relay_runtime.sandbox import Callee, Caller
from relay_runtime.sandbox.script.script_json import callee_from, caller_from


def test_scripts_are_written_in_json() -> None:
    caller = caller_from("+15550100001", [{"hears": {"text": "x", "timeout": 1}}, {"presses": "1"}, "hangs_up"])
    assert caller == Caller("+15550100001").hears("x", 1).presses("1").hangs_up()
    assert callee_from([{"rings": 2}, "is_busy"]) == Callee().rings(2).is_busy()
    with pytest.raises(ValueError, match="steps must be a list"):
        callee_from("answers")
    with pytest.raises(ValueError, match="step 1 must be a name"):
        callee_from([{"rings": 1, "answers": {}}])
