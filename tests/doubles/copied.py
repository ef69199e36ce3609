"""A ledger in memory, its copy in an engine, and what the engine has of it."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from contextlib import suppress

import gevent
from doubles.hub import until

from relay_actors.kit import clock
from relay_runtime.fleet.engine import EngineError
from relay_runtime.fleet.mirror import Mirror, MirroredLedger
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.fleet.redis_stream import RedisStream
from relay_runtime.fleet.sealing import Seal
from relay_runtime.settings.engine_address import parse_address

__all__ = [
    "Copied",
    "asked",
    "engine_text",
    "finished",
    "greenlets",
    "live",
    "made_mirror",
    "never_yields",
    "opened_anew",
]

SEAL = Seal("the-token")


def made_mirror(url: str, name: str = "a", lease: float = 10.0, timeout: float = 5.0) -> Mirror:
    """Return a mirror of a member that the engine knows."""
    address = parse_address(url)
    stream = RedisStream(address, None, timeout)
    mirror = Mirror(RedisEngine(address, None, timeout), stream, SEAL, name, "k", lease)
    mirror.admit(True)
    return mirror


def engine_text(engine: RedisEngine, name: str = "l", seal: Seal = SEAL) -> bytes:
    """Return what stands in the engine, without empty lines."""
    text = engine.line.call("GET", "{relay-runtime}:text:" + name) or b""
    return re.sub(rb"\n+", b"\n", seal.unseal(text, name))


class Copied:
    """As a file of a ledger, in memory.

    Args:
        mirror: where the copy is.
        name: of the ledger.
        token: of its owner, if it was taken over.
        former: the member whose it was.
        text: what stands in it at first.
    """

    def __init__(
        self,
        mirror: Mirror,
        name: str = "l",
        token: int = 0,
        former: str = "",
        text: bytes = b'["ledger",1,"k",1,5]\n',
    ) -> None:
        self.text = text
        self.copy: MirroredLedger = mirror.begin(name, token, former)
        self.copy.put(self.read)

    def read(self) -> bytes:
        return self.text

    def append(self, lines: bytes) -> None:
        self.text += lines
        self.copy.append(lines)

    def replace(self, text: bytes) -> None:
        """Write it anew."""
        self.text = text
        self.copy.put(self.read)

    def is_copied(self, engine: RedisEngine) -> bool:
        return engine_text(engine, self.copy.name) == self.text


def finished(mirror: Mirror) -> None:
    mirror.close()
    mirror._engine.close()
    until(lambda: not greenlets(), "the end of all greenlets")


def greenlets() -> list[str]:
    """Return the names of greenlets of mirrors that are not over."""
    names = {"end of the mirror", "writer of the mirror", "copy of a ledger", "end of a copy"}
    return [
        each.name
        for each in gc.get_objects()
        if isinstance(each, gevent.Greenlet) and each.name in names and not each.dead
    ]


def live(copied: Copied) -> Copied:
    until(lambda: copied.copy._live, "a copy that is told line by line")
    return copied


def opened_anew(mirror: Mirror) -> bool:
    """Open it, as the membership does it again and again."""
    with suppress(EngineError):
        if not mirror.is_open:
            mirror.open()
        return mirror.is_open
    return False


def asked(mirror: Mirror, engine: RedisEngine) -> None:
    """Ask how the copies stand, as the presence does it again and again."""
    now = clock.real_monotonic()
    mirror.heard(engine.renew("a", tuple(mirror.copies)), now)


def never_yields(function: Callable[[], object]) -> None:
    """Run a function, and fail if another greenlet runs meanwhile."""
    ran: list[int] = []
    other = gevent.spawn(ran.append, 1)
    function()
    assert ran == []
    other.kill()
