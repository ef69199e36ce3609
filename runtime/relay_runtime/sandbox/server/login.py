"""signalwire.connect: version, credentials, resume (protocol 2.1 to 2.3)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from relay_runtime.sandbox.calls.exchange import Exchange
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.ground import frames
from relay_runtime.sandbox.ground.credentials import are_accepted
from relay_runtime.sandbox.ground.fields import Filled
from relay_runtime.sandbox.ground.frames import ErrorCode, JsonRpcError

__all__ = ["connect_result", "log_in"]

_HIGHEST_MAJOR: Final = 4


class Version(msgspec.Struct):
    """The protocol version a client announces."""

    major: int
    minor: int
    revision: int = 0


class ConnectParams(msgspec.Struct):
    """The params of signalwire.connect."""

    authentication: dict[str, Any]
    version: Version
    agent: str = ""
    protocol: str = ""
    authorization_state: str = ""
    contexts: list[Filled] = msgspec.field(default_factory=list)
    event_acks: bool = False
    dpop_token: str = ""


def log_in(exchange: Exchange, raw: Any) -> tuple[Session, bool]:
    """Return the session of a connect request and whether it is an earlier one restored.

    Raises:
        JsonRpcError: bad params, version or credentials.
    """
    params = _checked(raw)
    if not are_accepted(params.authentication, exchange.ground.settings):
        raise JsonRpcError(
            ErrorCode.NOT_AUTHENTICATED, "Authentication failed", {"signalwire_error_code": "AUTH_REQUIRED"}
        )
    session = _resumed(exchange, params)
    restored = session is not None
    if session is None:
        project = params.authentication.get("project") if exchange.ground.settings.any_credentials else None
        session = Session(exchange, params.version.major, project)
        exchange.sessions[session.protocol] = session
    else:
        session.major = params.version.major
        session.logins += 1
    # The server does not promise to remember contexts added by signalwire.receive (protocol 2.4).
    session.contexts = set(params.contexts)
    session.event_acks = params.event_acks
    return session, restored


def _checked(raw: Any) -> ConnectParams:
    try:
        params = msgspec.convert(raw, ConnectParams)
    except msgspec.ValidationError as error:
        raise JsonRpcError(ErrorCode.INVALID_PARAMS, f"signalwire.connect: {error}") from None
    if params.version.major > _HIGHEST_MAJOR or params.version.minor != 0:
        raise JsonRpcError(ErrorCode.NOT_COMPATIBLE, "Protocol version is not compatible")
    if params.authorization_state and not params.protocol:
        raise JsonRpcError(ErrorCode.INVALID_PARAMS, "signalwire.connect: authorization_state needs protocol")
    return params


def _resumed(exchange: Exchange, params: ConnectParams) -> Session | None:
    """Return the session that ``protocol`` names, unless its blob is bad or it is over."""
    session = exchange.sessions.get(params.protocol) if params.protocol else None
    if session is None or session.over:
        return None
    if params.authorization_state and params.authorization_state != session.authorization_state:
        return None
    return session


def connect_result(session: Session, *, restored: bool) -> frames.Frame:
    """Return the result of a login."""
    return {
        "protocol": session.protocol,
        "identity": session.identity,
        "authorization": {},
        "ice_servers": [],
        "session_restored": restored,
        "sessionid": session.sessionid,
        "nodeid": session.ground.node_id,
        "subscriptions": [],
    }
