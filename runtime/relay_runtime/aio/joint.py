"""What is there while a client is connected: the bridge to its hub, the tasks of its user, the host of its calls."""

from __future__ import annotations

import asyncio
import atexit
import contextvars
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any, Literal, TypeVar

import gevent

from relay_actors.call import call as model
from relay_actors.call.when_done import checked_when_done
from relay_actors.errors import NotConnected
from relay_actors.kit.scheduler import Scheduler
from relay_actors.kit.user_code import checked_function
from relay_actors.timing import Timing
from relay_runtime.aio.bridge import Bridge
from relay_runtime.aio.call import Call
from relay_runtime.aio.hosted import Host, HostedCall, RemoteCall
from relay_runtime.aio.hub_thread import refuse_patched_threads
from relay_runtime.aio.loop_guard import LoopGuard
from relay_runtime.aio.message import Message
from relay_runtime.aio.tasks import Tasks
from relay_runtime.client.client import RelayClient
from relay_runtime.client.handlers import NAMES

__all__ = ["Joint"]

H = TypeVar("H", bound=Callable[[Any], Any])
T = TypeVar("T")
Kind = Literal["call", "message", "event", "task", "change", "ready", "drain"]

_GRACE = 5.0  # seconds that the end of the process waits beyond the client's own limits


