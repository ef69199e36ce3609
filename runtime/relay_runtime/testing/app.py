"""The app that is tested: a client of its own or one made for it, what of its code crashed, and how it ends."""

from __future__ import annotations

from contextlib import ExitStack
from inspect import iscoroutinefunction, signature
from typing import Any, Final

import gevent
from gevent.lock import BoundedSemaphore

from relay_actors.call.call import CallActor
from relay_actors.kit import clock
from relay_actors.kit.spelling import near_miss
from relay_runtime import aio
from relay_runtime.client.client import RelayClient
from relay_runtime.client.handlers import checked_factory
from relay_runtime.sandbox import Sandbox
from relay_runtime.testing.greenlets import some_left
from relay_runtime.testing.loop_client import LoopClient
from relay_runtime.testing.message_box import MessageBox
from relay_runtime.testing.phones import Phones

__all__ = ["AppCrashed", "AppUnderTest", "CodeStillRuns", "client_of", "makes_calls"]

_ENDING: Final = 25.0
"""Seconds that code has to end when all lines have hung up, such as for a note in a file. Less than ``code_linger``,
behind which the runtime would end the code of a call, and nobody would hear of it."""
_LOOK: Final = 0.5
_ACCEPTED: Final = "accepted are a subclass of CallActor, a function for on_call, and a RelayClient of your own"


class AppCrashed(AssertionError):
    """Code of the app raised: in a call, or in another handler; the text has its traceback."""


class CodeStillRuns(AssertionError):
    """Code of the app runs on although its call is over; the text says where it stands."""


def client_of(app: Any, **options: Any) -> RelayClient | aio.RelayClient:
    """Return the client of an app: its own, or a new one that it serves the calls of.

    Args:
        app: a subclass of `CallActor`, or what makes one; a function for `RelayClient.on_call`; a `RelayClient`; None
            for a client whose calls nobody serves. A coroutine function, and a client of `relay_runtime.aio`, get
            the client for asyncio.
        **options: arguments of a new client, such as ``contexts``, ``max_active_calls`` or ``timing``.

    Raises:
        TypeError: it is none of these.
        ValueError: a client of its own has its options already; or there is no such option.
    """
    if isinstance(app, RelayClient | aio.RelayClient):
        if options:
            given = ", ".join(sorted(options))
            raise ValueError(
                f"the app is a RelayClient, which was made with options of its own; {given} can't be given"
            )
        return app
    kind = aio.RelayClient if iscoroutinefunction(app) else RelayClient
    _check_options(kind, options)
    known = {"project": "test", "token": "test", "host": "test.invalid", "proxy": None, "ledger": "off", **options}
    if app is None or makes_calls(app):
        return RelayClient(call_actor=app, **known)
    if not callable(app) or isinstance(app, type):
        what = f"the class {app.__name__}" if isinstance(app, type) else type(app).__name__
        raise TypeError(f"the app is {what}; {_ACCEPTED}")
    client = kind(**known)
    client.on_call(app)
    return client


def _check_options(kind: type[RelayClient | aio.RelayClient], options: dict[str, Any]) -> None:
    known = set(signature(kind).parameters) - {"call_actor"}
    for name in options:
        if name == "call_actor":
            raise ValueError("call_actor is no option of a test: the app itself says who serves the calls")
        if name not in known:
            meant = near_miss(name, known)
            hint = f"did you mean {meant}?" if meant else f"accepted are {', '.join(sorted(known))}"
            raise ValueError(f"a client has no option {name}; {hint}")


def makes_calls(app: Any) -> bool:
    """Return whether an app is a `CallActor` class, or makes one.

    Raises:
        TypeError, ValueError: it is one that can serve no inbound calls.
    """
    made = getattr(app, "func", app)  # of a functools.partial
    if isinstance(made, type) and issubclass(made, CallActor):
        checked_factory(app, inbound=True)
        return True
    return False


