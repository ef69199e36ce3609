"""A client without a ledger has all that one with a ledger has, and each ledger takes what the model tells."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from doubles.noted import Noted

from relay_actors.session.ledger import NO_LEDGER, Ledger
from relay_actors.session.state import Session

METHODS = [name for name in vars(Ledger) if not name.startswith("_")]


@pytest.mark.parametrize("kind", [type(NO_LEDGER), Noted])
@pytest.mark.parametrize("name", METHODS)
def test_each_ledger_takes_what_the_model_tells(kind: Any, name: str) -> None:
    assert inspect.signature(getattr(kind, name)) == inspect.signature(getattr(Ledger, name))


def test_without_one_the_session_is_always_this_processs_own_and_nothing_is_kept() -> None:
    told: tuple[Any, ...] = (
        NO_LEDGER.note_session(Session(protocol="p1")),
        NO_LEDGER.note_events([]),
        NO_LEDGER.note_served("c1", "n1", object, dialled=False),
        NO_LEDGER.note_answered("c1"),
        NO_LEDGER.note_engaged("c1", ()),
        NO_LEDGER.note_memo("c1", b""),
        NO_LEDGER.note_unserved("c1", "n1"),
        NO_LEDGER.forget_call("c1"),
        NO_LEDGER.note_dial("t1"),
        NO_LEDGER.forget_dial("t1"),
    )
    assert set(told) == {None}
    assert NO_LEDGER.owns_session()
    assert not hasattr(NO_LEDGER, "__dict__")
