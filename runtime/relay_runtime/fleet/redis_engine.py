"""The engine on Redis or Valkey: each operation is a script there, loaded by its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any, Final

import msgspec
from gevent.ssl import SSLContext
from redis.exceptions import NoScriptError

from relay_runtime.fleet.engine import (
    LAYOUT,
    Claimed,
    EngineRefused,
    Fenced,
    Held,
    HostTaken,
    Lost,
    Member,
    NotThere,
    Seen,
    Standing,
)
from relay_runtime.fleet.line import Line
from relay_runtime.settings.engine_address import EngineAddress

__all__ = ["ROOT", "RedisEngine", "Script"]

ROOT: Final = "{relay-runtime}:"
"""How all keys begin; the braces put them into one slot of a cluster."""

_MOST_FOUND: Final = 5
_MAIL_KEPT: Final = 60  # seconds
_MOST_MAIL: Final = 1_000  # that waits in one box

_SCRIPTS: Final = files("relay_runtime.fleet") / "scripts"


class Script:
    """A script of the engine.

    Args:
        name: of its file.

    Attributes:
        text: see `files`.
        digest: by which the engine knows it, once it has seen the text.
    """

    def __init__(self, name: str) -> None:
        self.text = ((_SCRIPTS / "common.lua").read_text() + (_SCRIPTS / f"{name}.lua").read_text()).encode()
        self.digest = hashlib.sha1(self.text, usedforsecurity=False).hexdigest()

    def run(self, line: Line, *arguments: Any) -> Any:
        """Run it. Blocks the current greenlet.

        Raises:
            EngineDown: there is no answer; whether it was run is not known.
            EngineRefused: the engine does not let us, or what it holds is not ours.
        """
        try:
            return line.call("EVALSHA", self.digest, 1, ROOT, *arguments)
        except NoScriptError:
            return line.call("EVAL", self.text, 1, ROOT, *arguments)


class RedisEngine:
    """See `Engine`.

    Args:
        address: where it is.
        context: TLS, for an address that is secure.
        timeout: seconds for each reply.
    """

    _join, _renew, _leave = Script("join"), Script("renew"), Script("leave")
    _put, append_script, _drop = Script("put"), Script("append"), Script("drop")
    _release, _standing = Script("release"), Script("standing")
    _look, _claim, _find, _post = Script("look"), Script("claim"), Script("find"), Script("post")

    def __init__(self, address: EngineAddress, context: SSLContext | None = None, timeout: float = 1.0) -> None:
        self.line = Line(address, context, timeout)
        self._number = ""
        self._opened = 0  # the opening of the line that has the number

    def connect(self) -> str:
        """See `Engine.connect`."""
        self.line.open()
        while self._opened != self.line.opened:  # it may break, and be opened anew, while it is asked
            opened = self.line.opened
            self._number = str(self.line.call("CLIENT", "ID"))
            if opened == self.line.opened:
                self._opened = opened
        return self._number

    @property
    def ending(self) -> Any:
        """See `Engine.ending`."""
        return self.line.socket

    def join(self, member: Member, line: str) -> None:
        """See `Engine.join`."""
        told = msgspec.json.encode(member)
        answer = self._join.run(self.line, member.id, member.host, member.machine, told, line, LAYOUT)
        if answer[0] == b"LAYOUT":
            _check_layout(answer[1])
        if answer[0] == b"TAKEN":
            raise HostTaken(f"another machine serves under the name {member.host!r}: give each host a name of its own")

    def renew(self, member: str, ledgers: Iterable[str]) -> Mapping[str, Standing]:
        """See `Engine.renew`."""
        asked = list(ledgers)
        answer = self._renew.run(self.line, member, *asked)
        if answer[0] != b"OK":
            raise Lost("the engine does not know this process")
        return _standings(asked, answer[1:])

    def standing(self, ledgers: Iterable[str]) -> Mapping[str, Standing]:
        """See `Engine.standing`."""
        asked = list(ledgers)
        return _standings(asked, self._standing.run(self.line, *asked))

    def leave(self, member: str, beat: int | None = None) -> None:
        """See `Engine.leave`."""
        self._leave.run(self.line, member, "" if beat is None else beat)

    def members(self) -> list[tuple[Member, int]]:
        """See `Engine.members`."""
        _check_layout(self.line.call("GET", ROOT + "layout"))
        told = _pairs(self.line.call("HGETALL", ROOT + "members"))
        beats = _pairs(self.line.call("HGETALL", ROOT + "beats"))
        found = []
        for name, text in told.items():
            try:
                found.append((msgspec.json.decode(text, type=Member), _whole(beats.get(name, b"0"))))
            except (msgspec.DecodeError, RecursionError):
                continue  # of another version: it is nobody whom we could ask
        return sorted(found, key=lambda each: (each[0].host, each[0].pid))

    def put(self, ledger: str, token: int, member: str, key: str, text: bytes) -> int:
        """See `Engine.put`; lines are appended to it next, by a script whose absence nobody would be told of."""
        self.line.call("SCRIPT", "LOAD", self.append_script.text)
        answer = self._put.run(self.line, ledger, token, member, key, text)
        _check(answer)
        return int(answer[1])

    def append(self, ledger: str, token: int, at: int, lines: bytes) -> None:
        """See `Engine.append`."""
        _check(self.append_script.run(self.line, ledger, token, at, lines))

    def drop(self, ledger: str, token: int) -> None:
        """See `Engine.drop`."""
        _check(self._drop.run(self.line, ledger, token))

    def release(self, ledger: str, token: int) -> None:
        """See `Engine.release`."""
        _check(self._release.run(self.line, ledger, token))

    def look(self, key: str) -> list[Seen]:
        """See `Engine.look`."""
        return [
            Seen(ledger.decode(), owner.decode(), beat, line.decode())
            for ledger, owner, beat, line in self._look.run(self.line, key)
        ]

    def claim(self, seen: Seen, member: str, *, dead: bool) -> Claimed:
        """See `Engine.claim`."""
        answer = self._claim.run(self.line, seen.ledger, seen.owner, "" if dead else seen.beat, member)
        if answer[0] == b"HELD":
            raise Held("its owner has shown itself")
        if answer[0] == b"GONE":
            raise NotThere("another member was faster")
        _check(answer)
        return Claimed(int(answer[1]), answer[2])

    def lines(self, lines: Iterable[str]) -> set[str]:
        """See `Engine.lines`."""
        asked = list(lines)
        if not asked:
            return set()
        listed: bytes = self.line.call("CLIENT", "LIST", "ID", *asked)
        return {each.partition(b" ")[0].removeprefix(b"id=").decode() for each in listed.splitlines()}

    def is_connected(self, member: str) -> bool:
        """See `Engine.is_connected`."""
        line = self.line.call("HGET", ROOT + "lines", member)
        return line is not None and line.decode() in self.lines([line.decode()])

    def find(self, prefix: str) -> dict[str, str]:
        """See `Engine.find`."""
        return {
            call.decode(): member.decode()
            for call, member in _pairs(self._find.run(self.line, prefix, _MOST_FOUND)).items()
        }

    def post(self, box: str, mail: str, body: bytes, *, of_member: bool = True) -> None:
        """See `Engine.post`."""
        answer = self._post.run(self.line, box, mail, body, int(of_member), _MAIL_KEPT, _MOST_MAIL)
        if answer[0] == b"GONE":
            raise NotThere("is gone")
        if answer[0] == b"FULL":
            raise EngineRefused(f"{_MOST_MAIL} questions wait for that process already: it does not answer")

    def take(self, box: str, timeout: float) -> bytes | None:
        """See `Engine.take`."""
        answer = self.line.call("BLPOP", f"{ROOT}mail:{box}", timeout, timeout=timeout + 1.0)
        return None if answer is None else answer[1]

    def drain(self, host: str, *, drained: bool) -> None:
        """See `Engine.drain`."""
        self.line.call("SADD" if drained else "SREM", ROOT + "drained", host)

    def drained(self) -> set[str]:
        """See `Engine.drained`."""
        return {each.decode() for each in self.line.call("SMEMBERS", ROOT + "drained")}

    def probe(self) -> None:
        """Have a script run that changes nothing, and ask who is connected, as a member does. Blocks the greenlet.

        Raises:
            EngineRefused: the engine does not let us.
        """
        self._look.run(self.line, "")
        self.line.call("CLIENT", "LIST", "ID", self.line.call("CLIENT", "ID"))

    def info(self, section: str) -> dict[str, str]:
        """Return what the engine says of itself. Blocks the current greenlet."""
        told: bytes = self.line.call("INFO", section)
        pairs = (line.partition(":") for line in told.decode(errors="replace").splitlines() if ":" in line)
        return {name: value for name, _, value in pairs}

    def close(self) -> None:
        """Close the connection. Never blocks."""
        self.line.close()


def _check_layout(found: bytes | None) -> None:
    if found not in {None, LAYOUT.encode()}:
        raise EngineRefused(
            f"the engine holds a fleet of layout {str(found, errors='replace')[:20]}, and this runtime knows layout "
            f"{LAYOUT}: let all processes of a fleet have one version, or give each fleet a database"
        )


def _pairs(flat: list[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _whole(text: bytes) -> int:
    try:
        return int(text)
    except ValueError:
        return 0  # it is of nobody of ours


def _standings(asked: list[str], answer: list[Any]) -> dict[str, Standing]:
    told = zip(answer[::2], answer[1::2], strict=True)
    return {ledger: Standing(_whole(token), size) for ledger, (token, size) in zip(asked, told, strict=True)}


def _check(answer: list[bytes]) -> None:
    if answer[0] == b"FENCED":
        raise Fenced("the ledger was taken over")
    if answer[0] == b"LOST":
        raise Lost("the engine does not know the ledger, or not all of it")
