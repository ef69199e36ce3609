"""The life of a process that serves calls: connect, serve, and on a signal let the live calls end."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import IntEnum
from typing import Any, Final, NoReturn

import gevent
from gevent.event import AsyncResult

from relay_actors.errors import ClientStopped
from relay_actors.kit.log import logger
from relay_actors.session.supervisor import ConnectionState
from relay_runtime.client.client import RelayClient
from relay_runtime.watch.logs import flush_logs

__all__ = ["EXIT_CODES", "INTERRUPTED", "ExitCode", "Process", "end_at_once", "last_words", "on_signals"]


class ExitCode(IntEnum):
    """What the process tells the one who started it; `EXIT_CODES` has what each means."""

    OK = 0
    FAILED = 1
    USAGE = 2
    BAD_APP = 3
    BAD_CONFIG = 4
    REFUSED = 5
    CALLS_ENDED = 6
    AT_ONCE = 7
    UNREACHABLE = 8
    NEGATIVE = 9


INTERRUPTED: Final = 130
"""The exit code after a Ctrl-C that came before calls were served, as shells have it."""

EXIT_CODES: Final[Mapping[int, str]] = {
    ExitCode.OK: "stopped, and every call ended by itself",
    ExitCode.FAILED: (
        "something unforeseen: a defect of the runtime, with a traceback; from `replay`, a difference; with "
        "`--workers`, a worker that did not end as it should"
    ),
    ExitCode.USAGE: "the command line is wrong, or the value of a flag",
    ExitCode.BAD_APP: "the app can't be loaded",
    ExitCode.BAD_CONFIG: (
        "a setting is missing, or malformed in a file or the environment; a port or file can't be had; or the "
        "server can't be used as configured: its certificate, the proxy on the way"
    ),
    ExitCode.REFUSED: "the server refuses the credentials",
    ExitCode.CALLS_ENDED: "the drain timeout was over, and calls that were still up were hung up",
    ExitCode.AT_ONCE: "a second signal ended it at once",
    ExitCode.UNREACHABLE: (
        "no connection within the command's time limit (one-shot commands; `start` tries for ever), no "
        "running process to look into, or a worker of it does not answer; from `start`: calls may be up "
        "still, since the server took no hang-up of them, or a worker that had them was killed or died at any "
        "time; the log names them"
    ),
    ExitCode.NEGATIVE: (
        "a command did its work, and the answer is no: nobody answered, not delivered, refused, no such call, "
        "something is wrong"
    ),
    INTERRUPTED: "interrupted by Ctrl-C before it served calls",
}
"""What each exit code means; ``docs/cli_page.py`` writes the table of ``docs/cli.md`` from it."""


last_words: Final[list[Callable[[], object]]] = []
"""Called when the process ends at once, the last one first, to leave in order what it has taken, such as a terminal.

They run in any thread, and block it for a second at most.
"""


def end_at_once() -> NoReturn:
    """End the process without another word to anybody; in any thread, and whatever its hub does."""
    try:
        flush_logs()  # os._exit leaves no time for it
        for each in reversed(last_words):
            each()
    finally:
        os._exit(ExitCode.AT_ONCE)


_watching: Final[list[Any]] = []


@contextmanager
def on_signals(handler: Callable[[str], object], on_hangup: Callable[[str], object] | None = None) -> Iterator[None]:
    """Have signals call functions in a greenlet of their own, with the signal's name.

    Args:
        handler: called at SIGINT and SIGTERM.
        on_hangup: called at SIGHUP; None leaves that as it is.
    """
    watchers = [gevent.signal_handler(number, handler, number.name) for number in (signal.SIGINT, signal.SIGTERM)]
    if on_hangup is not None:
        watchers.append(gevent.signal_handler(signal.SIGHUP, on_hangup, signal.SIGHUP.name))
    _watching.extend(watchers)
    try:
        yield
    finally:
        for watcher in watchers:
            watcher.cancel()
            _watching.remove(watcher)
        if not _watching:
            _leave_to_python()


def _leave_to_python() -> None:
    """Have Python's handlers take signals again: a watcher that is cancelled leaves them to the system."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        handler = signal.getsignal(number)
        if callable(handler):
            with suppress(ValueError):  # this is not the main thread
                signal.signal(number, handler)


