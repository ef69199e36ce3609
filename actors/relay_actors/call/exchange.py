"""Commands of a call: each is sent with the call's address, and its reply is waited for. Any greenlet may do so."""

from __future__ import annotations

from typing import Any, Protocol

from relay_actors.call.engagements import ENGAGING, Engaged, begun_by, undone_by, with_, without
from relay_actors.call.facts import CallFacts
from relay_actors.call.messages import CatchUp
from relay_actors.call.setup import CallEnvironment
from relay_actors.call.waits import OpenWaits
from relay_actors.kit import clock
from relay_actors.kit.actor import GreenletRef
from relay_actors.kit.future import GreenletFuture
from relay_actors.wire.call_state import ENDING

__all__ = ["Sender", "command", "engage", "is_still_up"]


class Sender(Protocol):
    """A call's actor, as far as it sends commands."""

    facts: CallFacts
    environment: CallEnvironment
    commands: int | None
    waits: OpenWaits | None

    @property
    def ref(self) -> GreenletRef:
        """The reference of the actor."""

    @property
    def mailbox(self) -> Any:
        """The mailbox of the actor."""

    def wait_for_future(self, future: GreenletFuture[Any], timeout: float | None) -> bool:
        """Wait for a future; return False when ``timeout`` seconds passed first. Blocks the current greenlet."""

    def take_up(self) -> None:
        """Have an offer that was left to others after all."""


def command(call: Sender, method: str, params: dict[str, Any], *, timeout: float | None = None) -> dict[str, Any]:
    """Send any call method with a call's address and return its result; see `Call.command`."""
    observer = call.environment.observer
    exchange = _engage if method in ENGAGING else _exchange
    if observer is None:
        return exchange(call, method, params, timeout)
    began = observer.command_began(call.facts, method)
    try:
        result = exchange(call, method, params, timeout)
    except BaseException as error:
        observer.command_over(began, error)
        raise
    observer.command_over(began, None)
    return result


def engage(call: Sender, engaged: Engaged) -> None:
    """Note all that a call is engaged in without code of its user, by what the server has said. Never blocks."""
    call.facts.engaged = engaged
    call.environment.link.ledger.note_engaged(call.facts.call_id, engaged)


def _engage(call: Sender, method: str, params: dict[str, Any], timeout: float | None) -> dict[str, Any]:
    """Exchange a command and its reply; what it engages the call in begins ahead, and not at all if it fails."""
    facts, what = call.facts, begun_by(method, params)
    new = what is not None and what not in facts.engaged
    if what is not None:
        facts.engaged = with_(facts.engaged, what)  # the server may not have heard of it: nothing to write down
    try:
        result = _exchange(call, method, params, timeout)
    except BaseException as error:
        # It may have taken effect if it was sent and no reply came: rather too long on the line than thrown off it.
        if new and what is not None and not getattr(error, "sent", False):
            facts.engaged = without(facts.engaged, what)
            call.mailbox.wake()  # what waits for its end looks again
        raise
    engage(call, undone_by(method, params, facts.engaged))
    call.mailbox.wake()
    return result


def _exchange(call: Sender, method: str, params: dict[str, Any], timeout: float | None) -> dict[str, Any]:
    facts, link = call.facts, call.environment.link
    if timeout is None:
        timeout = link.timing.request_timeout
    # No local name for them, which a call that waits for its reply would keep.
    asked = link.submit(method, {"node_id": facts.node_id, "call_id": facts.call_id, **params}, timeout=timeout)
    if call.commands is None:
        call.commands = 0
        if facts.direction != "outbound":  # a dialled call is its caller's, who may take his time
            link.stats.first_command_seconds.add(clock.monotonic() - facts.born)
            if facts.orphaned is None:  # else its own class is written down, which may be none of this process's
                link.ledger.note_served(facts.call_id, facts.node_id, call.ref.actor_class, dialled=False)
        if facts.left:
            call.take_up()
    if call.waits is not None and not call.commands and not call.waits.forget_kept():
        call.waits = None
    call.commands += 1
    try:
        call.wait_for_future(asked, timeout)
    finally:
        call.commands -= 1
    return link.settle(asked)


def is_still_up(call: Sender) -> bool:
    """Return whether a call is up by all that the server has sent until now. Blocks the current greenlet.

    The reply to a ping comes behind all that; the router and then the call are asked, since that goes by them.
    """
    environment = call.environment
    ping = environment.link.submit("signalwire.ping", {})
    call.wait_for_future(ping, ping.remaining())
    environment.link.settle(ping)
    for address in (environment.subscription, call.ref):
        call.wait_for_future(address.request(CatchUp()), environment.timing.request_timeout)
    return call.facts.over is None and call.facts.state != ENDING
