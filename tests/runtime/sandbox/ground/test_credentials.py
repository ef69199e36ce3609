"""Credentials: one of two kinds, and nothing else with it."""

from __future__ import annotations

import pytest

from relay_runtime.sandbox import Settings
from relay_runtime.sandbox.ground.credentials import are_accepted

SETTINGS = Settings(project="p", token="t", jwt_token="j")


@pytest.mark.parametrize(
    "given", [{"project": "p", "token": "t"}, {"jwt_token": "j"}, {"jwt_token": "j", "project": "any"}]
)
def test_a_token_of_the_project_or_a_jwt_is_accepted(given: dict[str, object]) -> None:
    assert are_accepted(given, SETTINGS)


@pytest.mark.parametrize(
    "given",
    [
        {"project": "p", "token": "x"},
        {"project": "x", "token": "t"},
        {"project": "p", "token": "t", "jwt_token": "j"},
        {"project": "p", "token": 7},
        {"jwt_token": None},
        {"token": "t"},
        {},
    ],
)
def test_anything_else_is_not(given: dict[str, object]) -> None:
    assert not are_accepted(given, SETTINGS)


ANY = Settings(any_credentials=True)


@pytest.mark.parametrize(
    ("given", "accepted"),
    [
        ({"project": "x", "token": "y"}, True),
        ({"jwt_token": "y"}, True),
        ({"project": "x", "token": "y", "jwt_token": "z", "more": 1}, True),
        ({"token": "y"}, True),
        ({"project": "x"}, False),
        ({"project": 7, "token": "y"}, False),
        ({"project": "x", "token": 7}, False),
        ({"project": "x", "token": ""}, False),
        ({}, False),
    ],
)
def test_any_value_is_accepted_where_that_is_set_and_nothing_that_is_none(
    given: dict[str, object], accepted: bool
) -> None:
    assert are_accepted(given, ANY) is accepted
