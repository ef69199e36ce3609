"""The constants: plain texts, and the words of the protocol."""

from __future__ import annotations

from protocol_data import DATA

from relay_actors.messaging.message import TERMINAL_STATES
from relay_actors.wire import constants
from relay_actors.wire.call_state import STATES


def constants_that_begin_with(prefix: str) -> set[str]:
    return {value for name, value in vars(constants).items() if name.startswith(prefix) and isinstance(value, str)}


def test_the_constants_are_the_words_of_the_protocol() -> None:
    assert list(constants.CALL_STATES) == DATA["call_states"]
    assert constants_that_begin_with("CALL_STATE_") == set(DATA["call_states"])
    assert constants_that_begin_with("CONNECT_STATE_") == set(DATA["connect_states"])
    assert constants_that_begin_with("MESSAGE_STATE_") == set(DATA["message_states"])
    assert set(constants.MESSAGE_TERMINAL_STATES) == set(DATA["message_terminal_states"]) == TERMINAL_STATES
    assert constants_that_begin_with("END_REASON_") == set(DATA["end_reasons"])
    assert constants_that_begin_with("EVENT_") <= DATA["events"].keys()


def test_a_state_of_a_call_is_spelt_as_the_table_of_states_spells_it() -> None:
    assert constants.CALL_STATES == STATES
