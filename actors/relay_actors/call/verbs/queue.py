"""Verbs of queues (protocol 7.5)."""

from __future__ import annotations

from typing import Any

from relay_actors.call.commands import invoke
from relay_actors.call.verbs.base import Verbs
from relay_actors.call.verbs.given import given
from relay_actors.kit.ids import new_id

__all__ = ["QueueVerbs"]


class QueueVerbs(Verbs):
    """Queues. Each blocks the current greenlet until the server's reply."""

    __slots__ = ()

    def queue_enter(
        self, queue_name: str, *, control_id: str | None = None, status_url: str | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Put the call into a queue (``calling.queue.enter``) and return the reply.

        ``calling.call.queue`` tells its place and its end (hook ``on_queue``).

        Args:
            queue_name: the queue; made when it is first used.
            control_id: id of the stay; default a new UUID. `queue_leave` remembers it.
            status_url: webhook that gets the events too.
            kwargs: further params, passed to the wire: ``wait_url`` (what is played meanwhile), ``wait_time``
                (seconds, at least 1; default 180), ``execute_after_queue`` (SWML), ``whisper_url`` (played to the
                agent).
        """
        control_id = control_id or new_id()
        params = given(control_id=control_id, queue_name=queue_name, status_url=status_url, **kwargs)
        reply = invoke(self._relay, "calling.queue.enter", params)
        facts = self._relay.facts
        facts.queue_entries = {**(facts.queue_entries or {}), queue_name: control_id}
        return reply

    def queue_leave(
        self,
        queue_name: str,
        *,
        control_id: str | None = None,
        queue_id: str | None = None,
        status_url: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Take the call out of a queue (``calling.queue.leave``) and return the reply.

        Args:
            queue_name: the queue.
            control_id: id of the stay; default the one of `queue_enter`, which the server demands.
            queue_id: the queue's id, from its events.
            status_url: webhook that gets the events too.
            kwargs: further params, passed to the wire.

        Raises:
            RelayError: the server refused; code 404 when the call is not in the queue.
        """
        params = given(
            control_id=control_id or (self._relay.facts.queue_entries or {}).get(queue_name) or new_id(),
            queue_name=queue_name,
            queue_id=queue_id,
            status_url=status_url,
            **kwargs,
        )
        return invoke(self._relay, "calling.queue.leave", params)
