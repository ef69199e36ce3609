"""The programs of ``examples/aio`` with SignalWire's own client and with ours: one import changed, the same requests.

Each program is played twice against a sandbox, as it is and with its import replaced. What the server was asked, call
by call, and what the program printed must be the same, but for the differences in the table below.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from aio_cases import CASES
from played_programs import AIO, Programs, differences, over_wss

pytest.importorskip("trustme", reason="trustme makes the certificate; it is in the extra 'test'")

pytestmark = [
    pytest.mark.interop,
    pytest.mark.proof,
    pytest.mark.skipif(
        importlib.util.find_spec("signalwire") is None,
        reason="signalwire-sdk is not installed; it is in the extra 'interop'",
    ),
]

MIGRATING = Path(__file__).parents[2] / "docs" / "migrating.md"

DIFFERENT = {
    ("impatient", "calling.end: ours alone"): "`dial` that times out",
    ("picture_messages", "messaging.send: context"): "`send_message: no context`",
    ("transcript", "calling.collect: start_input_timers"): "`collect`",
}
"""From a program, and what differs in its requests, to the row of ``docs/migrating.md`` that gives the reason."""


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Programs, Programs]]:
    """A process with the official client and one with ours, both over wss."""
    environ, settings = over_wss(tmp_path_factory.mktemp("authority"))
    with (
        Programs("signalwire.relay", AIO, environ, **settings) as theirs,
        Programs("relay_runtime.aio", AIO, environ, **settings) as ours,
    ):
        yield theirs, ours


@pytest.mark.parametrize("name", CASES)
def test_a_program_asks_and_prints_the_same_with_either_client_but_for_what_is_listed(
    name: str, clients: tuple[Programs, Programs]
) -> None:
    playing = [gevent.spawn(programs.play, CASES[name]) for programs in clients]
    gevent.joinall(playing)
    theirs, ours = (each.get() for each in playing)
    assert differences(theirs, ours) == {what for program, what in DIFFERENT if program == name}
    assert sorted(theirs.lines) == sorted(ours.lines)


def test_every_difference_has_its_row_in_the_guide_for_those_who_move() -> None:
    rows = [line.split(" | ")[0].removeprefix("| ") for line in MIGRATING.read_text().splitlines()]
    assert set(DIFFERENT.values()) <= set(rows)
    assert {name for name, _ in DIFFERENT} <= CASES.keys()
