"""The lines of a ledger, and what they come to when they are read.

A ledger is one JSON array a line; the first word says what it is. Only what is written here is understood: nothing that
is read is imported or evaluated. A line that was not written to its end is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec

from relay_actors.call.crash_policy import HANGUP, CrashPolicy, Say, Transfer

__all__ = [
    "VERSION",
    "Answered",
    "Book",
    "DialOver",
    "Dialled",
    "Engaged",
    "Entry",
    "ForeignFile",
    "Forgotten",
    "Kind",
    "Leg",
    "Memo",
    "Offered",
    "Opened",
    "Policy",
    "Served",
    "SessionKept",
    "Unserved",
    "encode",
    "read_book",
    "shortened",
]

VERSION: Final = 1
_Small = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A number that can be written again: others are not this runtime's."""


class ForeignFile(Exception):
    """A file is no ledger of this version; the text says what is wrong with it."""


class Opened(msgspec.Struct, frozen=True, array_like=True, tag="ledger"):
    """The first line: whose ledger it is, and how many active calls that process is allowed.

    In a fleet it has two more: by what name the fleet knows the ledger, and by what name the process.
    """

    version: int
    key: str
    pid: _Small
    limit: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
    ledger: str = ""
    member: str = ""


class SessionKept(msgspec.Struct, frozen=True, array_like=True, tag="session"):
    """The session from now on. Calls of another one are gone."""

    protocol: str
    authorization_state: str
    contexts: tuple[str, ...]

    def __repr__(self) -> str:
        """Show no secret."""
        return f"<SessionKept contexts={list(self.contexts)}>"


class Policy(msgspec.Struct, frozen=True):
    """What becomes of a call whose code is gone: one of the two, or neither, which is to hang up."""

    say: dict[str, str | float | None] | None = None
    transfer: str | None = None

    @classmethod
    def of(cls, policy: CrashPolicy) -> Policy:
        """Return a policy as data."""
        if isinstance(policy, Say):
            return cls(say=msgspec.structs.asdict(policy))
        return cls(transfer=str(policy.dest)) if isinstance(policy, Transfer) else cls()

    def made(self) -> CrashPolicy:
        """Return the policy; what is not understood hangs up."""
        try:
            if self.say is not None:
                return msgspec.convert(self.say, Say)
            return HANGUP if self.transfer is None else Transfer(self.transfer)
        except (ValueError, TypeError):
            return HANGUP


class Kind(msgspec.Struct, frozen=True, array_like=True, tag="class"):
    """A class whose code serves calls, under a number."""

    number: _Small
    name: str
    policy: Policy


class Offered(msgspec.Struct, frozen=True, array_like=True, tag="offer"):
    """A call is offered."""

    call_id: str
    node_id: str
    context: str


class Served(msgspec.Struct, frozen=True, array_like=True, tag="serve"):
    """Code of a class serves a call."""

    call_id: str
    node_id: str
    kind: _Small
    dialled: bool


class Answered(msgspec.Struct, frozen=True, array_like=True, tag="answer"):
    """A call is answered."""

    call_id: str


class Engaged(msgspec.Struct, frozen=True, array_like=True, tag="engage"):
    """All that a call is engaged in without code."""

    call_id: str
    engaged: tuple[str, ...]


class Memo(msgspec.Struct, frozen=True, array_like=True, tag="memo"):
    """What a call's code wants to be remembered, as JSON."""

    call_id: str
    memo: str


class Unserved(msgspec.Struct, frozen=True, array_like=True, tag="end"):
    """A call is to be hung up."""

    call_id: str
    node_id: str


class Forgotten(msgspec.Struct, frozen=True, array_like=True, tag="over"):
    """A call is over, or somebody else's."""

    call_id: str


class Dialled(msgspec.Struct, frozen=True, array_like=True, tag="dial"):
    """A dial is about to be sent."""

    tag: str


class Leg(msgspec.Struct, frozen=True, array_like=True, tag="leg"):
    """A leg of a dial has shown up; unless it is served, it is to be ended."""

    call_id: str
    node_id: str
    tag: str


class DialOver(msgspec.Struct, frozen=True, array_like=True, tag="dialled"):
    """Nothing is left of a dial."""

    tag: str


class Taken(msgspec.Struct, frozen=True, array_like=True, tag="taken"):
    """Another process takes the ledger over."""


Record = (
    Opened
    | SessionKept
    | Kind
    | Offered
    | Served
    | Answered
    | Engaged
    | Memo
    | Unserved
    | Forgotten
    | Dialled
    | Leg
    | DialOver
    | Taken
)

_SHOWN: Final = 20  # characters of a version
_OF_CALLS: Final = (b"offer", b"serve", b"answer", b"engage", b"memo", b"end", b"leg")
_ENDED_BY: Final = {**dict.fromkeys(_OF_CALLS, b"over"), b"dial": b"dialled"}
_ENDS: Final = frozenset(_ENDED_BY.values())
_COUNTS_ONCE: Final = frozenset({b"session", b"engage", b"memo"})

_encoder: Final = msgspec.json.Encoder()
_decoder: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def encode(record: Record) -> bytes:
    """Return the line of a record."""
    return _encoder.encode(record) + b"\n"


