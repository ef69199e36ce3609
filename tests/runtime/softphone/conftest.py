"""A phone in virtual time, and an app that it calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles.desk import PhoneCall, phone_call
from doubles.one_process import in_one_process

from relay_runtime.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with in_one_process() as running:
        yield running


@pytest.fixture
def phone(sandbox: Sandbox) -> Iterator[PhoneCall]:
    """A phone, and what it has told; the test serves the context ``office`` by a function."""
    with phone_call(sandbox) as made:
        yield made
