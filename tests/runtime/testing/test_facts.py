"""What only the far end of a call knows."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.played import Play

from relay_runtime.sandbox import Caller
from relay_runtime.testing.callee import LiveCallee
from relay_runtime.testing.caller import LiveCaller


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("is_human", {}),
        ("is_machine", {"beep_after": 2.0}),
        ("is_unknown", {}),
        ("is_fax", {"pages": 3, "error": "paper jam"}),
        ("pays", {"result": "card-declined", "token": "t"}),
        ("refers", {"state": "failed"}),
    ],
)
def test_callers_and_callees_are_what_scripts_are(play: Play, name: str, arguments: dict[str, Any]) -> None:
    phones = play(None).phones
    scripted = getattr(Caller(), name)(**arguments)
    caller: LiveCaller = getattr(phones.caller(), name)(**arguments)
    callee: LiveCallee = getattr(phones.callee("+15550100002"), name)(**arguments)
    assert caller._script.facts == callee._script.facts == scripted.facts


def test_facts_add_up(play: Play) -> None:
    caller = play(None).phones.caller()
    knows = caller.is_human().pays()
    assert set(knows._script.facts) == {"machine", "pays", "pay_fields"}
    assert caller._script.facts == {}
