"""The two ways from a client to a sandbox, and what a client sees on each, made comparable."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, Final, Literal

import gevent
import msgspec
from doubles.hub import LIMIT, until

from relay_runtime import websocket
from relay_runtime.sandbox import Sandbox
from relay_runtime.testing.in_process import connect, reaching

__all__ = ["WAYS", "Talk", "Way", "alike", "by", "open_by"]

Way = Literal["memory", "socket"]
WAYS: Final[Sequence[Way]] = ("socket", "memory")

_RANDOM: Final = re.compile(
    r"signalwire_[0-9a-f]{8}_[-0-9a-f_]+|sandbox-[0-9a-f]{8}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_TIME: Final = re.compile(r"\b1[0-9]{9,15}(\.[0-9]+)?\b")


@contextmanager
def by(way: Way, **settings: Any) -> Iterator[Sandbox]:
    """Run a sandbox that this process reaches by a socket or in memory."""
    port = 0 if way == "socket" else None
    with Sandbox(**{"time_scale": 0.01, "control_port": None, "port": port, **settings}) as sandbox:
        with reaching(sandbox) if way == "memory" else nullcontext():
            yield sandbox
        assert sandbox.errors == []


def open_by(way: Way, sandbox: Sandbox, **options: Any) -> websocket.WebSocket:
    """Open a WebSocket to a sandbox."""
    if way == "memory":
        return connect(sandbox, "ws://127.0.0.1:8443", **options)
    return websocket.connect(sandbox.url, **options)


def alike(text: str) -> str:
    """Return a text with ids numbered as they come, and without times."""
    numbers: dict[str, str] = {}
    text = _RANDOM.sub(lambda found: numbers.setdefault(found[0], f"<{len(numbers)}>"), text)
    return _TIME.sub("<time>", text)


class Talk:
    """A client on the bare WebSocket, which logs in, answers nothing by itself and keeps all it reads.

    Attributes:
        seen: the messages that came, oldest first.
        end: how the connection ended, once it has.
    """

    def __init__(self, way: Way, sandbox: Sandbox, protocol: str = "", **options: Any) -> None:
        self.seen: list[str | bytes] = []
        self.end = ""
        self.socket = open_by(way, sandbox, **options)
        self._sandbox = sandbox
        self._ids = itertools.count(1)
        self._reader = gevent.spawn(self._read)
        login = {
            "version": {"major": 2, "minor": 0, "revision": 0},
            "authentication": {"project": sandbox.project, "token": sandbox.token},
            "contexts": ["office"],
            "event_acks": True,
        }
        self.ask("signalwire.connect", {**login, "protocol": protocol} if protocol else login)
        until(lambda: len(self.seen) >= 2 or (protocol and self.seen) or self.end, "the login")

    def _read(self) -> None:
        try:
            while True:
                self.seen += self.socket.receive_batch()
        except websocket.WebSocketError as error:
            cause = error.__cause__
            self.end = f"{type(error).__name__}: {error}" + (f" [{type(cause).__name__}: {cause}]" if cause else "")

    def send(self, frame: dict[str, Any]) -> None:
        self.socket.send_texts([msgspec.json.encode({"jsonrpc": "2.0", **frame})])

    def ask(self, method: str, params: dict[str, Any]) -> str:
        """Send a request; return its id."""
        identity = f"r-{next(self._ids)}"
        self.send({"id": identity, "method": method, "params": params})
        return identity

    def ping(self) -> None:
        """Wait until the server has read all that was sent, and all it has sent before is here."""
        identity = self.ask("signalwire.ping", {})
        until(lambda: self.end or any(f'"id":"{identity}"' in str(each) for each in self.seen), "the answer to a ping")

    def has(self, words: str) -> Callable[[], bool]:
        return lambda: any(words in str(each) for each in self.seen)

    def over(self) -> None:
        """Wait for the end of the connection."""
        assert self._reader.join(LIMIT) is None
        assert self.end

    def result(self) -> tuple[list[str], str]:
        """Return what was seen and how it ended, as far as the other way may show the same."""
        whole = "\0".join(each if isinstance(each, str) else f"binary {each!r}" for each in self.seen)
        return [_short(each) for each in alike(whole).split("\0")], self.end

    def hang_up(self) -> None:
        self.socket.close(timeout=2)
        self.over()


def _short(text: str) -> str:
    return text if len(text) < 2000 else f"{len(text)} of {text[:100]}"
