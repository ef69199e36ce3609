"""Answer, end, pass, transfer, dial, connect, disconnect (protocol 7.2)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from relay_runtime.sandbox.calls.bridge import Bridge
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.calls.hunt import Hunt
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.ground.devices import (
    DEFAULT_RING,
    VIDEO_CODECS,
    Codec,
    Connectable,
    Dialable,
    ExistingCall,
    Queue,
)
from relay_runtime.sandbox.ground.fields import Filled, Positive
from relay_runtime.sandbox.script.run import Status
from relay_runtime.sandbox.verbs import documented
from relay_runtime.sandbox.verbs.media import Media
from relay_runtime.sandbox.verbs.send_digits import hear_digits
from relay_runtime.sandbox.verbs.table import Params, RefusalError, answered, session_of, session_verb, verb

Length = Annotated[int, Meta(ge=0)]
Digits = Annotated[str, Meta(pattern="^[0-9*#A-Da-dwW]*$")]


class AnswerParams(Params):
    """Params of calling.answer."""

    codecs: list[Codec] = field(default_factory=list)
    max_duration: Length = 0


class EndParams(Params):
    """Params of calling.end."""

    reason: Literal["hangup", "cancel", "busy", "noAnswer", "decline", "error"] = "hangup"


class TransferParams(Params):
    """Params of calling.transfer."""

    dest: str | dict[str, Any]


class DialParams(Params, kw_only=True):
    """Params of calling.dial."""

    tag: Filled
    devices: Annotated[list[Annotated[list[Dialable], Meta(min_length=1)]], Meta(min_length=1)]
    max_duration: Length = 0
    timeout: Positive = DEFAULT_RING
    send_digits: Digits = ""
    max_price_per_minute: Annotated[float, Meta(ge=0)] | None = None


class ConnectParams(Params, kw_only=True):
    """Params of calling.connect."""

    devices: Annotated[list[Annotated[list[Connectable], Meta(min_length=1)]], Meta(min_length=1)]
    ringback: list[Media] = field(default_factory=list)
    tag: str = ""
    max_duration: Length = 0
    timeout: Positive = DEFAULT_RING
    send_digits: Digits = ""


class DisconnectParams(Params):
    """Params of calling.disconnect."""

    reason: str = ""


@verb("calling.answer", "Answering call", AnswerParams)
def answer(call: Call, params: AnswerParams) -> None:
    """Answer an inbound call."""
    if call.direction == "outbound" or call.state not in {"created", "ringing"}:
        raise RefusalError("409", "The call is not waiting for an answer")
    if VIDEO_CODECS.intersection(params.codecs):
        raise RefusalError("400", "calling.answer: codecs must all fit an audio call")
    call.answered(params.max_duration or None)


@verb("calling.end", "Ending call", EndParams)
def end(call: Call, params: EndParams) -> None:
    """Hang up."""
    call.end(params.reason, "outbound")


@verb("calling.pass", "Passing call to another application")
def pass_(call: Call, params: Params) -> None:  # noqa: ARG001
    """Give an offer back; the next application that listens to the context gets it."""
    if call.direction == "outbound" or call.state not in {"created", "ringing"}:
        raise RefusalError("409", "Only an unanswered offer can be passed")
    call.run.note("client", "passes the call on")
    call.withdraw()
    call.exchange.route(call, nobody=Status.PASSED)


@verb("calling.transfer", "Transferring", TransferParams, in_schema=documented.transfer)
def transfer(call: Call, params: TransferParams) -> None:
    """Hand the call to another destination; the client that asked loses it."""
    dest = params.dest
    swml = isinstance(dest, dict) or dest.lstrip().startswith("{")
    if not (swml or str(dest).startswith(("https://", "context:"))) or dest == "context:":
        raise RefusalError("400", "calling.transfer: dest must be an https URL, context:NAME or SWML")
    answered(call)
    call.transfer(str(dest).removeprefix("context:") if str(dest).startswith("context:") else None)


@session_verb("calling.dial", "Dialing", DialParams)
def dial(session: Session, params: DialParams) -> None:
    """Dial devices until one answers (protocol 5)."""
    node_id = session.ground.node_id

    def outcome(dial_state: str, **fields: Any) -> None:
        session.event("calling.call.dial", {"node_id": node_id, "tag": params.tag, "dial_state": dial_state, **fields})

    def prepare(leg: Call) -> None:
        leg.tag = params.tag

    def won(leg: Call) -> None:
        outcome("answered", call=leg.summary())
        if params.send_digits:
            hear_digits(leg, params.send_digits)

    hunt = Hunt(
        session,
        params.devices,
        ring_seconds=params.timeout,
        prepare=prepare,
        won=won,
        failed=lambda reason, source: outcome("failed", reason=reason, source=source),
        max_duration=params.max_duration or None,
        won_first=session.ground.settings.dial_answered_first,
    )
    outcome("dialing")
    hunt.start()


@verb("calling.connect", "Connecting call", ConnectParams)
def connect(call: Call, params: ConnectParams) -> None:
    """Connect the call to the first of some devices that answers."""
    answered(call)
    if call.bridge is not None:
        raise RefusalError("409", "The call is already connected or being connected")
    existing = _existing(call, params.devices)  # refuses before anything has begun
    bridge = call.bridge = Bridge(call, params.tag)
    bridge.state("connecting")
    if existing is not None:
        bridge.connected(existing)
        return

    if params.ringback:
        bridge.ring(params.ringback[0].heard(call.ground))
    _hunt(call, bridge, params)


def _hunt(call: Call, bridge: Bridge, params: ConnectParams) -> None:
    """Ring the devices of a connect."""

    def prepare(leg: Call) -> None:
        leg.tag, leg.parent = params.tag, call

    def won(leg: Call) -> None:
        if params.send_digits:
            hear_digits(leg, params.send_digits)
        bridge.connected(leg)

    bridge.hunt = Hunt(
        session_of(call),
        [[device for device in group if not isinstance(device, ExistingCall | Queue)] for group in params.devices],
        ring_seconds=params.timeout,
        prepare=prepare,
        won=won,
        failed=bridge.failed,
        max_duration=params.max_duration or None,
    )
    bridge.hunt.start()


def _existing(call: Call, groups: list[list[Connectable]]) -> Call | None:
    """Return the first call of the devices that is already up: one that is named, or the next of a queue."""
    for device in (device for group in groups for device in group):
        if isinstance(device, ExistingCall):
            found = call.exchange.calls.get(device.params.call_id)
            if found is None or found is call or found.bridge is not None or found.session is not call.session:
                raise RefusalError("404", "The call to connect to does not exist, or is connected already")
            return found
        if isinstance(device, Queue):
            return call.exchange.queues.take(device.params.queue_name, call)
    return None


@verb("calling.disconnect", "Disconnecting call", DisconnectParams)
def disconnect(call: Call, params: DisconnectParams) -> None:  # noqa: ARG001
    """Take the call and its peer apart."""
    if call.bridge is None:
        raise RefusalError("409", "The call is not connected")
    call.bridge.disconnect(end_peer=True)
