"""Finds who goes on with the calls of a ledger: a class of this process that has their class's name, or a policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from relay_actors.call.call import CallActor
from relay_actors.call.crash_policy import CrashPolicy
from relay_actors.call.hooks import found
from relay_actors.routing.inheritance import Inheritance, Orphan
from relay_actors.session.state import Session
from relay_runtime.ledger.journal import kind_name
from relay_runtime.ledger.records import Book, Entry

__all__ = ["inherited"]


def inherited(book: Book, factory: Callable[..., Any] | None, when_crashed: CrashPolicy) -> Inheritance:
    """Return what a ledger has left.

    No name of it is imported: the classes are those that this process has.

    Args:
        book: what stands in it.
        factory: what makes the actors of inbound calls here; it knows the further arguments of its class.
        when_crashed: what becomes of a call of which no class is known.
    """
    makers = dict(_makers(factory))
    policies = {number: kind.policy.made() for number, kind in book.kinds.items()}
    orphans, offers, unserved = [], {}, {}
    for call_id, entry in book.calls.items():
        if entry.unserved or (entry.kind is None and entry.tag):
            unserved[call_id] = entry.node_id
        elif entry.kind is None:
            offers[call_id] = entry.node_id
        else:
            kind = book.kinds.get(entry.kind)
            maker = None if kind is None else makers.get(kind.name)
            orphans.append(_orphan(call_id, entry, maker, policies.get(entry.kind, when_crashed)))
    kept = book.session
    session = Session() if kept is None else Session(kept.protocol, kept.authorization_state, kept.contexts)
    return Inheritance(
        session=session,
        limit=book.opened.limit,
        orphans=tuple(orphans),
        offers=offers,
        unserved=unserved,
        tags=tuple(book.tags),
    )


def _orphan(call_id: str, entry: Entry, maker: Callable[..., Any] | None, policy: CrashPolicy) -> Orphan:
    return Orphan(
        call_id=call_id,
        node_id=entry.node_id,
        context=entry.context,
        dialled=entry.dialled,
        tag=entry.tag,
        answered=entry.answered,
        engaged=entry.engaged,
        memo=entry.memo.encode(),
        factory=maker,
        policy=policy,
    )


def _makers(factory: Callable[..., Any] | None) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Give the classes of this process that can go on with a call, and what makes their actors, by name."""
    own = found(CallActor, "on_adopted")
    able = {each for each in _subclasses(CallActor) if found(each, "on_adopted") is not own}
    for each in able:
        yield kind_name(each), each
    if isinstance(factory, partial) and factory.func in able:
        yield kind_name(factory.func), factory


def _subclasses(cls: type[CallActor]) -> Iterator[type[CallActor]]:
    for each in cls.__subclasses__():
        yield each
        yield from _subclasses(each)