class Joint:
    """Joins a client, which belongs to a hub, with the loop of its user.

    Args:
        client: the client on the hub.
        face: the client as its user knows it, for the code of its calls and the handlers of its beginning and drain.
        when_done: what happens to a call that is up when its handler returns.
        timing: delays and limits.
        guard: seconds for which the loop may be blocked, or None.

    Attributes:
        lent: whether the hub serves somebody who needs it longer than the client, and closes it then.
    """

    def __init__(
        self, client: RelayClient, face: object, *, when_done: str, timing: Timing, guard: float | None
    ) -> None:
        self._client = client
        self._face = face
        self._when_done = checked_when_done(when_done, "argument when_done=")
        self._timing = timing
        self._patience = timing.stop_timeout + timing.hangup_timeout + _GRACE
        self._limit = guard
        self.lent = False
        self._done = when_done  # for the handler of calls that is registered
        self._kept: dict[Kind, Callable[[Any], Any]] = {}
        self._bridge: Bridge | None = None
        self._tasks: Tasks | None = None
        self._host: Host | None = None
        self._closing = asyncio.Lock()
        self._abandoning: Bridge | None = None  # which the hub disconnects by itself
        self._died = False  # whether the last hub did

    @property
    def state(self) -> str:
        """The connection's state; ``failed`` when the hub has died."""
        if self._bridge is not None and self._bridge.failed:
            return "failed"
        return "stopped" if self._died or self.left_behind else self._client.state

    # Its parts, while there are any

    @property
    def bridge(self) -> Bridge:
        """The way to the hub.

        Raises:
            NotConnected: the client is not connected.
        """
        if self._bridge is None:
            raise NotConnected
        return self._bridge

    @property
    def tasks(self) -> Tasks:
        """What runs the code of the user. Raises `NotConnected`."""
        if self._tasks is None:
            raise NotConnected
        return self._tasks

    @property
    def remote(self) -> Callable[..., model.Call]:
        """What makes the actor of a call that is dialled. Raises `NotConnected`."""
        if self._host is None:
            raise NotConnected
        return partial(RemoteCall, host=self._host)

    def wrapped(self, call: model.Call) -> Call:
        """Return a call of the hub as the loop knows it."""
        return Call(self.bridge, self.tasks, call)

    @property
    def unclaimed(self) -> Callable[[model.Call], object]:
        """What ends a call that nobody has, on the hub of now, and never blocks. Raises `NotConnected`."""
        bridge = self.bridge  # the next one is of another thread, which may not touch the call
        return lambda call: bridge.send_if_alive(lambda: Scheduler.current().run(call.hangup))

    @property
    def left_behind(self) -> bool:
        """Whether this is a child, and the client is connected in the process that it was forked from."""
        return self._bridge is not None and self._bridge.left_behind

    def _refuse_child(self) -> None:
        if self._bridge is not None:
            self._bridge.refuse_child()

    async def ask(self, method: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run a method of the client on its hub; here, while there is none."""
        self._refuse_child()
        bridge = self._bridge
        if bridge is None or not bridge.alive:
            return method(*args, **kwargs)
        return await bridge.ask(method, *args, **kwargs)

    # Its life

    async def open(self, timeout: float | None) -> None:
        """Start the hub and connect; see `RelayClient.connect`."""
        self._refuse_child()
        async with self._closing:
            bridge = self._bridge  # what comes to its end is not used again
        if bridge is not None and bridge.alive:
            if bridge.loop is not asyncio.get_running_loop():
                await self._leave(bridge)
            elif bridge is self._abandoning:
                await bridge.closed()
            else:
                await bridge.ask(self._client.connect, timeout)
                return
        refuse_patched_threads()
        bridge = self.start()
        try:
            await bridge.ask(self._client.connect, timeout)
        except BaseException:
            await self.close(self._client.disconnect)
            raise

    async def _leave(self, bridge: Bridge) -> None:
        """Let go of a loop that was closed.

        Raises:
            RuntimeError: it was not.
        """
        if not bridge.loop.is_closed():
            raise RuntimeError("the client is connected in another loop; disconnect it there first")
        bridge.send_if_alive(gevent.spawn, self._abandoned, bridge)
        await asyncio.to_thread(bridge.join, self._patience)

    def start(self) -> Bridge:
        """Start the hub, without a connection, and return the way to it."""
        bridge = self._bridge = Bridge(asyncio.get_running_loop(), contextvars.copy_context(), self._abandoned)
        tasks = self._tasks = Tasks(bridge, self._face)
        self._host = Host(bridge, tasks, self._kept.get("call"), self._done, self._timing.code_linger)
        try:
            bridge.start()
        except BaseException:
            self._bridge = self._tasks = self._host = None
            raise
        self._died = False
        for kind in self._kept:
            bridge.send(self._hand_over, kind)
        if self._limit is not None:
            bridge.send(LoopGuard(bridge, self._limit).start)
        atexit.register(self._end_of_process)
        self._closing = asyncio.Lock()  # it belongs to the loop
        return bridge

    async def close(self, how: Callable[..., T], *args: Any) -> T | None:
        """Disconnect, end the user's tasks, the hub and its thread; return what ``how`` does, None when it is stopped.

        Args:
            how: the method of the client that disconnects it.
            args: its arguments.
        """
        self._refuse_child()
        tasks = self._tasks
        with nullcontext() if tasks is None else tasks.leaving():
            return await self._close(how, *args)

    async def leave(self, how: Callable[[], T]) -> None:
        """Disconnect at the end of an ``async with`` block; in a child of a fork, do nothing."""
        if not self.left_behind:
            await self.close(how)

    async def _close(self, how: Callable[..., T], *args: Any) -> T | None:
        async with self._closing:
            bridge, tasks = self._bridge, self._tasks
            if bridge is None or tasks is None:
                return None
            result = None
            try:
                with suppress(NotConnected):  # the hub may be coming to its end by itself
                    result = await bridge.ask(how, *args, lasting=True) if bridge.alive else None
                await tasks.finish(self._timing.stop_timeout)
            except asyncio.CancelledError:
                self._abandoning = bridge
                bridge.send_if_alive(gevent.spawn, self._abandoned, bridge)  # the hub comes to its end without us
                raise
            if self.lent:
                return result
            self._died = bridge.failed
            self._bridge = self._tasks = self._host = None
            atexit.unregister(self._end_of_process)
            await bridge.close()
            return result

    async def serve(self) -> None:
        """Wait until the client is disconnected, or has been; raises what ended it otherwise, as `RelayClient.run`."""
        if self._bridge is not None:
            with suppress(NotConnected):  # the hub may have come to its end meanwhile
                await self._bridge.ask(self._serve)

    def _serve(self) -> None:
        if self._client.state != "stopped":  # or it would connect anew
            self._client.run()

    def _abandoned(self, bridge: Bridge) -> None:
        """Disconnect when nobody in the loop does; in a greenlet of the hub."""
        self._client.disconnect()
        bridge.stop()

    def _end_of_process(self) -> None:
        """Leave nobody on the line when the process ends without a word."""
        bridge = self._bridge
        if bridge is not None and bridge.send_if_alive(gevent.spawn, self._abandoned, bridge):
            bridge.join(self._patience)

    # The handlers

    def keep(self, kind: Kind, handler: H) -> H:
        """Have a handler used from now on, in the place of the former one; return it.

        Raises:
            TypeError: it is no function of one argument, or would never run.
            RuntimeError: this is another thread or loop, while the client's runs, or a child of a fork.
        """
        self._refuse_child()
        bridge = self._bridge if self._bridge is not None and self._bridge.alive else None
        if bridge is not None:
            bridge.refuse_elsewhere()
        self._kept[kind] = checked_function(handler, f"the handler of {NAMES.get(kind, f'{kind}s')}", coroutines=True)
        if bridge is not None:
            bridge.send(self._hand_over, kind)
        return handler

    def keep_for_calls(self, handler: H, when_done: str | None) -> H:
        """Have inbound calls served by a handler from now on; return it. Errors as for `keep`."""
        self._done = self._when_done if when_done is None else checked_when_done(when_done, "argument when_done=")
        return self.keep("call", handler)

    def _hand_over(self, kind: Kind) -> None:
        """Have the client give what comes to a handler of the user."""
        bridge, tasks, host, handler = self._bridge, self._tasks, self._host, self._kept[kind]
        if bridge is None or tasks is None or host is None:
            return
        forward = tasks.forward(handler, "the handler of {}s crashed", kind)
        if kind == "call":
            host.handler, host.when_done = handler, self._done
            self._client.on_call(partial(HostedCall, host=host))
        elif kind == "message":
            self._client.on_message(lambda message: forward(Message(bridge, tasks, message)))
        elif kind == "event":
            self._client.on_event(forward)
        elif kind == "task":
            self._client.on_task(forward)
        elif kind in {"ready", "drain"}:
            call = tasks.forward_and_wait(handler, "the handler of on_{} crashed", kind)
            register = self._client.on_ready if kind == "ready" else self._client.on_drain
            register(lambda _: call(self._face))
        else:
            self._client.on_change(forward)
