"""Methods of older protocol versions and of connectors, which no current SDK sends (protocol 7)."""

from __future__ import annotations

from typing import Any

from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.calls.hunt import Hunt
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.ground import frames
from relay_runtime.sandbox.ground.credentials import are_accepted
from relay_runtime.sandbox.ground.devices import DEFAULT_RING, Dialable
from relay_runtime.sandbox.ground.fields import Filled
from relay_runtime.sandbox.ground.frames import ErrorCode, JsonRpcError
from relay_runtime.sandbox.verbs.table import Params, RefusalError, perform, session_verb


class BeginParams(Params, kw_only=True):
    """Params of calling.begin."""

    device: Dialable
    max_duration: int = 0
    tag: str = ""


class ExecuteParams(Params, kw_only=True):
    """Params of signalwire.execute."""

    protocol: Filled
    method: Filled
    params: dict[str, Any]


class ReauthenticateParams(Params):
    """Params of signalwire.reauthenticate."""

    authentication: dict[str, Any]
    dpop_token: Any = None  # known to a server, and of no effect here


class ConfigureParams(Params, kw_only=True):
    """Params of provisioning.configure."""

    target: Filled
    local_endpoint: Filled
    external_endpoint: Filled
    relay_connector_id: Filled


@session_verb("calling.begin", "Dialing", BeginParams)
def begin(session: Session, params: BeginParams) -> dict[str, str]:
    """Dial one device; the reply names the call."""
    legs: list[Call] = []

    def prepare(leg: Call) -> None:
        leg.tag = params.tag
        legs.append(leg)

    Hunt(
        session,
        [[params.device]],
        ring_seconds=DEFAULT_RING,
        prepare=prepare,
        won=lambda _: None,
        failed=lambda *_: None,
        max_duration=params.max_duration or None,
    ).start()
    return {"call_id": legs[0].call_id, "node_id": legs[0].node_id}


@session_verb("signalwire.execute", "", ExecuteParams, bare=True)
def execute(session: Session, params: ExecuteParams) -> frames.Frame:
    """Perform a request that is wrapped in the envelope of older versions, and wrap its result."""
    try:
        result = perform(session, params.method, params.params)
    except RefusalError as refusal:
        result = refusal.result(params.params)
    node = session.ground.node_id
    return {"requester_nodeid": session.identity, "responder_nodeid": node, "result": result}


@session_verb("signalwire.reauthenticate", "", ReauthenticateParams, bare=True)
def reauthenticate(session: Session, params: ReauthenticateParams) -> frames.Frame:
    """Swap the credential of a live socket."""
    if "jwt_token" not in params.authentication or not are_accepted(params.authentication, session.ground.settings):
        raise JsonRpcError(ErrorCode.NOT_AUTHENTICATED, "Authentication failed")
    return {"authorization": {}, "ice_servers": []}


@session_verb("provisioning.configure", "", ConfigureParams, bare=True)
def configure(session: Session, params: ConfigureParams) -> frames.Frame:
    """Return the configuration of a connector."""
    return {"configuration": {"profile": f"{params.target} of {session.ground.node_id}"}}
