"""Runs a client as a process of its own: signals, drain, exit code, for a plain ``python app.py``."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from relay_actors.errors import AuthenticationFailed, ConnectFailed
from relay_actors.kit.log import logger
from relay_runtime.client.client import RelayClient
from relay_runtime.client.importing import refuse_in_import
from relay_runtime.client.life import checked_timeout
from relay_runtime.process.process import ExitCode, Process

__all__ = ["exit_by", "refuse_to_run", "run"]

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(client: RelayClient, *, drain_timeout: float = 30.0) -> None:
    """Serve calls until a signal, drain, and end the process with its exit code: the last line of a program.

    This is the one function of the library that takes signals: SIGINT, SIGTERM and SIGHUP, until it returns. The first
    one has the client drain; a second SIGINT or SIGTERM hangs up what is up and ends at once, a third ends the process
    itself. Blocks the current greenlet.

    It returns when every call has ended by itself, and when other code has disconnected the client, if that left no
    call up. Otherwise it ends the process by `SystemExit`, with an exit code of ``relay-runtime start``.

    Args:
        client: the client; connected or not.
        drain_timeout: seconds that live calls get to end by themselves.

    Raises:
        SystemExit: 6 when calls had to be hung up after ``drain_timeout``, 7 when a second signal ended it at once, 5
            when the credentials were refused, 4 when the server can't be used as configured, both of which are logged,
            8 when calls may be up still: the server took no hang-up of them, and the log names them.
        ClientFailed: actors of the client failed again and again.
        RuntimeError: this is not the main thread, which alone gets signals; a loop of asyncio runs in it; or
            ``relay-runtime start`` imports the program, and will serve the client itself.
        TypeError: ``client`` is no `RelayClient` of `relay_runtime`.
        ValueError: ``drain_timeout`` is no number of seconds.
    """
    refuse_to_run("relay_runtime.run(client)", "await the methods of a client of relay_runtime.aio there")
    if not isinstance(client, RelayClient):
        raise TypeError(
            f"client is a {type(client).__name__}; accepted is a relay_runtime.RelayClient (for a client of asyncio "
            "there is relay_runtime.aio.run)"
        )
    exit_by(Process(client, checked_timeout(drain_timeout, "drain_timeout")).run)


def refuse_to_run(what: str, instead: str) -> None:
    """Do nothing where a program may be run.

    Args:
        what: the call that would run it.
        instead: what to do where a loop of asyncio runs.

    Raises:
        RuntimeError: it may not; the text says why.
    """
    refuse_in_import(what)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(f"{what} blocks, and a loop of asyncio is running in this thread: {instead}")


def exit_by(serve: Callable[[], ExitCode]) -> None:
    """Serve, give the signals back, and raise `SystemExit` if that ended with an exit code but 0; see `run`.

    Args:
        serve: serves until its end, and returns the exit code; it may take signals.
    """
    with _signals_given_back():
        try:
            code = serve()
        except (AuthenticationFailed, ConnectFailed) as error:
            logger.critical("stopped: {}", error)
            refused = isinstance(error, AuthenticationFailed)
            raise SystemExit(int(ExitCode.REFUSED if refused else ExitCode.BAD_CONFIG)) from error
    if code is not ExitCode.OK:
        raise SystemExit(int(code))


@contextmanager
def _signals_given_back() -> Iterator[None]:
    """Give a context after which signals do what they did before: gevent leaves them with the system's default.

    Raises:
        RuntimeError: this is not the main thread.
    """
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def give_back() -> None:
        for number, handler in before.items():
            if handler is not None:  # None: it is none of Python's
                signal.signal(number, handler)

    try:
        give_back()  # changes nothing; Python itself knows which thread is the main one, also when it is patched
    except ValueError:
        raise RuntimeError(
            "a client is run in the main thread, which alone gets signals; in another one, client.run() serves without"
        ) from None
    try:
        yield
    finally:
        give_back()
