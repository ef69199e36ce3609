"""Calls whose code runs in a loop of asyncio: what the hub knows of them, and the tasks that serve them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from relay_actors.call import call as model
from relay_actors.call.messages import CallOutlived
from relay_actors.call.program import Program
from relay_actors.call.setup import CallEnvironment, CallSetup
from relay_actors.errors import RelayError
from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.log import logger
from relay_runtime.aio.bridge import Bridge
from relay_runtime.aio.call import Call
from relay_runtime.aio.stack import stands_at
from relay_runtime.aio.tasks import Tasks
from relay_runtime.watch.logs import call_at_hand

__all__ = ["Host", "HostedCall", "RemoteCall"]


class RemoteCall(model.CallActor):
    """A call on the hub whose code is elsewhere: whoever dialled it."""

    __slots__ = ()

    def __init__(self, setup: CallSetup, *, host: Host) -> None:
        super().__init__(CallSetup(setup.facts, host.environment(setup.environment)))


class HostedCall(RemoteCall):
    """A call on the hub whose code is a task of the loop; it needs no greenlet."""

    __slots__ = ("task",)

    def __init__(self, setup: CallSetup, *, host: Host) -> None:
        super().__init__(setup, host=host)
        self.task: asyncio.Task[Any] | None = None
        HostedProgram(self, host)

    def _relay__stands(self) -> tuple[str, str] | None:
        """Return what the call's code does, and where it stands; None when there is none."""
        return None if self.task is None else stands_at(self.task)


class HostedProgram(Program):
    """The code of a hosted call: the loop is told when it begins, and when its call is over.

    Hooks of the call would do the same, each in a worker and a turn of its own.
    """

    __slots__ = ("_host",)

    def __init__(self, call: HostedCall, host: Host) -> None:
        super().__init__(call._relay, call, None)
        self._host: Host | None = host  # None once the call is over

    def begin(self, behind: int) -> None:  # noqa: ARG002 - there are no hooks
        """Have the loop serve the call."""
        assert self._host is not None
        self._host.offered(self.call)

    def say_goodbye(self) -> bool:
        """Have the loop look, once, how long the code goes on."""
        host, self._host = self._host, None
        if host is not None:
            host.ended(self.call)
        return False


class Host:
    """Has inbound calls served in the loop.

    Args:
        bridge: joins the loop with the hub.
        tasks: run the code.
        handler: serves them, or None.
        when_done: what happens to a call that is up when its handler returns: ``leave`` or ``hangup``.
        code_linger: seconds for which the code may go on after the end of its call; None for as long as it likes.

    Attributes:
        handler: see above.
        when_done: see above.
    """

    def __init__(
        self,
        bridge: Bridge,
        tasks: Tasks,
        handler: Callable[[Call], Any] | None,
        when_done: str,
        code_linger: float | None,
    ) -> None:
        self.handler = handler
        self._bridge = bridge
        self._tasks = tasks
        self.when_done = when_done
        self._code_linger = code_linger
        self._environment: CallEnvironment | None = None

    def wrapped(self, call: model.Call) -> Call:
        """Return a call of the hub as the loop knows it."""
        return Call(self._bridge, self._tasks, call)

    # In the thread of the hub

    def environment(self, of: CallEnvironment) -> CallEnvironment:
        """Return what is around all calls: their code is behind what has happened, and misses nothing for that."""
        if self._environment is None:
            self._environment = msgspec.structs.replace(of, behind=True)
        return self._environment

    def offered(self, call: HostedCall) -> None:
        """Have a call served. Never blocks."""
        self._bridge.post(self._serve, call)

    def ended(self, call: HostedCall) -> None:
        """Note that a call has ended. Never blocks."""
        if self._code_linger is not None:
            self._bridge.post(self._limit, call)

    def _finish(self, call: HostedCall, when_done: str, error: BaseException | None) -> None:
        """Do what is due when the code of a call is through: it crashed, or its call is not left as it is."""
        core = call._relay
        if core.mailbox.closed:
            if error is not None and not isinstance(error, RelayError):
                log_crash(error, "{} crashed after call {}", core.facts.kind, core.call_id, call_id=core.call_id)
            return
        if error is not None:
            core.enqueue(partial(_raise, error))
        else:
            core.enqueue(partial(core.code.finish, when_done, by_function=True), hosting=True)
        core.mailbox.wake()

    # In the loop

    def _serve(self, call: HostedCall) -> None:
        handler = self.handler
        if handler is not None:
            call.task = self._tasks.run(partial(self._begin, handler), call, partial(self._over, call, self.when_done))

    def _begin(self, handler: Callable[[Call], Any], call: HostedCall) -> Any:
        """Begin the code of a call, in a context of its own: what it logs carries the call."""
        call_at_hand.set(call._relay.facts)
        return handler(self.wrapped(call))

    def _over(self, call: HostedCall, when_done: str, error: BaseException | None) -> None:
        call.task = None
        if error is not None and not isinstance(error, Exception):  # the loop ends by it; the hub must not
            error = RuntimeError(f"the code of the call has raised {type(error).__name__}")
        self._bridge.send_if_alive(self._finish, call, when_done, error)

    def _limit(self, call: HostedCall) -> None:
        if call.task is not None and self._code_linger is not None:
            self._bridge.loop.call_later(self._code_linger, self._cancel, call)

    def _cancel(self, call: HostedCall) -> None:
        if call.task is None:
            return
        _, where = stands_at(call.task)
        logger.bind(call_id=call.call_id).warning(
            "the code of call {} outlives the call and is ended; it stood at {}", call.call_id, where
        )
        self._bridge.send_if_alive(call._relay.environment.subscription.offer, CallOutlived(call.call_id))
        call.task.cancel()


def _raise(error: BaseException) -> None:
    raise error