class AppUnderTest:
    """The client of an app on a stage, and what a test wants to know of it.

    Args:
        app: see `client_of`.
        sandbox: the server that it reaches.
        **options: arguments of its client.

    Attributes:
        client: the client.
        phones: those of the people who call the app, and whom it calls.
        messages: the text messages to it and of it.
    """

    def __init__(self, app: Any, sandbox: Sandbox, **options: Any) -> None:
        self.client = client_of(app, **options)
        self._reached = self._reachable(self.client)
        self._sandbox = sandbox
        self.phones = Phones(sandbox, on_dial=self.serves)
        self.messages = MessageBox(sandbox, self.serves, self.phones.crashes)
        self._contexts = self.client.contexts
        self._subscribing = BoundedSemaphore(1)
        self._keeping = ExitStack()

    def start(self) -> None:
        """Connect the client; blocks the current greenlet until it is logged in.

        Raises:
            RelayError: it can't.
            RuntimeError: a client of the app's own is connected already.
        """
        self._keeping.callback(self.phones.serve(self._reached))
        self._reached.connect(timeout=60)

    def serves(self, context: str) -> None:
        """Have a client without contexts of its own receive one, if it does not yet; blocks until it does."""
        if not self._contexts:
            self.serves_too(context)

    def serves_too(self, context: str) -> None:
        """Have the client receive a context, whatever others it has, if it does not yet; blocks until it does."""
        with self._subscribing:  # who comes second waits for the first: the client wants it before it has it
            if context not in self.client.contexts:
                self._reached.receive([context])

    def settle(self) -> None:
        """Hang up what is on the line, and wait for all code to end; blocks the current greenlet.

        Raises:
            CodeStillRuns: code of a call goes on.
        """
        for run in self._sandbox.runs():
            run.hang_up()
        linger = self._plain._setup.timing.code_linger
        seconds = _ENDING if linger is None else min(_ENDING, linger * 0.8)
        end = clock.monotonic() + seconds
        gevent.sleep(_LOOK)  # what has just come may begin
        while ((live := self._reached.live_calls()) or some_left()) and clock.monotonic() < end:
            gevent.sleep(min(_LOOK, seconds))
        if live:
            stands = "".join(
                f"\n  call {call.call_id}, {call.kind}: {call.where or 'no code'} ({call.doing})" for call in live
            )
            raise CodeStillRuns(f"{seconds:g} s after the last hang-up the app's code has not ended:{stands}")

    def check(self) -> None:
        """Fail if code of the app has crashed, or the sandbox has.

        Raises:
            AppCrashed: it has.
            Exception: the sandbox has a bug, and this is it.
        """
        __tracebackhide__ = True
        if self._sandbox.errors:
            raise self._sandbox.errors[0]
        if crashed := self.crashed():
            raise AppCrashed(crashed) from None

    def crashed(self, but: str = "") -> str:
        """Return what has crashed of the app and was not expected, with tracebacks; an empty text for nothing.

        Args:
            but: a text; what it tells of already is left out.
        """
        crashes = [crash for crash in self.phones.crashes.unexpected() if crash.text not in but]
        return "\n\n".join(f"{crash.what}\n{crash.text}" for crash in crashes)

    def stop(self) -> None:
        """Disconnect the client, and leave it as it was before; blocks the current greenlet."""
        with ExitStack() as last:
            last.callback(self._want_what_it_wanted)
            last.callback(self.phones.close)
            self._keeping.close()  # what crashes from here on is logged whole
            self._reached.disconnect()

    def _want_what_it_wanted(self) -> None:
        self._reached.unreceive([each for each in self.client.contexts if each not in self._contexts])
        self._reached.receive([each for each in self._contexts if each not in self.client.contexts])

    @property
    def _plain(self) -> RelayClient:
        return self._reached.plain if isinstance(self._reached, LoopClient) else self._reached

    @staticmethod
    def _reachable(client: RelayClient | aio.RelayClient) -> RelayClient | LoopClient:
        """Return what this thread can ask."""
        if isinstance(client, RelayClient):
            return client
        if clock.is_run_by_a_test():
            raise TypeError(
                "the app is one of asyncio, whose loop keeps its own time: have the fixture relay_foreign_loop return "
                "True, or give foreign_loop=True to RelayKit"
            )
        return LoopClient(client)
