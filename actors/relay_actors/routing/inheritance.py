"""What a process has left that has died: the calls that it served, and those that it was about to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from relay_actors.call.crash_policy import HANGUP, CrashPolicy
from relay_actors.call.engagements import Engaged
from relay_actors.session.state import Session

__all__ = ["Inheritance", "Orphan"]


class Orphan(msgspec.Struct, frozen=True, kw_only=True):
    """A call whose code is gone.

    Attributes:
        call_id: its id.
        node_id: the routing half of its address.
        context: the context that it came by, or an empty string.
        dialled: whether it was dialled.
        tag: the label of the dial that made it, or an empty string.
        answered: whether it was answered.
        engaged: what it is engaged in without code.
        memo: what its code has wanted to be remembered, as JSON; or empty.
        factory: makes an actor of a class that goes on with it; None when there is none.
        policy: what becomes of it then.
    """

    call_id: str
    node_id: str
    context: str = ""
    dialled: bool = False
    tag: str = ""
    answered: bool = False
    engaged: Engaged = ()
    memo: bytes = b""
    factory: Callable[..., Any] | None = None
    policy: CrashPolicy = HANGUP

    def __repr__(self) -> str:
        """Show no memo, which may tell of who calls."""
        return f"<Orphan {self.call_id}>"


class Inheritance(msgspec.Struct, frozen=True, kw_only=True):
    """All that is to be gone on with, passed on or ended.

    Attributes:
        session: the session that it belongs to.
        limit: how many active calls its process was allowed.
        orphans: calls whose code was under way.
        offers: calls that nobody had touched: from their id to their node.
        unserved: calls and legs that are to be ended: from their id to their node.
        tags: dials under way.
    """

    session: Session
    limit: int
    orphans: tuple[Orphan, ...] = ()
    offers: dict[str, str] = {}
    unserved: dict[str, str] = {}
    tags: tuple[str, ...] = ()

    def calls(self) -> dict[str, str]:
        """Return all calls that may be up, from their id to their node."""
        return {each.call_id: each.node_id for each in self.orphans} | self.offers | self.unserved
