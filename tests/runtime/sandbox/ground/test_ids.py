"""Identifiers: in the shape of a UUID, and never the same."""

from __future__ import annotations

import uuid

from relay_runtime.sandbox.ground.ids import new_id


def test_an_id_is_a_version_4_uuid_as_text() -> None:
    for _ in range(100):
        made = new_id()
        assert str(uuid.UUID(made)) == made
        assert (uuid.UUID(made).version, uuid.UUID(made).variant) == (4, uuid.RFC_4122)


def test_no_two_ids_are_the_same() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000
