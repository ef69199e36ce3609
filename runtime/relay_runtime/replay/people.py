"""Who was at the far ends of a recorded call: the caller, and who was dialled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

import msgspec

from relay_runtime.replay.live_tokens import LiveTokens
from relay_runtime.replay.story import Event, Request, Story
from relay_runtime.sandbox.script.script import Callee, Caller, Verdict

__all__ = ["DIALS", "Leg", "address_of", "caller_of", "devices_in", "legs_of"]

DIALS: Final = frozenset({"calling.dial", "calling.connect"})
"""The requests that ring at devices."""
_PATIENCE: Final = 7 * 86_400.0
"""Seconds that nobody is waiting for: who gives up does so when they did."""


class Leg(msgspec.Struct, frozen=True):
    """How one device that was dialled went.

    Attributes:
        call_id: its call in the recording, or an empty text.
        verdict: ``answered``, or why it did not.
        rings: after how many seconds.
    """

    call_id: str
    verdict: str
    rings: float

    def callee(self) -> Callee:
        """Return who answers like that."""
        return Callee(
            verdict=cast(Verdict, self.verdict),
            ring_seconds=self.rings,
            facts={"leg": self.call_id},
            patience=_PATIENCE,
        )


def caller_of(offer: Event, tokens: LiveTokens) -> Caller:
    """Return the caller who makes an offer like a recorded one.

    Raises:
        ValueError: it is of a kind of device that the sandbox has no callers with.
    """
    device = tokens.filled(offer.body.get("device") or {})
    kind, params = str(device.get("type")), dict(device.get("params") or {})
    names = {"phone": ("from_number", "to_number"), "sip": ("from", "to")}.get(kind)
    if names is None:
        raise ValueError(f"the call came from a device of type {kind}; a replay has callers of type phone and sip")
    from_number, to_number = (str(params.get(name) or "") for name in names)
    headers = [(str(each.get("name")), str(each.get("value"))) for each in params.get("headers") or ()]
    caller = Caller(from_number or "anonymous", kind=kind, headers=tuple(headers))
    return caller.dials(tokens.filled(str(offer.body.get("context") or "default")), to_number, _PATIENCE)


def devices_in(params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the devices of a dial or a connect, in order."""
    groups = params.get("devices")
    for group in groups if isinstance(groups, list) else ():
        for device in group if isinstance(group, list) else ():
            if isinstance(device, dict):
                yield device


def address_of(device: dict[str, Any]) -> str:
    """Return the number or the address of a device, or an empty text."""
    params = device.get("params")
    found = (params.get("to_number") or params.get("to") or params.get("url")) if isinstance(params, dict) else ""
    return str(found or "")


def legs_of(story: Story, request: Request) -> list[Leg]:
    """Return how the devices of a dial or a connect went, in their order."""
    following = [each.line for each in story.requests if each.line > request.line and each.method == request.method]
    until = min(following, default=len(story.recording.frames))
    events = [event for event in story.events if request.line < event.line < until]
    calls: dict[str, list[Event]] = {}
    for event in events:
        if event.kind == "calling.call.state" and _is_leg(story, request, event):
            calls.setdefault(event.call_id, []).append(event)
    legs: list[Leg] = []
    for device in devices_in(request.params):
        own = next((each for each, states in calls.items() if _address_in(states[0]) == address_of(device)), None)
        legs.append(Leg("", "noAnswer", 0.0) if own is None else _leg(own, calls.pop(own)))
    return legs if not legs or any(leg.call_id for leg in legs) else _by_outcome(request, events, legs)


def _is_leg(story: Story, request: Request, event: Event) -> bool:
    if request.method == "calling.dial":
        return event.body.get("direction") != "inbound"
    return event.call_id not in {request.call_id, story.call_id}


def _address_in(state: Event) -> str:
    return address_of(state.body.get("device") or {})


def _leg(call_id: str, states: list[Event]) -> Leg:
    for event in states:
        state = event.body.get("call_state")
        if state == "answered":
            return Leg(call_id, "answered", event.at - states[0].at)
        if state in {"ending", "ended"}:
            reason = str(next((each.body["end_reason"] for each in states if "end_reason" in each.body), "noAnswer"))
            lost = reason in {"cancel", "hangup", "noAnswer"}  # it rang until somebody else ended that
            return Leg(call_id, "noAnswer" if lost else reason, event.at - states[0].at)
    return Leg(call_id, "noAnswer", 0.0)


def _by_outcome(request: Request, events: list[Event], legs: list[Leg]) -> list[Leg]:
    """Return the same where the service told nothing of the legs: by the outcome of the whole."""
    for event in events:
        state = event.body.get("connect_state") or event.body.get("dial_state")
        if state in {"connected", "answered"}:
            peer = event.body.get("peer") or event.body.get("call") or {}
            address = address_of(dict(peer).get("device") or {})
            found = [place for place, each in enumerate(devices_in(request.params)) if address_of(each) == address]
            place = found[0] if found else 0
            legs[place] = Leg(str(dict(peer).get("call_id") or ""), "answered", event.at - request.at)
            return legs
        if state == "failed":
            reason = str(event.body.get("failed_reason") or event.body.get("reason") or "noAnswer")
            rings = (event.at - request.at) / max(1, len(legs))
            return [Leg("", reason, rings) for _ in legs]
    return legs
