"""Places an outbound call: the dial's command, its reply and its outcome, one wait for all."""

from __future__ import annotations

from typing import Any

from relay_actors.call.call import Call
from relay_actors.call.verbs.given import given
from relay_actors.errors import ClientStopped, RelayTimeout
from relay_actors.kit import clock
from relay_actors.kit.future import GreenletFuture
from relay_actors.kit.ids import new_id
from relay_actors.routing.messages import AbandonDial, BeginDial
from relay_actors.session.command import Command
from relay_actors.wire.checks import check_devices, check_params
from relay_runtime.client.actors import ClientActors
from relay_runtime.client.handlers import CallFactory, checked_factory

__all__ = ["dial"]


def dial(
    actors: ClientActors,
    params: dict[str, Any],
    call_actor: CallFactory | None,
    limit: float,
    command: Command | None = None,
) -> Call:
    """Return the call once it is answered. Blocks the current greenlet; see `RelayClient.dial` for what it raises.

    Args:
        actors: the actors of the client.
        params: the params of ``calling.dial``; those that are None are left out, and the tag is a new one then.
        call_actor: makes the call's actor; None leaves the call to the caller.
        limit: seconds to wait for an answer.
        command: its command, for who has to know whether that was sent; None makes one.
    """
    params = given({**params, "tag": params["tag"] or new_id(), "devices": check_devices(params["devices"])})
    params = check_params("calling.dial", params)
    label = params["tag"]
    if limit <= 0:
        raise ValueError(f"dial_timeout is {limit}; accepted is a number of seconds above 0")
    factory = Call if call_actor is None else checked_factory(call_actor)
    tree = actors.running()
    if tree.draining:
        raise ClientStopped("the client is draining; it makes no new calls")
    until = clock.monotonic() + limit
    future: GreenletFuture[Call] = GreenletFuture()
    command = Command() if command is None else command
    try:
        tree.subscription.request(BeginDial(label, factory, future, command)).get(timeout=limit)
        tree.link.submit("calling.dial", params, command=command)
        _wait_for_either(future, command, min(until - clock.monotonic(), command.remaining()))
        if not future.done():
            tree.link.settle(command)  # an outcome makes up for a reply that is late or lost
        if not future.wait(max(0.0, until - clock.monotonic())):
            raise RelayTimeout(f"nobody answered the dial within {limit:g} s")
        call: Call = future.get()
    except BaseException:
        # Whatever ends the wait, nobody is left ringing (protocol 5).
        tree.subscription.offer(AbandonDial(label, future))
        raise
    return call


def _wait_for_either(one: GreenletFuture[Any], other: GreenletFuture[Any], timeout: float) -> None:
    """Block the current greenlet until one of two futures has a result, ``timeout`` seconds at most."""
    either: GreenletFuture[None] = GreenletFuture()

    def arrived() -> None:
        either.resolve(None)

    futures = (one, other)
    for future in futures:
        future.add_done_callback(arrived)
    either.wait(timeout)
    for future in futures:
        future.remove_done_callback(arrived)
