"""The load server's process: `python -m benchmarks.load_server --core 0`.

It listens on a free loopback port and is driven by lines of JSON: one command a line on stdin, one answer a line on
stdout. The first line it writes is `{"port": …}`.
"""

import argparse
import asyncio
import gc
import json
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from picows import ws_create_server

from benchmarks.load import flow, held, texts
from benchmarks.load.deployed import deployed
from benchmarks.load.meter import Meter, Meters
from benchmarks.load.session import Session
from benchmarks.load.switchboard import Switchboard

READ_BUFFER = 1 << 20
DEFAULT_LIMIT_S = 60.0

Command = Callable[..., Awaitable[dict[str, Any]]]


class Console:
    """Runs the commands that come in, one at a time, each within its limit.

    Most of them are for one client; `clients` and `deployed` are for all.
    """

    def __init__(self, boards: Sequence[Switchboard]) -> None:
        self._boards = boards
        self._board = board = boards[0]
        self._meters: Meters | None = None
        self._parent: Meter | None = None
        self._meter: Meter | None = None
        self._commands: dict[str, Command] = {
            "client": self._client,
            "clients": self._clients,
            "deployed": self._deployed,
            "throughput": lambda **options: flow.throughput(board, self._measured(), **options),
            "latency": lambda **options: flow.latency(board, self._measured(), **options),
            "hold": lambda **options: held.hold(board, self._measured(), **options),
            "churn": lambda **options: held.churn(board, self._measured(), **options),
            "reconnect": lambda **options: held.reconnect(board, self._measured(), **options),
            "release": lambda **options: held.release(board, **options),
            "messages": lambda **options: texts.messages(board, self._measured(), **options),
            "status": lambda **options: texts.status(board, **options),
        }

    async def run(self, line: bytes) -> dict[str, Any]:
        """Run one command and return its answer; what goes wrong is an answer too."""
        try:
            options = json.loads(line)
            command = self._commands[options.pop("do")]
            async with asyncio.timeout(options.pop("limit_s", DEFAULT_LIMIT_S)):
                return await command(**options)
        except TimeoutError:
            return {"error": "not done within its time limit", **self._snapshot()}
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}", **self._snapshot()}

    def _snapshot(self) -> dict[str, int]:
        return {
            "calls_left": sum(len(board.calls) for board in self._boards),
            "unacked": sum(len(board.unacked) for board in self._boards),
        }

    def _measured(self) -> Meter:
        if self._meter is None:
            raise RuntimeError("no client is known: send the command `client` with its pid first")
        return self._meter

    async def _client(self, pid: int) -> dict[str, float]:
        """Name the process to measure, once it is connected."""
        if not self._board.connects:
            raise RuntimeError("the client has not logged in")
        self._meter = Meter(pid)
        return {"rss_bytes": self._meter.rss_bytes(), "cpu_s": self._meter.cpu_seconds()}

    async def _clients(self, pids: list[int], parent: int | None) -> dict[str, Any]:
        """Name the processes to measure, one a session, once all are connected, and the one that watches over them."""
        if not all(board.connects for board in self._boards):
            raise RuntimeError("not all clients have logged in")
        self._meters, self._parent = Meters(pids), None if parent is None else Meter(parent)
        return {"rss_bytes_each": self._meters.rss_bytes_each()}

    async def _deployed(self, **options: Any) -> dict[str, Any]:
        if self._meters is None:
            raise RuntimeError("no clients are known: send the command `clients` with their pids first")
        return await deployed(self._boards, self._meters, self._parent, **options)


async def serve(sessions: int) -> None:
    """Serve until stdin ends.

    Args:
        sessions: How many clients there will be; each that connects gets the first session that has no connection, so
            that a client that is cut off finds its own again if the others are connected.
    """
    boards = [Switchboard(number) for number in range(sessions)]

    def choose() -> Switchboard:
        return next((board for board in boards if board.link is None), boards[-1])

    server = await ws_create_server(
        lambda _: Session(choose), "127.0.0.1", 0, read_buffer_init_size=READ_BUFFER, websocket_handshake_timeout=10
    )
    console = Console(boards)
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin.buffer)
    answer({"port": server.sockets[0].getsockname()[1]})
    while line := await commands.readline():
        found = await console.run(line)
        answer({**found, "strays": dict(sum((board.strays for board in boards), Counter()))})
    server.close()


def answer(content: dict[str, Any]) -> None:
    """Write one line of JSON."""
    print(json.dumps(content), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--core", type=int, default=None, help="the CPU core to stay on")
    parser.add_argument("--sessions", type=int, default=1, help="how many clients connect")
    options = parser.parse_args()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    # A collection of a heap full of calls would be seen by the client as a slow network.
    gc.disable()
    asyncio.run(serve(options.sessions))


if __name__ == "__main__":
    main()
