"""Echo, hold, noise reduction, rooms, user events: one switch of the call each (protocol 7.3 and 7.5)."""

from __future__ import annotations

from typing import Any

from relay_runtime.sandbox.calls.action import Unnamed
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.ground.fields import Filled
from relay_runtime.sandbox.verbs import documented
from relay_runtime.sandbox.verbs.table import Params, RefusalError, answered, fresh, running, verb

_SHORTEST_ECHO, _LONGEST_ECHO = 5.0, 120.0


class EchoParams(Params):
    """Params of calling.echo."""

    timeout: float = 60


class RoomParams(Params):
    """Params of calling.join_room."""

    name: Filled


class UserEventParams(Params):
    """Params of calling.user_event."""

    event: dict[str, Any]


class Echo(Unnamed):
    """The caller's audio sent back.

    Args:
        call: the call.
        seconds: line seconds it lasts.
    """

    kind = "echo"
    event_type = "calling.call.echo"

    def __init__(self, call: Call, seconds: float) -> None:
        super().__init__(call)
        self._seconds = seconds

    def start(self) -> None:
        """Send ``echoing``."""
        self.event(state="echoing")
        self.set_timer("over", self._seconds, self.stop)


class Room(Unnamed):
    """Membership of a room.

    Args:
        call: the call.
        name: the room.
    """

    kind = "room"
    event_type = "calling.call.room"

    def __init__(self, call: Call, name: str) -> None:
        super().__init__(call)
        self._name = name

    def start(self) -> None:
        """Send ``joined``."""
        self.event(join_status="joined", room_name=self._name)

    def stop(self) -> None:
        """Leave."""
        self.finish(join_status="leave", room_name=self._name)


@verb("calling.echo", "Echoing", EchoParams)
def echo(call: Call, params: EchoParams) -> None:
    """Send the caller's audio back for a time."""
    fresh(call, Echo, complaint="An echo is already running")
    call.begin(Echo(call, min(_LONGEST_ECHO, max(_SHORTEST_ECHO, params.timeout))))


@verb("calling.join_room", "Joining room", RoomParams)
def join_room(call: Call, params: RoomParams) -> None:
    """Join a room."""
    fresh(call, Room, complaint="The call is in a room already")
    call.begin(Room(call, params.name))


@verb("calling.leave_room", "Leaving room")
def leave_room(call: Call, params: Params) -> None:  # noqa: ARG001
    """Leave the room."""
    running(call, Room, complaint="The call is in no room").stop()


@verb("calling.hold", "Call on hold")
def hold(call: Call, params: Params) -> None:  # noqa: ARG001
    """Put the call on hold."""
    _switch(call, "held", on=True, complaint="The call is on hold already")
    call.event("calling.call.hold", state="hold")


@verb("calling.unhold", "Call off hold")
def unhold(call: Call, params: Params) -> None:  # noqa: ARG001
    """Take the call off hold."""
    _switch(call, "held", on=False, complaint="The call is not on hold")
    call.event("calling.call.hold", state="unhold")


@verb("calling.denoise", "Denoiser on")
def denoise(call: Call, params: Params) -> None:  # noqa: ARG001
    """Turn noise reduction on."""
    _switch(call, "denoised", on=True, complaint="The denoiser is on already")
    call.event("calling.call.denoise", denoised=True)


@verb("calling.denoise.stop", "Denoiser off")
def denoise_stop(call: Call, params: Params) -> None:  # noqa: ARG001
    """Turn noise reduction off."""
    _switch(call, "denoised", on=False, complaint="The denoiser is off already")
    call.event("calling.call.denoise", denoised=False)


@verb("calling.user_event", "Sending user event", UserEventParams, in_schema=documented.user_event)
def user_event(call: Call, params: UserEventParams) -> None:
    """Send an application event through the call; it comes back with the address merged in.

    One with a name under ``event`` comes back under ``event`` as a whole, since that field is an object.
    """
    own = {key: value for key, value in params.event.items() if key not in {"node_id", "call_id"}}
    named = not isinstance(own.get("event", {}), dict)
    call.event("calling.user_event", **({"event": own} if named else own))


def _switch(call: Call, fact: str, *, on: bool, complaint: str) -> None:
    answered(call)
    if bool(call.facts.get(fact)) is on:
        raise RefusalError("409", complaint)
    call.facts[fact] = on
