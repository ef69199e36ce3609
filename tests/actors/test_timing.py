"""Every delay and limit in one value."""

from __future__ import annotations

import inspect

import msgspec
import pytest

from relay_actors.timing import Timing

FIELDS = {field.name: field for field in msgspec.structs.fields(Timing)}
WITHOUT_LIMIT = {name for name, field in FIELDS.items() if "None" in str(field.type)}


def test_nobody_can_change_the_time_of_another() -> None:
    timing = Timing()
    with pytest.raises(AttributeError):
        timing.request_timeout = 1.0  # type: ignore[misc]


def test_every_delay_and_limit_is_described() -> None:
    doc = inspect.getdoc(Timing) or ""
    assert [name for name in FIELDS if f"{name}: " not in doc] == []


@pytest.mark.parametrize("name", sorted(WITHOUT_LIMIT))
def test_a_limit_that_can_be_lifted_says_what_none_means(name: str) -> None:
    doc = inspect.getdoc(Timing) or ""
    after = doc[doc.index(f"{name}: ") :]
    assert "None" in after.split(".\n")[0]


def test_every_default_is_above_zero() -> None:
    assert [name for name in FIELDS if not getattr(Timing(), name)] == ["refusals_allowed_later"]
