"""The life of a call: forward only, any state may be skipped, nothing follows the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol_data import DATA

from relay_actors.wire import call_state
from relay_actors.wire.call_state import STATES, TRANSITIONS, advance, end_reason

RANK = {"": -1, **{state: rank for rank, state in enumerate(STATES)}}


@given(st.lists(st.sampled_from(STATES)))
def test_any_sequence_of_events_only_moves_forward(events: list[str]) -> None:
    current = ""
    for event in events:
        new = advance(current, event)
        if new is None:
            assert RANK[event] <= RANK[current]
        else:
            assert RANK[new] > RANK[current]
            current = new


@given(st.lists(st.sampled_from(STATES)))
def test_nothing_follows_the_end(events: list[str]) -> None:
    assert all(advance(call_state.ENDED, event) is None for event in events)


@pytest.mark.parametrize("current", ["", *STATES])
def test_every_state_may_be_skipped(current: str) -> None:
    for later in STATES[RANK[current] + 1 :]:
        assert advance(current, later) == later


@pytest.mark.parametrize("state", STATES)
def test_a_repetition_changes_nothing(state: str) -> None:
    assert advance(state, state) is None


@pytest.mark.parametrize("current", ["", *STATES])
@pytest.mark.parametrize("unknown", ["", "Answered", "hold", "ended "])
def test_a_state_that_no_call_has_is_refused_and_named(current: str, unknown: str) -> None:
    with pytest.raises(ValueError, match="is no call state; known are created, ringing, answered, ending, ended"):
        advance(current, unknown)


def test_the_table_knows_every_state_and_no_other() -> None:
    assert set(TRANSITIONS) == {"", *STATES}
    assert {state for following in TRANSITIONS.values() for state in following} == set(STATES)


@pytest.mark.parametrize(
    ("given_reason", "reason"),
    [("max_duration", "maxDuration"), ("not_found", "notFound"), ("no_answer", "noAnswer"), ("busy", "busy"), ("", "")],
)
def test_both_spellings_of_an_end_reason_become_the_one_of_the_wire(given_reason: str, reason: str) -> None:
    assert end_reason(given_reason) == reason
    assert end_reason(reason) == reason


def test_the_table_of_states_is_that_of_the_protocol() -> None:
    wanted = {("" if name == "(new)" else name): set(after) for name, after in DATA["call_transitions"].items()}
    for name, after in wanted.items():
        assert set(TRANSITIONS[name]) >= after
