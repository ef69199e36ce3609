"""What a fleet asks of its engine: the place that all its processes reach.

Each operation is atomic. Each may be repeated when it has failed with `EngineDown`, for it may have been done: what was
done already is not done twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

import msgspec

__all__ = [
    "LAYOUT",
    "Claimed",
    "Engine",
    "EngineDown",
    "EngineError",
    "EngineRefused",
    "Fenced",
    "Held",
    "HostTaken",
    "Lost",
    "Member",
    "NotThere",
    "Seen",
    "Standing",
]

LAYOUT: Final = "1"
"""The version of what an engine holds."""


class EngineError(Exception):
    """What was asked of the engine was not done."""


class EngineDown(EngineError):
    """The engine has not answered; whether it has done what was asked is not known."""


class EngineRefused(EngineError):
    """The engine does not let us: the password is wrong, or what it holds is of another version."""


class Fenced(EngineError):
    """The ledger is another member's: it was taken over, and nothing of the former owner counts any more."""


class Lost(EngineError):
    """The engine does not know it, or not all of it, as after a restart with nothing: it is to be told anew."""


class Held(EngineError):
    """The owner of the ledger has shown itself since it was looked at."""


class NotThere(EngineError):
    """It is gone, or another's."""


class HostTaken(EngineError):
    """Another machine serves under the name of this host."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One process of the fleet.

    Attributes:
        id: its name in the fleet; no two processes have the same, nor one process twice.
        host: the name of its host.
        machine: tells two hosts of one name apart.
        pid: its process id.
        key: of the processes that may adopt each other's calls; see `key_of`.
        app: what serves its calls, as it was named.
        version: of its runtime.
    """

    id: str
    host: str
    machine: str
    pid: int
    key: str
    app: str
    version: str


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """A ledger, as somebody looks at it who might take it over.

    Attributes:
        ledger: its id.
        owner: the member whose it is.
        beat: how often that member had shown itself; -1: the engine knows no such member.
        line: the number of that member's connection, or an empty string.
    """

    ledger: str
    owner: str
    beat: int
    line: str


class Claimed(msgspec.Struct, frozen=True):
    """A ledger that was taken over.

    Attributes:
        token: the token of its new owner: all writes with an older one are refused.
        text: all that was recorded in it.
    """

    token: int
    text: bytes


class Standing(msgspec.Struct, frozen=True):
    """How a ledger stands with its owner.

    Attributes:
        token: the token of its owner; 0: the engine does not know it.
        size: bytes that the engine has of it.
    """

    token: int
    size: int


class Engine(Protocol):
    """Whose calls are whose, and how to reach them. Every method blocks the current greenlet for a bounded time.

    Raises:
        EngineDown: it does not answer.
        EngineRefused: it does not let us.
    """

    def connect(self) -> str:
        """Open the connection, unless it is open; return its number, which after each new opening is another one."""

    @property
    def ending(self) -> Any:
        """A socket that becomes readable when the connection ends; None where there is none."""

    def join(self, member: Member, line: str) -> None:
        """Note a member, and the number of the connection on which it shows itself.

        Raises:
            HostTaken: members of another machine have the name of its host.
        """

    def renew(self, member: str, ledgers: Iterable[str]) -> Mapping[str, Standing]:
        """Show that a member lives; return how its ledgers stand.

        Raises:
            Lost: it is to join again.
        """

    def standing(self, ledgers: Iterable[str]) -> Mapping[str, Standing]:
        """Return how ledgers stand, whether or not the engine knows who asks."""

    def leave(self, member: str, beat: int | None = None) -> None:
        """Forget a member, and what was sent to it; with a beat, unless it has shown itself since."""

    def members(self) -> list[tuple[Member, int]]:
        """Return every member, and how often it has shown itself."""

    def put(self, ledger: str, token: int, member: str, key: str, text: bytes) -> int:
        """Note all of a ledger, in the place of what was noted; return its token, which a token of 0 asks for.

        Raises:
            Fenced: it is another's by now.
        """

    def append(self, ledger: str, token: int, at: int, lines: bytes) -> None:
        """Note lines that stand in a ledger behind so many bytes.

        Raises:
            Fenced: it is another's by now.
            Lost: the engine does not know what stands before them.
        """

    def drop(self, ledger: str, token: int) -> None:
        """Forget a ledger, but for its token, by which former owners are refused for a day.

        Raises:
            Fenced: it is another's by now.
        """

    def release(self, ledger: str, token: int) -> None:
        """Leave a ledger to whoever claims it: it is nobody's.

        Raises:
            Fenced: it is another's by now.
        """

    def look(self, key: str) -> list[Seen]:
        """Return the ledgers of a key."""

    def claim(self, seen: Seen, member: str, *, dead: bool) -> Claimed:
        """Take a ledger over.

        Args:
            seen: the ledger, as it was looked at.
            member: whose it is to be.
            dead: whether its owner is known to be dead, so that it is of no account that it has shown itself since.

        Raises:
            Held: its owner has shown itself since.
            NotThere: another member was faster.
            Lost: the engine does not know it.
        """

    def lines(self, lines: Iterable[str]) -> set[str]:
        """Return which of these connections are open."""

    def is_connected(self, member: str) -> bool:
        """Return whether a member's connection is open."""

    def find(self, prefix: str) -> dict[str, str]:
        """Return some live calls whose id begins so, or the one whose id it is, each with the id of its member."""

    def post(self, box: str, mail: str, body: bytes, *, of_member: bool = True) -> None:
        """Send mail, whose id tells it from all other mail; to a member, or to whoever has asked.

        Raises:
            NotThere: nobody has such a box.
        """

    def take(self, box: str, timeout: float) -> bytes | None:
        """Return the next mail, or None if none comes in so many seconds. What was returned is gone."""

    def drain(self, host: str, *, drained: bool) -> None:
        """Note that a host is to get no new calls, or that it is."""

    def drained(self) -> set[str]:
        """Return the hosts that are to get no new calls."""

    def close(self) -> None:
        """Close the connection. Never blocks."""
