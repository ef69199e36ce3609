"""The open operations of a call: whose an event is, and how each ends, once."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.frames import event, state

from relay_actors.call.actions import Action, ActionAborted, AIAction, PlayAction, RecordAction
from relay_actors.call.operations import OpenOperations
from relay_actors.errors import CallEnded, RelayError


class Operator:
    """The call of operations that send nothing."""

    call_id = "c1"

    def command(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def refuse_elsewhere(self) -> None:
        """Belong to every thread."""

    def wait_for_future(self, future: Any, timeout: float | None) -> bool:
        raise NotImplementedError


class Bench:
    """Open operations, and what was queued: pairs of an operation's name and the class of the event for it."""

    def __init__(self) -> None:
        self.operations = OpenOperations()
        self.told: list[tuple[str, str]] = []

    def enqueue(self, callback: Any, happened: Any) -> None:
        callback(happened)

    def opens(self, kind: type[Action], name: str) -> Any:
        action = kind(Operator(), name, lambda happened: self.told.append((name, type(happened).__name__)))
        self.operations.open(action, self.enqueue)
        return action

    def tells(self, event_type: str, **body: Any) -> tuple[bool, bool]:
        return self.operations.tell(event(event_type, call_id="c1", **body), self.enqueue)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_event_goes_to_the_operation_that_it_names(bench: Bench) -> None:
    first, second = bench.opens(PlayAction, "k1"), bench.opens(PlayAction, "k2")
    assert bench.tells("calling.call.play", control_id="k2", state="playing") == (True, False)
    assert (first.state, second.state) == ("", "playing")
    assert bench.tells("calling.call.play", control_id="k3", state="playing") == (False, False)


def test_the_last_event_ends_the_operation_and_makes_it_known_once(bench: Bench) -> None:
    bench.opens(PlayAction, "k1")
    assert bench.tells("calling.call.play", control_id="k1", state="finished") == (True, True)
    assert bench.tells("calling.call.play", control_id="k1", state="finished") == (False, False)
    assert bench.told == [("k1", "PlayEvent")]
    assert len(bench.operations) == 0


def test_an_event_without_an_id_is_of_those_whom_its_type_ends(bench: Bench) -> None:
    bench.opens(PlayAction, "k1")
    agent = bench.opens(AIAction, "k2")
    assert bench.tells("calling.ai.completion") == (False, False)
    assert bench.tells("calling.ai.stop") == (True, True)
    assert agent.is_done
    assert [action.control_id for action in bench.operations.all()] == ["k1"]


def test_an_id_that_is_in_use_ends_the_second_and_leaves_the_first(bench: Bench) -> None:
    first = bench.opens(PlayAction, "k1")
    second = bench.opens(RecordAction, "k1")
    assert "in use by another operation" in str(second.error)
    assert bench.operations.all() == (first,)
    assert bench.told == [("k1", "ActionAborted")]


def test_an_operation_whose_command_failed_before_it_was_opened_is_not_kept(bench: Bench) -> None:
    action = PlayAction(Operator(), "k1")
    bench.operations.close(action, RelayError(400, "no"), bench.enqueue)
    bench.operations.open(action, bench.enqueue)
    assert "k1" not in bench.operations


def test_the_close_of_one_leaves_another_of_the_same_id_open(bench: Bench) -> None:
    first = bench.opens(PlayAction, "k1")
    other = PlayAction(Operator(), "k1")
    bench.operations.close(other, RelayError(400, "no"), bench.enqueue)
    assert bench.operations.all() == (first,)
    assert other.error is not None


def test_the_end_of_the_call_ends_each_with_an_error_of_its_own(bench: Bench) -> None:
    actions = [bench.opens(PlayAction, "k1"), bench.opens(PlayAction, "k2")]
    bench.operations.end(CallEnded, bench.enqueue)
    assert [type(action.error) for action in actions] == [CallEnded, CallEnded]
    assert actions[0].error is not actions[1].error
    assert bench.told == [("k1", ActionAborted.__name__), ("k2", ActionAborted.__name__)]


def test_those_whose_result_may_come_late_are_spared_as_long_as_it_may(bench: Bench) -> None:
    bench.opens(PlayAction, "k1")
    recording = bench.opens(RecordAction, "k2")
    bench.operations.end(CallEnded, bench.enqueue, late=True)
    assert bench.operations.all() == (recording,)
    bench.operations.end(CallEnded, bench.enqueue)
    assert len(bench.operations) == 0


def test_the_end_of_the_call_is_a_result_to_an_agent(bench: Bench) -> None:
    ended: Any = state("ended")
    agent = bench.opens(AIAction, "k1")
    bench.operations.end(CallEnded, bench.enqueue, last_state=ended)
    assert (agent.result, agent.error) == (ended, None)
    assert bench.told == [("k1", "CallStateEvent")]
