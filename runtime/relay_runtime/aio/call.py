"""A live call as coroutines know it, and its operations beside it, as in SignalWire's own module of this name."""

# ruff: noqa: F403 - all operations

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from relay_actors.call import call as model
from relay_actors.wire.checks import check_event_type
from relay_actors.wire.events import CallStateEvent, RelayEvent
from relay_runtime.aio import verbs
from relay_runtime.aio.actions import *

if TYPE_CHECKING:
    from relay_runtime.aio.client import RelayClient

__all__ = ["Call", "EventHandler"]

EventHandler = Callable[[Any], Any]
"""What `Call.on` takes: a plain function or a coroutine function of the event."""


class Call(
    verbs.SetupVerbs,
    verbs.MediaVerbs,
    verbs.CollectVerbs,
    verbs.DetectVerbs,
    verbs.FaxVerbs,
    verbs.TapStreamVerbs,
    verbs.PayVerbs,
    verbs.ConferenceVerbs,
    verbs.QueueVerbs,
    verbs.AIVerbs,
    verbs.SpeechVerbs,
):
    """One live call, inbound or outbound; as `relay_runtime.Call`, with verbs and waits that are awaited.

    May be used from any task of the loop that the client was connected in. What is known of the call is read directly;
    it is as new as the client's thread knows it.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(self._of)

    # What is known of the call

    @property
    def call_id(self) -> str:
        """The call's id."""
        return self._of.call_id

    @property
    def node_id(self) -> str:
        """The routing half of the call's address."""
        return self._of.node_id

    @property
    def project_id(self) -> str:
        """The project the call belongs to."""
        return self._of.project_id

    @property
    def context(self) -> str:
        """The context an inbound call arrived on; empty for an outbound one."""
        return self._of.context

    @property
    def direction(self) -> str:
        """``inbound`` or ``outbound``."""
        return self._of.direction

    @property
    def device(self) -> dict[str, Any]:
        """The call's device, ``{"type": …, "params": {…}}``: a fresh dict at each access."""
        return self._of.device

    @property
    def from_number(self) -> str:
        """Who calls: a number, a SIP address, or an empty string."""
        return self._of.from_number

    @property
    def to_number(self) -> str:
        """Who is called: a number, a SIP address, or an empty string."""
        return self._of.to_number

    @property
    def tag(self) -> str:
        """The label of the dial that made the call, or an empty string."""
        return self._of.tag

    @property
    def segment_id(self) -> str:
        """The call segment, for correlation only."""
        return self._of.segment_id

    @property
    def history(self) -> tuple[tuple[float, str], ...]:
        """When the call came into each of its states, in monotonic seconds, oldest first."""
        return self._of.history

    @property
    def state(self) -> str:
        """The call's state: ``created``, ``ringing``, ``answered``, ``ending`` or ``ended``."""
        return self._of.state

    @property
    def is_ended(self) -> bool:
        """Whether the call is over for this client."""
        return self._of.is_ended

    @property
    def end_reason(self) -> str:
        """Why the call ended, in the wire's spelling; empty while it is up or when the server gave no reason."""
        return self._of.end_reason

    # Commands, listeners and waits

    async def command(self, method: str, params: dict[str, Any], *, timeout: float | None = None) -> dict[str, Any]:
        """Send any call method with this call's address and return its result.

        Args:
            method: the method's name on the wire.
            params: its params.
            timeout: seconds to wait for the reply; None takes the configured ``request_timeout``.

        Raises:
            RelayError: the server refused it.
            RequestTimeout: no reply came in time.
            ConnectionLost: the connection dropped while the reply was awaited.
        """
        return await self._ask(model.Call.command, method, params, timeout=timeout)

    @property
    def client(self) -> RelayClient:
        """The client that the call belongs to, to dial and to send messages."""
        client: RelayClient = self._tasks.client
        return client

    def on(self, event_type: str, handler: EventHandler) -> None:
        """Call ``handler(event)``, a plain or a coroutine function, with each event of a type (``*`` for all)."""
        check_event_type(event_type)
        forward = self._tasks.forward(handler, "a listener of call {} crashed", self.call_id)
        self._bridge.send(model.Call.on, self._of, event_type, forward)

    async def wait_for(
        self,
        event_type: str,
        predicate: Callable[[Any], bool] | None = None,
        timeout: float | None = None,
    ) -> RelayEvent:
        """Wait for the next event of a type and return it.

        What came since the last verb was awaited counts as next, and so does, if there is a predicate, the state that
        the call is in: states are told once.

        Args:
            event_type: the type on the wire, such as ``calling.call.play``; ``*`` for any.
            predicate: called in the client's thread with each event of the type; the wait ends at the first for which
                it is true. It must not block, and should look at the event alone.
            timeout: seconds to wait at most; None waits as long as call and session last.

        Raises:
            RelayTimeout: the time is over.
            CallEnded: the call ended first.
            SessionLost: the connection came back without the session.
        """
        return await self._ask(model.Call.wait_for, event_type, predicate, timeout)

    async def sleep(self, seconds: float) -> None:
        """Do nothing for a while: `asyncio.sleep`, but for the end of the call, which ends it.

        Args:
            seconds: 0 or more.

        Raises:
            ValueError: ``seconds`` is no such number.
            CallEnded: the call ended meanwhile, or had.
            SessionLost: the connection came back without the session.
        """
        await self._ask(model.Call.sleep, seconds)

    async def wait_for_ringing(self, timeout: float | None = None) -> CallStateEvent:
        """Wait until the call rings; returns at once if it has rung. See `wait_for`."""
        return await self._ask(model.Call.wait_for_ringing, timeout)

    async def wait_for_answered(self, timeout: float | None = None) -> CallStateEvent:
        """Wait until the call is answered; returns at once if it was. See `wait_for`."""
        return await self._ask(model.Call.wait_for_answered, timeout)

    async def wait_for_ending(self, timeout: float | None = None) -> CallStateEvent:
        """Wait until the call is ending or has ended. See `wait_for`."""
        return await self._ask(model.Call.wait_for_ending, timeout)

    async def wait_for_ended(self, timeout: float | None = None) -> CallStateEvent:
        """Wait until the call has ended, and return the event that said so. See `wait_for`."""
        return await self._ask(model.Call.wait_for_ended, timeout)
