"""All that a test of an app needs, in one object: its time, its server, its client, and lines to speak on."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from relay_runtime import aio
from relay_runtime.client.client import RelayClient
from relay_runtime.sandbox import Sandbox
from relay_runtime.testing.app import AppUnderTest
from relay_runtime.testing.callee import LiveCallee
from relay_runtime.testing.caller import LiveCaller
from relay_runtime.testing.message_box import MessageBox
from relay_runtime.testing.stage import StageClock, owned_time, stage
from relay_runtime.testing.virtual import DAY

__all__ = ["RelayKit"]


class RelayKit:
    """Runs an app against a sandbox in virtual time; a context manager, for unittest and any other test runner.

    >>> with RelayKit(Menu) as kit:
    ...     kit.caller("+15550100001").dials("office").hears("Welcome").presses("1")

    At the end of the block all lines hang up, and the block fails if code of the app crashed or does not end. Pytest
    has the same as fixtures.

    Args:
        app: the app: a subclass of `CallActor`, a function for `RelayClient.on_call`, or a `RelayClient`.
        seed: ids, jitter and the sandbox's faults follow from it.
        scale: None for virtual time; or a number: real time over sockets, in which so many seconds pass in each of the
            machine's.
        foreign_loop: whether the app is one of `relay_runtime.aio`, whose loop keeps its own time: the test runs over
            sockets in real time, and only what lasts on a line passes twenty times faster.
        limit: seconds after which the test is interrupted.
        **client_options: arguments of the client that is made for the app, such as ``max_active_calls``.

    Attributes:
        clock: the time: ``clock.now()``, ``clock.sleep(seconds)``.
        sandbox: the server; see `Sandbox` for its faults.
        client: the app's client, connected.
        messages: the messages to the app and of it.
    """

    clock: StageClock
    sandbox: Sandbox
    client: RelayClient | aio.RelayClient
    messages: MessageBox

    def __init__(
        self,
        app: Any = None,
        *,
        seed: int = 0,
        scale: float | None = None,
        foreign_loop: bool = False,
        limit: float = DAY,
        **client_options: Any,
    ) -> None:
        self._app = app
        self._seed = seed
        self._scale = scale
        self._foreign_loop = foreign_loop
        self._limit = limit
        self._options = client_options
        self._block = ExitStack()
        self._app_under_test: AppUnderTest | None = None

    def __enter__(self) -> Self:
        with ExitStack() as block:
            foreign = self._foreign_loop
            owned = owned_time(seed=self._seed, limit=self._limit, scale=self._scale, foreign_loop=foreign)
            self.clock = block.enter_context(owned)
            sockets = self._scale is not None
            self.sandbox = block.enter_context(stage(seed=self._seed, sockets=sockets, foreign_loop=foreign))
            self._app_under_test = AppUnderTest(self._app, self.sandbox, **self._options)
            block.callback(self._served.stop)
            self._served.start()
            self.client, self.messages = self._served.client, self._served.messages
            self._block = block.pop_all()
        return self

    @property
    def _served(self) -> AppUnderTest:
        if self._app_under_test is None:
            raise RuntimeError("the kit has not begun: use it as a context manager, as in `with RelayKit(App) as kit:`")
        return self._app_under_test

    def caller(self, number: str = "+15550100001") -> LiveCaller:
        """Return somebody who is about to call the app from a number; ``dials`` returns the line. Never blocks."""
        return self._served.phones.caller(number)

    def callee(self, number: str) -> LiveCallee:
        """Return the line of somebody who is to be called at a number. Never blocks."""
        return self._served.phones.callee(number)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        with self._block:
            if kind is None:
                self._served.settle()
                self._served.check()
            elif error is not None and (crashed := self._served.crashed(but=str(error))):
                error.add_note(crashed)
