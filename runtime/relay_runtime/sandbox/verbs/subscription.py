"""signalwire.receive and signalwire.unreceive (protocol 2.4)."""

from __future__ import annotations

from typing import Final

from msgspec import field

from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.ground.fields import Filled
from relay_runtime.sandbox.ground.frames import ErrorCode, JsonRpcError
from relay_runtime.sandbox.verbs.table import Params, RefusalError, session_verb

_RECEIVING: Final = "Receiving all inbound related to the requested relay contexts and available scopes"
_LAST_MAJOR: Final = 3


class ReceiveParams(Params):
    """``context`` is the deprecated single form."""

    contexts: list[Filled] = field(default_factory=list)
    context: str = ""


class UnreceiveParams(Params):
    """Params of signalwire.unreceive."""

    contexts: list[Filled]


@session_verb("signalwire.receive", _RECEIVING, ReceiveParams)
def receive(session: Session, params: ReceiveParams) -> None:
    """Add contexts."""
    _check_version(session, "signalwire.receive")
    wanted = params.contexts or ([params.context] if params.context else [])
    if not wanted:
        raise RefusalError("400", "signalwire.receive: contexts is missing", data={"contexts": ["can't be blank"]})
    session.contexts.update(wanted)


@session_verb("signalwire.unreceive", _RECEIVING, UnreceiveParams)
def unreceive(session: Session, params: UnreceiveParams) -> None:
    """Remove contexts."""
    _check_version(session, "signalwire.unreceive")
    session.contexts.difference_update(params.contexts)


def _check_version(session: Session, method: str) -> None:
    if session.major > _LAST_MAJOR:
        raise JsonRpcError(ErrorCode.NOT_COMPATIBLE, f"{method} is not available on protocol version {session.major}")