class Entry(msgspec.Struct, kw_only=True):
    """What a ledger says of one call.

    Attributes:
        node_id: the routing half of its address.
        context: the context that it came by.
        tag: the dial whose leg it is, or an empty string.
        kind: the number of the class that serves it, or None.
        dialled: whether it was dialled.
        answered: whether it was answered.
        engaged: what it is engaged in without code.
        memo: what its code wants to be remembered, as JSON.
        unserved: whether it is to be hung up.
    """

    node_id: str
    context: str = ""
    tag: str = ""
    kind: int | None = None
    dialled: bool = False
    answered: bool = False
    engaged: tuple[str, ...] = ()
    memo: str = ""
    unserved: bool = False


class Book:
    """What the lines of a ledger come to.

    Attributes:
        opened: its first line.
        session: the session, or None before the first.
        kinds: classes by number.
        calls: calls by id, in the order of their coming.
        tags: dials of which something may be left.
        damaged: how many lines could not be read.
    """

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self.session: SessionKept | None = None
        self.kinds: dict[int, Kind] = {}
        self.calls: dict[str, Entry] = {}
        self.tags: dict[str, None] = {}
        self.damaged = 0

    def add(self, record: Record) -> None:
        """Take the next line."""
        match record:
            case SessionKept():
                if self.session is not None and self.session.protocol != record.protocol:
                    self.calls.clear()
                self.session = record
            case Kind():
                self.kinds[record.number] = record
            case Offered():
                self.calls.setdefault(record.call_id, Entry(node_id=record.node_id, context=record.context))
            case Served():
                entry = self.calls.setdefault(record.call_id, Entry(node_id=record.node_id))
                entry.kind, entry.dialled = record.kind, record.dialled
            case Leg():
                self.calls.setdefault(record.call_id, Entry(node_id=record.node_id, tag=record.tag))
            case Unserved():
                self.calls.setdefault(record.call_id, Entry(node_id=record.node_id)).unserved = True
            case Forgotten():
                self.calls.pop(record.call_id, None)
            case Dialled():
                self.tags[record.tag] = None
            case DialOver():
                self.tags.pop(record.tag, None)
            case Answered() | Engaged() | Memo():
                self._tell(record)

    def _tell(self, record: Answered | Engaged | Memo) -> None:
        entry = self.calls.get(record.call_id)
        if entry is None:
            return
        match record:
            case Answered():
                entry.answered = True
            case Engaged():
                entry.engaged = record.engaged
            case Memo():
                entry.memo = record.memo

    def records(self) -> Iterator[Record]:
        """Give the fewest lines that come to the same, but for the first."""
        if self.session is not None:
            yield self.session
        yield from self.kinds.values()
        for tag in self.tags:
            yield Dialled(tag)
        for call_id, entry in self.calls.items():
            if entry.tag:
                yield Leg(call_id, entry.node_id, entry.tag)
            elif entry.context or not entry.dialled:
                yield Offered(call_id, entry.node_id, entry.context)
            if entry.kind is not None:
                yield Served(call_id, entry.node_id, entry.kind, entry.dialled)
            if entry.answered:
                yield Answered(call_id)
            if entry.engaged:
                yield Engaged(call_id, entry.engaged)
            if entry.memo:
                yield Memo(call_id, entry.memo)
            if entry.unserved:
                yield Unserved(call_id, entry.node_id)


def read_book(data: bytes) -> Book:
    """Return what the bytes of a ledger come to.

    Raises:
        ForeignFile: they are none, or one of another version.
    """
    first, *lines, _torn = data.split(b"\n") if b"\n" in data else (data, b"")
    book = Book(_opened(first))
    for line in filter(None, lines):
        try:
            book.add(_decoder.decode(line))
        except _UNREADABLE:
            book.damaged += 1
    return book


def _opened(line: bytes) -> Opened:
    try:
        start = msgspec.json.decode(line)
    except _UNREADABLE:
        raise ForeignFile("its first line is none of a ledger") from None
    if not isinstance(start, list) or len(start) < 2 or start[0] != "ledger":
        raise ForeignFile("its first line is none of a ledger")
    if start[1] != VERSION:
        raise ForeignFile(f"it is of version {repr(start[1])[:_SHOWN]}, and this runtime reads version {VERSION}")
    try:
        return msgspec.convert(start, Opened)
    except msgspec.ValidationError:
        raise ForeignFile("its first line is not complete") from None


def shortened(data: bytes) -> bytes:
    """Return fewer lines that come to the same: without what is over, and what later lines have replaced.

    Lines are looked at, not decoded: a process that has many calls does this between two of them.
    """
    lines = data.split(b"\n")
    looks = [line.split(b'"', 4) for line in lines]  # [, the word, a comma, what the line is about, the rest
    last: dict[bytes, int] = {}  # from what ends something, or counts once, to the number of its last line
    protocols = set()
    for number, look in enumerate(looks):
        if len(look) > 4 and (look[1] in _ENDS or look[1] in _COUNTS_ONCE):
            last[look[1] + look[3]] = number
            if look[1] == b"session":
                protocols.add(look[3])
    if len(protocols) > 1 or b"\\" in b"".join(look[3] for look in looks if len(look) > 4):
        return _folded(data)  # calls of two sessions, or ids that are not to be told apart so
    return b"\n".join(
        line for number, (line, look) in enumerate(zip(lines, looks, strict=True)) if _counts(look, number, last)
    )


def _counts(look: list[bytes], number: int, last: dict[bytes, int]) -> bool:
    if len(look) < 5:
        return True
    word, subject = look[1], look[3]
    if word in _ENDS or (word in _COUNTS_ONCE and last[word + subject] != number):
        return False
    return last.get(_ENDED_BY.get(word, b"?") + subject, -1) < number


def _folded(data: bytes) -> bytes:
    book = read_book(data)
    return b"".join(map(encode, (book.opened, *book.records())))
