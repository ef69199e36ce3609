"""An actor-model runtime for SignalWire RELAY: every live call is an actor with plain sequential code.

The names are loaded when they are first used: importing the package itself loads neither ssl nor gevent, so that the
``relay-runtime`` process can patch the standard library first.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from relay_actors.actions import (
        Action,
        ActionAborted,
        CollectAction,
        PlayAction,
        RecordAction,
        StandaloneCollectAction,
    )
    from relay_actors.call import Call, CallActor
    from relay_actors.errors import (
        AuthenticationFailed,
        CallEnded,
        CallGone,
        ClientStopped,
        ConnectionLost,
        DialFailed,
        MessageExpired,
        NotConnected,
        RelayError,
        RelayTimeout,
        RequestTimeout,
        SessionLost,
    )
    from relay_actors.message import Message
    from relay_actors.retry import retrying
    from relay_actors.timing import Timing
    from relay_actors.wire.events import (
        CallReceiveEvent,
        CallStateEvent,
        CollectEvent,
        ConnectEvent,
        DetectEvent,
        DialEvent,
        MessageReceiveEvent,
        MessageStateEvent,
        PlayEvent,
        RecordEvent,
        RelayEvent,
        SendDigitsEvent,
        TaskEvent,
    )
    from relay_runtime.client import RelayClient

_HOMES = {
    "relay_actors.actions": (
        "Action",
        "ActionAborted",
        "CollectAction",
        "PlayAction",
        "RecordAction",
        "StandaloneCollectAction",
    ),
    "relay_actors.call": ("Call", "CallActor"),
    "relay_actors.errors": (
        "AuthenticationFailed",
        "CallEnded",
        "CallGone",
        "ClientStopped",
        "ConnectionLost",
        "DialFailed",
        "MessageExpired",
        "NotConnected",
        "RelayError",
        "RelayTimeout",
        "RequestTimeout",
        "SessionLost",
    ),
    "relay_actors.message": ("Message",),
    "relay_actors.retry": ("retrying",),
    "relay_actors.timing": ("Timing",),
    "relay_actors.wire.events": (
        "CallReceiveEvent",
        "CallStateEvent",
        "CollectEvent",
        "ConnectEvent",
        "DetectEvent",
        "DialEvent",
        "MessageReceiveEvent",
        "MessageStateEvent",
        "PlayEvent",
        "RecordEvent",
        "RelayEvent",
        "SendDigitsEvent",
        "TaskEvent",
    ),
    "relay_runtime.client": ("RelayClient",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Action",
    "ActionAborted",
    "AuthenticationFailed",
    "Call",
    "CallActor",
    "CallEnded",
    "CallGone",
    "CallReceiveEvent",
    "CallStateEvent",
    "ClientStopped",
    "CollectAction",
    "CollectEvent",
    "ConnectEvent",
    "ConnectionLost",
    "DetectEvent",
    "DialEvent",
    "DialFailed",
    "Message",
    "MessageExpired",
    "MessageReceiveEvent",
    "MessageStateEvent",
    "NotConnected",
    "PlayAction",
    "PlayEvent",
    "RecordAction",
    "RecordEvent",
    "RelayClient",
    "RelayError",
    "RelayEvent",
    "RelayTimeout",
    "RequestTimeout",
    "SendDigitsEvent",
    "SessionLost",
    "StandaloneCollectAction",
    "TaskEvent",
    "Timing",
    "retrying",
]


def __getattr__(name: str) -> Any:
    """Load a public name from the module it lives in, once."""
    module = _HOME.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
