"""A RELAY server of your own: no account, no phone, no network.

>>> from relay_runtime.sandbox import Caller, Sandbox
>>> with Sandbox(time_scale=0.01) as sandbox:
...     run = sandbox.place(Caller("+15550100001").dials("office").hears("Press 1").presses("1"))
...     run.wait(timeout=5).status
<Status.UNROUTED: 'unrouted'>

It stands beside the client and speaks the wire only; any RELAY client can use it.
"""

from relay_runtime.sandbox.arms import Arm, EventArm
from relay_runtime.sandbox.counters import Counters
from relay_runtime.sandbox.faults import Faults
from relay_runtime.sandbox.link import Disturbance
from relay_runtime.sandbox.messages import Delivery, SentMessage
from relay_runtime.sandbox.run import Entry, Outcome, Run, Status
from relay_runtime.sandbox.sandbox import Sandbox
from relay_runtime.sandbox.script import Callee, Caller, Script
from relay_runtime.sandbox.serve import serve
from relay_runtime.sandbox.session import Session
from relay_runtime.sandbox.settings import Settings

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
    "Run",
    "Sandbox",
    "Script",
    "SentMessage",
    "Session",
    "Settings",
    "Status",
    "serve",
]
