"""Which parts of frames are kept."""

from __future__ import annotations

import pytest
from protocol_data import DATA

from relay_runtime.recording.kept import BY_TYPE, ID_KEYS, KEYS, NAMES, OF_PAYMENTS, Kind, Manner, manner_of


def test_every_name_in_the_tables_is_one_of_the_protocols_fields() -> None:
    known = str(DATA)
    odd = {"caller_id", "remote_identity"}  # of other servers, and private
    for name in {*KEYS, *OF_PAYMENTS, *(key for _, key in BY_TYPE)} - odd:
        assert f"'{name}'" in known or name in NAMES, name


def test_numbers_and_secrets_are_never_kept_as_they_are() -> None:
    for name in ("from", "to", "from_number", "to_number", "caller_id_number", "sip_refer_to"):
        assert KEYS[name] is Kind.NUMBER
    for name in ("project_id", "token", "password", "authorization_state"):
        assert KEYS[name] is Kind.SECRET


def test_what_differs_in_every_run_can_be_told() -> None:
    assert {"call_id", "node_id", "control_id", "tag", "id"} <= ID_KEYS


@pytest.mark.parametrize(
    ("name", "manner"),
    [
        ("calling.play", Manner.KNOWN),
        ("calling.call.ai", Manner.KNOWN),
        ("calling.ai", Manner.FREE),
        ("calling.ai.response", Manner.FREE),
        ("calling.user_event", Manner.FREE),
        ("calling.pay", Manner.PAYMENT),
        ("calling.call.pay", Manner.PAYMENT),
        ("calling.pay.stop", Manner.KNOWN),
        ("", Manner.KNOWN),
    ],
)
def test_bodies_are_looked_at_by_what_they_are_of(name: str, manner: Manner) -> None:
    assert manner_of(name) is manner
