"""A test kit: virtual time, client and sandbox in one process, and lines that a test speaks on.

The names are loaded when they are first used: pytest imports this package in every run in which it is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay_runtime.lazy_face import loader

if TYPE_CHECKING:
    from relay_runtime.testing.app import AppCrashed, CodeStillRuns
    from relay_runtime.testing.failure import LineFailure
    from relay_runtime.testing.greenlets import LeftRunning
    from relay_runtime.testing.in_process import reaching
    from relay_runtime.testing.kit import RelayKit
    from relay_runtime.testing.line import Line
    from relay_runtime.testing.message_box import MessageBox, MessageFailure
    from relay_runtime.testing.scaled import scaled_time
    from relay_runtime.testing.virtual import VirtualClock, VirtualTimeOver, virtual_time

_HOMES = {
    "app": ("AppCrashed", "CodeStillRuns"),
    "failure": ("LineFailure",),
    "greenlets": ("LeftRunning",),
    "in_process": ("reaching",),
    "kit": ("RelayKit",),
    "line": ("Line",),
    "message_box": ("MessageBox", "MessageFailure"),
    "scaled": ("scaled_time",),
    "virtual": ("VirtualClock", "VirtualTimeOver", "virtual_time"),
}
__getattr__ = loader(__name__, _HOMES)

__all__ = [
    "AppCrashed",
    "CodeStillRuns",
    "LeftRunning",
    "Line",
    "LineFailure",
    "MessageBox",
    "MessageFailure",
    "RelayKit",
    "VirtualClock",
    "VirtualTimeOver",
    "reaching",
    "scaled_time",
    "virtual_time",
]


def __dir__() -> list[str]:
    return sorted(__all__)
