"""A look at a fleet from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from doubles.members import member
from runtime.fleet.conftest import Place

from relay_runtime.fleet.errors import FleetError
from relay_runtime.fleet.visit import Visit
from relay_runtime.settings.engine_address import parse_address
from relay_runtime.websocket.errors import CaFileError


def test_a_visitor_sees_members_and_is_none(place: Any) -> None:
    engine = place.open()
    engine.join(member("a"), engine.connect())
    visit = Visit(place.address)
    assert [each.id for each in visit.fleet.members()] == ["a"]
    visit.fleet.drain("alpha")
    assert visit.fleet.drained() == {"alpha"} == engine.drained()
    visit.close()
    assert [each.id for each, _ in engine.members()] == ["a"]


def test_an_engine_that_is_not_there_is_told(place: Place) -> None:
    visit = Visit(parse_address("redis://127.0.0.1:1"))
    with pytest.raises(FleetError, match="redis://127.0.0.1:1 does not answer"):
        visit.fleet.members()
    visit.close()


def test_authorities_that_are_not_there_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(CaFileError):
        Visit(parse_address(f"rediss://127.0.0.1:1?ca_file={tmp_path}/none.pem"))
