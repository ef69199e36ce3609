"""A RELAY server of your own: no account, no phone, no network.

>>> from relay_runtime.sandbox import Caller, Sandbox
>>> with Sandbox(time_scale=0.01) as sandbox:
...     run = sandbox.place(Caller("+15550100001").dials("office").hears("Press 1").presses("1"))
...     run.wait(timeout=5).status
<Status.UNROUTED: 'unrouted'>

It stands beside the client and speaks the wire only; any RELAY client can use it.
"""

from __future__ import annotations

from relay_runtime.sandbox.calls.messages import Delivery, SentMessage
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.faults.arms import Arm, EventArm
from relay_runtime.sandbox.faults.disturbance import Disturbance
from relay_runtime.sandbox.faults.faults import Faults
from relay_runtime.sandbox.ground.counters import Counters
from relay_runtime.sandbox.ground.settings import Settings
from relay_runtime.sandbox.sandbox import Sandbox
from relay_runtime.sandbox.script.performance import Performance
from relay_runtime.sandbox.script.run import Outcome, Run, ScriptFailed, Status
from relay_runtime.sandbox.script.script import Callee, Caller, Script
from relay_runtime.sandbox.script.transcript import Entry
from relay_runtime.sandbox.serve import serve

__all__ = [
    "Arm",
    "Callee",
    "Caller",
    "Counters",
    "Delivery",
    "Disturbance",
    "Entry",
    "EventArm",
    "Faults",
    "Outcome",
    "Performance",
    "Run",
    "Sandbox",
    "Script",
    "ScriptFailed",
    "SentMessage",
    "Session",
    "Settings",
    "Status",
    "serve",
]
