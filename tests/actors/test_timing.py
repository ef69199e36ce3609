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


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), True, "1"])
@pytest.mark.parametrize("name", sorted(FIELDS))
def test_what_is_no_delay_and_no_limit_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"^{name} is .*; accepted is a (whole number|number of seconds) "):
        Timing(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(FIELDS.keys() - WITHOUT_LIMIT))
def test_a_limit_that_cannot_be_lifted_is_not(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} is None; accepted is .* (above|from) 0$"):
        Timing(**{name: None})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["backoff_first", "backoff_limit", "backoff_limit_live"])
def test_no_backoff_is_without_a_pause(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} is 0; accepted is a number of seconds above 0$"):
        Timing(**{name: 0})  # type: ignore[arg-type]


def test_a_limit_in_pieces_is_a_whole_number() -> None:
    with pytest.raises(ValueError, match=r"^outbox_limit is 1\.5; accepted is a whole number from 0$"):
        Timing(outbox_limit=1.5)  # type: ignore[arg-type]
    assert Timing(stop_timeout=0, offline_limit=None, refusals_allowed_later=None) == Timing(
        stop_timeout=0.0, refusals_allowed_later=None, offline_limit=None
    )
