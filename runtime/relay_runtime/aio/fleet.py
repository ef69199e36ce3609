"""The fleet for asyncio: it is asked in the thread of the client."""

from __future__ import annotations

from typing import Any

from relay_actors.telemetry.status import CallStatus
from relay_runtime.aio.joint import Joint
from relay_runtime.fleet import reach as plain
from relay_runtime.fleet.engine import Member

__all__ = ["Fleet", "FleetCall"]


class FleetCall:
    """A live call, wherever it is served; as `relay_runtime.fleet.reach.FleetCall`, and with its errors."""

    def __init__(self, joint: Joint, of: plain.FleetCall) -> None:
        self._joint = joint
        self._of = of

    @property
    def call_id(self) -> str:
        """Its id."""
        return self._of.call_id

    async def status(self) -> CallStatus:
        """Return what the call looks like now."""
        return await self._joint.ask(self._of.status)

    async def hangup(self, reason: str = "hangup") -> None:
        """Hang it up."""
        await self._joint.ask(self._of.hangup, reason)

    async def tell(self, value: Any) -> None:
        """Have the hook ``on_told(value)`` of the call run, once at most, if its class has one."""
        await self._joint.ask(self._of.tell, value)


class Fleet:
    """The fleet, seen from one of its processes; as `relay_runtime.fleet.reach.Fleet`, and with its errors."""

    def __init__(self, joint: Joint, of: plain.Fleet) -> None:
        self._joint = joint
        self._of = of

    def call(self, call_id: str) -> FleetCall:
        """Return a live call by its whole id; whether there is one is found out when it is asked."""
        return FleetCall(self._joint, self._of.call(call_id))

    async def find(self, prefix: str) -> list[str]:
        """Return the ids of some live calls that begin so."""
        return await self._joint.ask(self._of.find, prefix)

    async def processes(self, *, calls: bool = False) -> list[plain.Asked]:
        """Ask all processes what they look like."""
        return await self._joint.ask(self._of.processes, calls=calls)

    async def members(self) -> list[Member]:
        """Return which processes there are."""
        return await self._joint.ask(self._of.members)

    async def drain(self, host: str) -> None:
        """Have a host get no new calls, from now on and after a restart too; its live calls go on."""
        await self._joint.ask(self._of.drain, host)

    async def undrain(self, host: str) -> None:
        """Have a host get new calls again."""
        await self._joint.ask(self._of.undrain, host)

    async def drained(self) -> set[str]:
        """Return the hosts that get no new calls."""
        return await self._joint.ask(self._of.drained)
