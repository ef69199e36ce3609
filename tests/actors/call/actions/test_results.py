"""Results that are taken one by one, while their operation goes on."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.hub import LIMIT, turns
from doubles.line import Line
from doubles.operations import DIGIT, collected

from relay_actors.errors import CallEnded, RelayTimeout


def test_a_continuous_collection_hands_on_each_result_until_it_is_over(line: Line[Any]) -> None:
    action = line.call.collect(digits=DIGIT, continuous=True)
    results = action.results(LIMIT)
    line.gets(collected(action, digits="1"), collected(action, "speech", final=False), collected(action, digits="2"))
    assert [next(results).digits, next(results).digits] == ["1", "2"]
    assert not action.is_done
    later = gevent.spawn(next, results)
    turns()
    line.gets(collected(action, "no_input"))
    assert later.get(timeout=LIMIT).type == "no_input"
    line.gets(collected(action, "finished", state="finished"))
    assert list(results) == []
    assert action.is_done


def test_a_continuous_collection_that_the_call_ends_says_so(line: Line[Any]) -> None:
    action = line.call.collect(digits=DIGIT, continuous=True)
    line.gets(collected(action, digits="1"))
    line.ends("hangup")
    results = action.results()
    assert next(results).digits == "1"
    with pytest.raises(CallEnded):
        next(results)


def test_waiting_for_the_next_result_is_bounded(line: Line[Any]) -> None:
    action = line.call.collect(digits=DIGIT, continuous=True)
    with pytest.raises(RelayTimeout, match=r"calling\.collect brought no result in time"):
        next(action.results(0.001))
    assert not action.is_done


def test_results_that_nobody_takes_are_bounded(line: Line[Any]) -> None:
    action = line.call.collect(digits=DIGIT, continuous=True)
    for number in range(1_050):
        line.core.on_receive(collected(action, digits=str(number)))
    line.gets(collected(action, "finished"))
    assert next(action.results()).digits == "50"


def test_each_result_is_handed_on_once_whoever_takes_it(line: Line[Any]) -> None:
    action = line.call.collect(digits=DIGIT, continuous=True)
    line.gets(collected(action, digits="1"), collected(action, digits="2"), collected(action, "finished"))
    first, second = action.results(), action.results()
    assert [next(first).digits, next(second).digits] == ["1", "2"]
    assert [*first, *second] == []


def test_a_result_that_is_given_back_is_the_next_one_even_for_those_who_wait(line: Line[Any]) -> None:
    action = line.call.collect(digits=DIGIT, continuous=True)
    line.gets(collected(action, digits="1"), collected(action, digits="2"))
    first = next(action.results())
    action._give_back(first)
    assert [result.digits for result in (next(action.results()), next(action.results()))] == ["1", "2"]
    waiting = gevent.spawn(next, action.results())
    turns()
    action._give_back(first)
    assert waiting.get(timeout=LIMIT) is first
