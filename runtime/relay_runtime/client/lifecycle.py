"""Calls the handlers of `RelayClient.on_ready` and `RelayClient.on_drain`: what an app does beside its calls."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Group

from relay_actors.delivery.handler_pool import until_stopped
from relay_actors.kit.fork import spawn
from relay_actors.kit.guard import run_guarded
from relay_actors.kit.log import logger
from relay_runtime.client.handlers import ClientHandlers, Handler

__all__ = ["LifecycleHandlers"]


class LifecycleHandlers:
    """Calls each handler once between the start of a client's actors and their end, in a greenlet of its own.

    Args:
        client: what the handlers get.
        handlers: has the handlers of the user.
    """

    def __init__(self, client: object, handlers: ClientHandlers) -> None:
        self._client = client
        self._handlers = handlers
        self._up = False
        self._serving = Group()  # greenlets of `on_ready`
        self._draining: Any = None  # the greenlet of `on_drain`, once there is one

    def begin(self) -> None:
        """Note that the actors start."""
        self._up = False
        self._draining = None

    def logged_in(self) -> None:
        """Call the handler of `on_ready` at the first login. Never blocks."""
        if not self._up:
            self._up = True
            self._serve()

    def registered(self) -> None:
        """Call a new handler of `on_ready` now, if the login is past. Never blocks."""
        if self._up:
            self._serve()

    def _serve(self) -> None:
        handler = self._handlers.kept("ready")
        if handler is not None:
            serving = spawn(_run, handler, self._client, "on_ready")
            serving.name = "on_ready"
            self._serving.add(serving)

    def before_drain(self, timeout: float, stopped: Event) -> None:
        """Call the handler of `on_drain` and wait for its end. Blocks the current greenlet.

        Args:
            timeout: seconds to wait at most.
            stopped: ends the wait: there is nothing left to drain.
        """
        handler = self._handlers.kept("drain")
        if self._draining is None and handler is not None:
            self._draining = spawn(_run, handler, self._client, "on_drain")
            self._draining.name = "on_drain"
        draining = self._draining
        if draining is None or draining is gevent.getcurrent():
            return
        gevent.wait([draining, stopped], timeout=timeout, count=1)
        if not draining.ready() and draining is self._draining and not stopped.is_set():
            logger.warning("the handler of on_drain still runs after {:g} s: draining without it", timeout)

    def end(self) -> None:
        """End what still serves: the client has stopped. Never blocks, and spares whoever stops it."""
        self._up = False
        for greenlet in list(self._serving):
            if greenlet is not gevent.getcurrent():
                greenlet.kill(block=False)


def _run(handler: Handler, client: object, name: str) -> None:
    run_guarded(partial(_until_stopped, handler), client, "the handler of {} crashed", name)


def _until_stopped(handler: Handler, client: object) -> None:
    with suppress(gevent.GreenletExit):  # no crash either: `end` has killed it
        until_stopped(handler, client)
