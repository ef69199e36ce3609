"""Sends a text message, and has its states watched from then on."""

from __future__ import annotations

from typing import Any

from relay_actors.call.verbs.given import given
from relay_actors.errors import ClientStopped
from relay_actors.kit.user_code import checked_function
from relay_actors.messaging.actor import TrackMessage
from relay_actors.messaging.message import Message
from relay_actors.wire.checks import check_message
from relay_actors.wire.values import text
from relay_runtime.client.actors import ClientActors
from relay_runtime.client.handlers import Handler

__all__ = ["send_message"]


def send_message(actors: ClientActors, params: dict[str, Any], on_completed: Handler | None) -> Message:
    """Return the message once the server has accepted it; see `RelayClient.send_message` for what is raised.

    Blocks the current greenlet.

    Args:
        actors: the actors of the client.
        params: the params of ``messaging.send``; those that are None are left out.
        on_completed: called with the event of the terminal state, in a greenlet of its own.
    """
    params = check_message(given(params))
    if on_completed is not None:
        checked_function(on_completed, "on_completed")
    tree = actors.running()
    reply = tree.link.execute("messaging.send", params)
    message = Message(
        message_id=text(reply.get("message_id")),
        context=params["context"],
        direction="outbound",
        from_number=params["from_number"],
        to_number=params["to_number"],
        body=params.get("body", ""),
        media=params.get("media"),
        state="queued",
        tags=params.get("tags"),
    )
    if on_completed is not None:
        message.on_completed(on_completed)
    if not tree.messaging.offer(TrackMessage(message)):
        message.abandon(ClientStopped())
    return message