class Process:
    """Runs one client until a signal, and drains it then.

    The first SIGINT or SIGTERM drains: leave the contexts, pass on new offers, wait for the live calls. The second
    hangs up what is up and ends. The third ends the process without another word to anybody. SIGHUP, which a closed
    terminal sends, drains too, and never more than that; where it is ignored (``nohup``), it stays so.

    Args:
        client: the client; not connected yet.
        drain_timeout: seconds that live calls get to end by themselves.
        on_ready: called once the client is connected; must not block.
        on_stop: called with the reason when the process is told to stop; must not block.
        has_parent: whether another process passes signals on to it, and tells of them.
    """

    def __init__(
        self,
        client: RelayClient,
        drain_timeout: float,
        on_ready: Callable[[], object] = lambda: None,
        on_stop: Callable[[str], object] = lambda _: None,
        *,
        has_parent: bool = False,
    ) -> None:
        self._client = client
        self._drain_timeout = drain_timeout
        self._on_ready = on_ready
        self._on_stop = on_stop
        self._has_parent = has_parent
        self._signals = 0
        self._connected = client.state != ConnectionState.STOPPED  # the client may serve already
        self._over: AsyncResult[ExitCode] = AsyncResult()

    def run(self) -> ExitCode:
        """Serve until stopped, and return the exit code. Blocks the current greenlet.

        Raises:
            AuthenticationFailed: the credentials were refused.
        """
        ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        try:
            with on_signals(self._signalled, None if ignored else self.request_stop):
                gevent.spawn(self._serve).name = "serve"
                code = self._over.get()
                assert code is not None
                return code
        finally:
            self._client.disconnect()

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._signals > 0

    def request_stop(self, why: str) -> bool:
        """Drain as at the first signal; return False when it was told to stop before. Never blocks."""
        if self._signals:
            return False
        self._signals = 1
        gevent.spawn(self._obey, why).name = "drain"
        return True

    def _serve(self) -> None:
        try:
            self._client.connect()
            self._connected = True
            logger.info("serving {}; stop with Ctrl-C or SIGTERM", self._what())
            self._on_ready()
            self._client.run()
        except ClientStopped:
            pass  # a signal came before the connection was up
        except Exception as error:  # noqa: BLE001 - it is raised again in the main greenlet
            self._over.set_exception(error)
            return
        if not self._signals:
            logger.info("the client was disconnected by its own code")
            self._finish(ExitCode.OK)

    def _what(self) -> str:
        contexts = ", ".join(self._client.contexts)
        return f"the contexts {contexts}" if contexts else "no context: no calls come in"

    def _signalled(self, name: str) -> None:
        self._signals += 1
        self._obey(name)

    def _obey(self, name: str) -> None:
        """Drain at the first signal, end at the second; runs in a greenlet of its own."""
        try:
            if self._signals == 1:
                self._on_stop(name)
                self._drain(name)
            elif self._signals == 2:
                if not self._has_parent:
                    logger.warning("{} again: hanging up and ending at once", name)
                self._end(ExitCode.AT_ONCE)
            else:
                end_at_once()
        except Exception as error:  # noqa: BLE001 - it is raised again in the main greenlet, which waits for an end
            self._over.set_exception(error)

    def _drain(self, name: str) -> None:
        if not self._connected:
            logger.info("{}: stopped before the connection was up", name)
            self._end(ExitCode.OK)
            return
        logger.info("{}: letting live calls end, {:g} s at most; again to end at once", name, self._drain_timeout)
        ended = self._client.drain(self._drain_timeout)
        if self._signals > 1:
            return  # the second signal has decided
        if ended:
            logger.info("stopped: every call ended by itself")
        elif not self._client.left_up:
            logger.warning("stopped: the drain timeout was over, and calls that were still up were hung up")
        self._finish(ExitCode.OK if ended else ExitCode.CALLS_ENDED)

    def _end(self, code: ExitCode) -> None:
        self._client.disconnect()
        self._finish(code)

    def _finish(self, code: ExitCode) -> None:
        """End with an exit code, or with the one for calls that were left up, which weighs more than any other."""
        count = len(self._client.left_up)
        if count:
            logger.error("stopped: calls may be up still: {}; the lines before name them", count)
        self._over.set(ExitCode.UNREACHABLE if count else code)
