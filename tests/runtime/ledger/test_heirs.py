"""Who goes on with the calls of a ledger: a class of this process, or what was written."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import pytest

from relay_actors.call.call import CallActor
from relay_actors.call.crash_policy import HANGUP, Say, Transfer
from relay_actors.session.state import Session
from relay_runtime.ledger.heirs import inherited
from relay_runtime.ledger.journal import kind_name
from relay_runtime.ledger.records import (
    Answered,
    Dialled,
    Engaged,
    Kind,
    Leg,
    Memo,
    Offered,
    Opened,
    Policy,
    Record,
    Served,
    SessionKept,
    Unserved,
    encode,
    read_book,
)


class Heir(CallActor):
    """Can go on."""

    def __init__(self, setup: Any, shop: str = "none") -> None:
        super().__init__(setup)
        self.shop = shop

    def run(self) -> None: ...

    def on_adopted(self) -> None: ...


class Grandchild(Heir):
    """Can too."""


class Heirless(CallActor):
    """Can't."""

    def run(self) -> None: ...


def of(*records: Record, factory: Any = None, when_crashed: Any = HANGUP) -> Any:
    data = b"".join(map(encode, (Opened(1, "k", 1, 7), SessionKept("p1", "blob", ("office",)), *records)))
    return inherited(read_book(data), factory, when_crashed)


def served(kind: type | str, policy: Any = HANGUP, dialled: bool = False) -> tuple[Record, ...]:
    name = kind if isinstance(kind, str) else kind_name(kind)
    return Kind(3, name, Policy.of(policy)), Offered("c1", "n1", "office"), Served("c1", "n1", 3, dialled)


def test_session_and_limit_are_those_of_the_dead_process() -> None:
    left = of()
    assert left.session == Session("p1", "blob", ("office",))
    assert left.limit == 7
    assert (left.orphans, left.offers, left.unserved, left.tags) == ((), {}, {}, ())


def test_one_without_a_session_has_none() -> None:
    assert inherited(read_book(encode(Opened(1, "k", 1, 7))), None, HANGUP).session == Session()


def test_each_call_is_an_orphan_an_offer_or_to_be_ended() -> None:
    left = of(
        *served(Heir),
        Offered("c2", "n2", "office"),
        Dialled("t1"),
        Leg("c3", "n3", "t1"),
        Leg("c4", "n4", "t1"),
        Served("c4", "n4", 3, True),
        Offered("c5", "n5", "office"),
        Unserved("c5", "n5"),
        Served("c6", "n6", 3, False),
        Unserved("c6", "n6"),
    )
    assert [each.call_id for each in left.orphans] == ["c1", "c4"]
    assert left.offers == {"c2": "n2"}
    assert left.unserved == {"c3": "n3", "c5": "n5", "c6": "n6"}
    assert left.tags == ("t1",)


def test_an_orphan_has_all_that_was_written_of_it() -> None:
    (orphan,) = of(*served(Heir, Say("Sorry.")), Answered("c1"), Engaged("c1", ("a queue",)), Memo("c1", '"é"')).orphans
    assert (orphan.node_id, orphan.context, orphan.dialled, orphan.answered) == ("n1", "office", False, True)
    assert (orphan.engaged, orphan.memo, orphan.policy) == (("a queue",), '"é"'.encode(), Say("Sorry."))
    assert orphan.factory is Heir


@pytest.mark.parametrize(("kind", "factory"), [(Heir, Heir), (Grandchild, Grandchild), (Heirless, None)])
def test_a_class_that_can_goes_on_whatever_serves_new_calls(kind: type, factory: Any) -> None:
    for new in (None, Heirless, lambda setup: Heirless(setup)):
        (orphan,) = of(*served(kind), factory=new).orphans
        assert orphan.factory is factory


def test_what_makes_actors_of_it_with_further_arguments_does_so_here_too() -> None:
    factory = partial(Heir, shop="north")
    (orphan,) = of(*served(Heir), factory=factory).orphans
    assert orphan.factory is factory
    (orphan,) = of(*served(Grandchild), factory=factory).orphans
    assert orphan.factory is Grandchild


@pytest.mark.parametrize(
    "name", ["app.gone:Heir", "os:system", "Heir", "", f"{__name__}:Heir.run", f"{__name__}:Heirless", "this:x"]
)
def test_a_class_that_is_gone_leaves_what_was_written_and_nothing_is_imported(name: str) -> None:
    before = set(sys.modules)
    (orphan,) = of(*served(name, Transfer("context:x")), when_crashed=Say("other")).orphans
    assert (orphan.factory, orphan.policy) == (None, Transfer("context:x"))
    assert set(sys.modules) == before


def test_a_call_whose_class_was_never_written_has_the_policy_of_this_process() -> None:
    (orphan,) = of(Offered("c1", "n1", "office"), Served("c1", "n1", 9, False), when_crashed=Say("Sorry.")).orphans
    assert (orphan.factory, orphan.policy) == (None, Say("Sorry."))
