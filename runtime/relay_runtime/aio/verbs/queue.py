"""Verbs of queues, awaited.

Written by tools/aio_verbs.py; change the original and run it again.
"""

from __future__ import annotations

from typing import Any

from relay_actors.call.verbs import queue as model
from relay_runtime.aio.verbs.base import Verbs

__all__ = ["QueueVerbs"]


class QueueVerbs(Verbs):
    """Queues."""

    __slots__ = ()

    async def queue_enter(
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
        return await self._ask(
            model.QueueVerbs.queue_enter, queue_name, control_id=control_id, status_url=status_url, **kwargs
        )

    async def queue_leave(
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
        return await self._ask(
            model.QueueVerbs.queue_leave,
            queue_name,
            control_id=control_id,
            queue_id=queue_id,
            status_url=status_url,
            **kwargs,
        )
