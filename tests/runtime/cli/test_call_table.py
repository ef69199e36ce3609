"""Live calls as a table that fits a terminal."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len

from relay_actors.telemetry.status import CallStatus
from relay_runtime.cli.call_table import CallTable, duration, id_length, shortened, spoken

IDS = ("1535a805-4404-4523-b5d3-27804dbc9d72", "63e4ee38-845f-414f-af81-e344f39b5059")
PLACE = "/srv/app/app.py:10 in Greeter.run"


def call(call_id: str, **more: Any) -> CallStatus:
    known: dict[str, Any] = {
        "kind": "Greeter",
        "direction": "inbound",
        "context": "office",
        "state": "answered",
        "age": 2.6,
        "doing": "calling.play_and_collect",
        "where": PLACE,
    }
    return CallStatus(call_id=call_id, **{**known, **more})


def drawn(width: int, *calls: CallStatus, whole_ids: bool | None = None) -> list[str]:
    table = CallTable(calls or [call(each) for each in IDS], width, whole_ids=whole_ids)
    return [table.head().plain, *(table.row(each).plain for each in table.calls)]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (60, "1m 00s"), (3599, "59m 59s"), (7380, "2h 03m"), (435_600, "5d 01h")],
)
def test_a_duration_is_for_people(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_eighty_columns_have_short_ids_and_the_place_of_the_code() -> None:
    head, row, _ = drawn(80)
    assert head.split() == ["call", "direction", "state", "age", "doing", "stands", "at"]
    cells = ["1535a805", "inbound", "answered", "2.6 s", "play_and_collect", "app.py:10 Greeter.run"]
    assert [cell.strip() for cell in row.split("  ") if cell] == cells


def test_a_wide_terminal_has_whole_ids_and_paths() -> None:
    _, row, _ = drawn(160)
    assert row.startswith(f"{IDS[0]}  Greeter  inbound ")
    assert row.endswith("/srv/app/app.py:10 Greeter.run")


def test_whole_ids_are_had_where_there_is_no_room_for_all_columns_and_short_ones_where_there_is() -> None:
    _, row, _ = drawn(80, whole_ids=True)
    assert row == f"{IDS[0]}  answered  2.6 s  app.py:10 Greeter.run"
    _, row, _ = drawn(160, whole_ids=False)
    assert row.startswith("1535a805  Greeter ")
    assert drawn(50, whole_ids=True)[1].startswith("1535a805  ")


@pytest.mark.parametrize("width", range(24, 200))
def test_no_line_is_wider_than_the_terminal_and_file_and_line_are_always_there(width: int) -> None:
    rows = drawn(
        width, call(IDS[0]), call(IDS[1], context="寿司" * 9, kind="K" * 30, doing="wait_for calling.call.play")
    )
    assert all(cell_len(row) <= width for row in rows)
    assert all("app.py:10" in row for row in rows[1:])


def test_the_function_is_there_from_forty_columns_on() -> None:
    assert all("app.py:10 Greeter.run" in row for row in drawn(40)[1:])


def test_the_oldest_call_is_first() -> None:
    rows = drawn(80, call(IDS[0], age=1.0), call(IDS[1], age=7200.0))
    assert [row[:8] for row in rows[1:]] == [IDS[1][:8], IDS[0][:8]]


@pytest.mark.parametrize(
    ("ids", "length"),
    [((), 8), (("a", "b"), 8), (("call-000001", "call-000002"), 11), (("same-beginning", "same-beginning-2"), 15)],
)
def test_short_ids_tell_calls_from_each_other(ids: tuple[str, ...], length: int) -> None:
    assert id_length(ids) == length
    assert len({each[:length] for each in ids}) == len(ids)


@pytest.mark.parametrize(
    ("where", "place"),
    [(PLACE, "app.py:10 Greeter.run"), ("", "-"), ("an unknown place", "an unknown place")],
)
def test_a_place_is_a_file_a_line_and_a_function(where: str, place: str) -> None:
    assert spoken(where) == place


def test_of_a_place_that_is_too_long_the_line_and_the_ends_of_names_are_kept() -> None:
    assert shortened("app.py:10 Greeter.takes_a_reservation", 30) == "app.py:10 …takes_a_reservation"
    assert shortened("a_very_long_name.py:1234 f", 12) == "…ame.py:1234"
    assert cell_len(shortened("寿司屋.py:7 f", 8)) <= 8
