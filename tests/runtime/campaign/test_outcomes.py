"""Outcomes are read once each, and whoever reads is told when no more come."""

from __future__ import annotations

import gevent
from doubles.campaign import items
from doubles.hub import LIMIT, turns

from relay_runtime import CampaignOutcome
from relay_runtime.campaign.outcomes import Outcomes

ONE, TWO = (CampaignOutcome(item=item, result="answered") for item in items(2))


def test_outcomes_are_read_in_their_order_and_none_says_that_no_more_come() -> None:
    outcomes = Outcomes(lambda: True)
    outcomes.put(ONE)
    outcomes.put(TWO)
    assert len(outcomes) == 2
    assert [outcomes.next(), outcomes.next(), outcomes.next()] == [ONE, TWO, None]


def test_what_was_given_back_is_the_next() -> None:
    outcomes = Outcomes(lambda: True)
    outcomes.put(TWO)
    outcomes.give_back(ONE)
    assert [outcomes.at_hand(), outcomes.at_hand(), outcomes.at_hand()] == [ONE, TWO, None]


def test_whoever_waits_is_woken_by_an_outcome_and_by_the_end() -> None:
    through: list[bool] = []
    outcomes = Outcomes(lambda: bool(through))
    readers = [gevent.spawn(outcomes.next) for _ in range(3)]
    turns()
    outcomes.look_for_end()
    outcomes.put(ONE)
    turns()
    assert [reader.ready() for reader in readers].count(True) == 1
    through.append(True)
    outcomes.look_for_end()
    gevent.joinall(readers, timeout=LIMIT, raise_error=True)
    assert [reader.value for reader in readers].count(None) == 2
