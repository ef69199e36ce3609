"""Connecting to a host of several addresses, tried side by side (RFC 8305, "happy eyeballs").

An address that swallows packets costs a quarter of a second, not its share of the time that there is.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, zip_longest
from typing import Any, Final

from gevent import socket
from gevent.event import Event

from relay_actors.kit.fork import spawn
from relay_runtime.websocket.sockets import own

__all__ = ["Address", "LastGood", "connect_to_one", "in_turn"]

Address = tuple[Any, ...]
"""As `socket.getaddrinfo` gives them: family, type, protocol, canonical name, the address itself."""

_DELAY: Final = 0.25  # seconds between two attempts (RFC 8305, section 5)


class LastGood:
    """Which address of a host led to an open connection the last time.

    Attributes:
        address: the address, or None.
    """

    def __init__(self) -> None:
        self.address: Address | None = None


def in_turn(found: Iterable[Address], last: Address | None = None) -> list[Address]:
    """Return addresses in the order in which they are tried: the last good one first, then the families by turns.

    Args:
        found: what the resolver gave, best first (RFC 6724).
        last: the last good one; it counts only if it is still among them.
    """
    families: dict[int, list[Address]] = {}
    for each in dict.fromkeys(found):
        families.setdefault(each[0], []).append(each)
    turns = chain.from_iterable(zip_longest(*families.values()))
    return sorted((each for each in turns if each is not None), key=lambda each: each != last)


def connect_to_one(addresses: Iterable[Address]) -> tuple[socket.socket, Address]:
    """Return a socket that is connected to one of some addresses, and which. Blocks the current greenlet.

    The next is tried after a quarter of a second, or as soon as one has failed; those before go on meanwhile. The first
    that succeeds wins. The others are closed, whatever ends the wait: it has no limit of its own.

    Raises:
        OSError: all have failed, or there are none; a refusal goes before what else there was.
    """
    race = _Race()
    try:
        return race.run(addresses)
    finally:
        race.end()


class _Race:
    """Attempts that are under way; each has a socket and a greenlet."""

    def __init__(self) -> None:
        self._attempts: list[tuple[socket.socket, Any]] = []
        self._running = 0
        self._news = Event()  # an attempt has ended
        self._failures: list[OSError] = []
        self._won: tuple[socket.socket, Address] | None = None

    def run(self, addresses: Iterable[Address]) -> tuple[socket.socket, Address]:
        for address in addresses:
            self._begin(address)
            self._wait(_DELAY)
            if self._won is not None:
                return self._won
        while self._running:
            self._wait(None)
            if self._won is not None:
                return self._won
        refusals = [each for each in self._failures if isinstance(each, ConnectionRefusedError)]
        raise (refusals or self._failures or [OSError("the host has no address")])[-1]

    def end(self) -> None:
        """End all attempts but the one that has won. Never blocks."""
        winner = None if self._won is None else self._won[0]
        for sock, greenlet in self._attempts:
            if sock is not winner:
                greenlet.kill(block=False)
                sock.close()

    def _begin(self, address: Address) -> None:
        try:
            sock = socket.socket(*address[:3])
        except OSError as error:  # this machine has no such family
            self._failures.append(error)
            self._news.set()
            return
        own(sock)
        sock.settimeout(None)  # whatever `socket.setdefaulttimeout` says
        self._running += 1
        self._attempts.append((sock, spawn(self._attempt, sock, address)))

    def _attempt(self, sock: socket.socket, address: Address) -> None:
        try:
            sock.connect(address[4])
        except OSError as error:
            self._failures.append(error)
        else:
            if self._won is None:
                self._won = sock, address
        finally:
            self._running -= 1
            self._news.set()

    def _wait(self, seconds: float | None) -> None:
        self._news.wait(seconds)
        self._news.clear()
