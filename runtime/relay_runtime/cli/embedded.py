"""The sandbox that a command brings with it for the app that it serves; loaded only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Final, Protocol, Self

import gevent
from gevent.hub import get_hub

from relay_runtime.client.client import RelayClient
from relay_runtime.process.appload import App
from relay_runtime.sandbox import Sandbox
from relay_runtime.settings.config import Found, Layer
from relay_runtime.settings.proxy import OFF

__all__ = ["Embedded", "Guest"]

_CONTEXT: Final = "office"


class Guest(Protocol):
    """Who uses the sandbox beside the app. Nothing of it but `close` blocks; all of it runs in the sandbox's thread.

    Attributes:
        end: set by the sandbox: called with a reason, it ends the process as a signal does.
    """

    end: Callable[[str], object]

    def open(self) -> None:
        """Come in: the sandbox runs, and the app is not loaded yet."""

    def loaded(self, sandbox: Sandbox, contexts: list[str]) -> None:
        """Take what is known of the app, each time that it was loaded; there is one context at least."""

    def failed(self, why: str) -> None:
        """Take that the app could not be loaded again; the one before goes on, if there is one."""

    def begin(self) -> None:
        """Begin: the app is connected."""

    def stop(self) -> None:
        """Begin nothing more: the process was told to stop. It may be called twice, or before anything else."""

    def close(self) -> None:
        """Go: the app's code has ended. Blocks the current greenlet for a few seconds at most."""


class Embedded:
    """A sandbox in the process that it serves.

    Args:
        time_scale: real seconds per line second.
        guest: who uses it beside the app.
    """

    def __init__(self, time_scale: float, guest: Guest) -> None:
        self._sandbox = Sandbox(time_scale=time_scale)
        self._guest = guest

    default_contexts: Final = (_CONTEXT,)

    def __enter__(self) -> Self:
        self._sandbox.start()
        try:
            self._guest.open()
        except BaseException:
            self._sandbox.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as stack:
            stack.callback(self._sandbox.stop)
            stack.callback(self._guest.close)
            self._guest.stop()

    def settings(self) -> dict[str, str]:
        """Return the settings that lead to the sandbox, by option name; they go before all others."""
        sandbox = self._sandbox
        return {"host": sandbox.url, "project": sandbox.project, "token": sandbox.token, "proxy": OFF}

    def layer(self, origin: str = "--sandbox") -> Layer:
        """Return the settings that lead to the sandbox, as a layer that came from somewhere."""
        return {name: Found(value, origin) for name, value in self.settings().items()}

    def contexts_for(self, app: App) -> tuple[str, ...]:
        """Return the contexts of an app that names none: one of the sandbox's own."""
        return () if isinstance(app, RelayClient) and app.contexts else self.default_contexts

    def loaded(self, contexts: list[str]) -> None:
        """Tell the guest of the app. Never blocks."""
        self._send(self._guest.loaded, self._sandbox, contexts or [_CONTEXT])

    def loaded_by_worker(self, facts: dict[str, Any]) -> None:
        """Tell the guest of the app, by what a worker says of it, or why it could not load it."""
        if "contexts" in facts:
            self.loaded(facts["contexts"])
        elif "error" in facts:
            self._send(self._guest.failed, facts["error"])

    def begin(self) -> None:
        """Have the guest begin. Never blocks."""
        self._send(self._guest.begin)

    def stopping(self) -> None:
        """Have the guest end. Never blocks."""
        self._send(self._guest.stop)

    def end_by(self, stop: Callable[[str], object]) -> None:
        """Have the guest end the process by ``stop``, called with a reason in a greenlet of this hub."""
        loop: Any = get_hub().loop
        self._guest.end = lambda why: loop.run_callback_threadsafe(gevent.spawn, stop, why)

    def _send(self, function: Callable[..., object], *args: Any) -> None:
        """Call a function in the thread of the sandbox."""
        function(*args)
