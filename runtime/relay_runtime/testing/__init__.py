"""A test kit: virtual time, client and sandbox in one process, and lines that a test speaks on.

The names are loaded when they are first used: pytest imports this package in every run in which it is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

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
_HOME = {name: module for module, names in _HOMES.items() for name in names}

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


def __getattr__(name: str) -> Any:
    """Load a public name from the module it lives in, once.

    Raises:
        AttributeError: there is no such name.
    """
    module = _HOME.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - as above

    value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
