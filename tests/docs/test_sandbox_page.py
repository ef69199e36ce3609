"""The guide names what there is: every route, setting, step, fault and malformed frame."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from relay_runtime.sandbox import Arm, Callee, Caller, Disturbance, EventArm, Sandbox, Settings, Status
from relay_runtime.sandbox.control.control import ControlPort
from relay_runtime.sandbox.control.guard import Guard
from relay_runtime.sandbox.control.request import Request
from relay_runtime.sandbox.faults.malformed import MALFORMED

GUIDE = Path(__file__).parents[2].joinpath("docs", "sandbox.md")


if not GUIDE.exists():
    pytest.skip("the guide is not in this tree", allow_module_level=True)


TEXT = GUIDE.read_text()


WORDS = set(re.findall(r"\w+", TEXT))


def test_every_route_stands_in_the_guide() -> None:
    sandbox = Sandbox()
    routes = ControlPort(sandbox.exchange, sandbox, Guard("127.0.0.1", None)).index(Request({"REQUEST_METHOD": "GET"}))[
        "routes"
    ]
    assert [route for route in routes if route != "GET /" and route not in TEXT] == []


def test_every_option_step_and_fault_stands_in_the_guide() -> None:
    steps = {name for script in (Caller, Callee) for name in dir(script) if name.islower() and name[0] != "_"}
    not_steps = {field.name for script in (Caller, Callee) for field in fields(script)} | {"who", "device"}
    names = {field.name for kind in (Settings, Arm, EventArm, Disturbance) for field in fields(kind)}
    wanted = names | (steps - not_steps) | set(MALFORMED)
    assert sorted(wanted - WORDS - {"method"}) == []


def test_every_status_of_an_outcome_stands_in_the_guide() -> None:
    assert [status.value for status in Status if status.value not in WORDS] == []
