"""What a client is made with is checked when it is made."""

from __future__ import annotations

from typing import Any

import pytest

from relay_runtime import RelayClient, Timing
from relay_runtime.client.setup import ClientSetup
from relay_runtime.settings.client import resolve


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ["project=", "SIGNALWIRE_PROJECT_ID", "token=", "SIGNALWIRE_API_TOKEN", "jwt_token="]),
        ({"project": "p"}, ["token=", "SIGNALWIRE_API_TOKEN"]),
        ({"token": "t"}, ["project=", "SIGNALWIRE_PROJECT_ID"]),
    ],
)
def test_a_missing_credential_names_argument_and_variable(given: dict, missing: list[str]) -> None:
    with pytest.raises(ValueError) as error:
        RelayClient(**given)
    assert all(word in str(error.value) for word in missing)


def test_a_plain_socket_is_refused_away_from_loopback() -> None:
    with pytest.raises(ValueError, match="token would travel in clear"):
        RelayClient(project="p", token="t", host="ws://example.com")


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "10"])
def test_a_cap_that_is_no_cap_is_refused(limit: Any) -> None:
    with pytest.raises(ValueError, match="max_active_calls"):
        RelayClient(project="p", token="t", max_active_calls=limit)


def test_a_bad_cap_in_the_environment_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELAY_MAX_ACTIVE_CALLS", "many")
    with pytest.raises(ValueError, match="RELAY_MAX_ACTIVE_CALLS"):
        RelayClient(project="p", token="t")


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"overload": "sulk"}, ValueError, "overload is 'sulk'"),
        ({"leave_at": 2.0}, ValueError, "leave_at"),
        ({"leave_at": 0.5, "return_at": 0.9}, ValueError, "return_at"),
        ({"hub_guard": 0}, ValueError, "hub_guard is 0"),
        ({"when_crashed": "cry"}, TypeError, "argument when_crashed= is 'cry'"),
    ],
)
def test_a_value_that_is_out_of_range_is_refused_before_anything_is_connected(
    given: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        RelayClient(project="p", token="t", **given)


def test_each_tree_of_actors_begins_with_all_slots_free() -> None:
    setup = ClientSetup(
        settings=resolve(project="p", token="t", max_active_calls=1),
        timing=Timing(),
        overload="busy",
        leave_at=None,
        return_at=None,
        when_crashed="hangup",
        observer=None,
        hub_guard=None,
    )
    assert setup.admission().slots.take("c1")
    again = setup.admission()
    assert (again.slots.limit, again.policy, again.slots.taken) == (1, "busy", 0)
