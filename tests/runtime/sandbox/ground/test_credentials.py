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
