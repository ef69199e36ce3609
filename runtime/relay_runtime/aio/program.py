"""Runs a client as a process of its own: signals, drain, exit code, for a plain ``python app.py`` on asyncio."""

from __future__ import annotations

from relay_runtime.aio.client import RelayClient
from relay_runtime.aio.lending import client_on_hub, lend
from relay_runtime.client.life import checked_timeout
from relay_runtime.process.process import Process
from relay_runtime.process.running import exit_by, refuse_to_run

__all__ = ["run"]


def run(client: RelayClient, *, drain_timeout: float = 30.0) -> None:
    """Serve calls until a signal, drain, and end the process with its exit code: the last line of a program.

    As `relay_runtime.run`, with a loop of its own for the user's code. The signals go to the thread of the runtime: a
    loop that is blocked does not hold them up. Blocks the current thread.

    Args:
        client: the client; not connected.
        drain_timeout: seconds that live calls get to end by themselves.

    Raises:
        SystemExit: 6 when calls had to be hung up after ``drain_timeout``, 7 when a second signal ended it at once, 5
            when the credentials were refused, 4 when the server can't be used as configured, both of which are logged,
            8 when calls may be up still: the server took no hang-up of them, and the log names them.
        ClientFailed: actors of the client failed again and again.
        RuntimeError: this is not the main thread, which alone gets signals; a loop runs in it; the client is connected;
            the process was patched by gevent; or ``relay-runtime start`` imports the program, and will serve the client
            itself.
        TypeError: ``client`` is no `RelayClient` of `relay_runtime.aio`.
        ValueError: ``drain_timeout`` is no number of seconds.
    """
    refuse_to_run("relay_runtime.aio.run(client)", "use `async with client` there")
    if not isinstance(client, RelayClient):
        raise TypeError(f"client is a {type(client).__name__}; accepted is a relay_runtime.aio.RelayClient")
    if client.state not in {"stopped", "failed"}:
        raise RuntimeError("the client is connected in another loop; disconnect it there first")
    process = Process(client_on_hub(client), checked_timeout(drain_timeout, "drain_timeout"))
    exit_by(lambda: lend(client, lambda _: process.run()))
