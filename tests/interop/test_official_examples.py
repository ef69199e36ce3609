"""Programs of ``examples/official`` on greenlets, and the same on SignalWire's own client: the same requests.

Each is played twice against a sandbox: as it is, and with ``async`` and ``await`` put in, by the official client. What
the server was asked, call by call, and what was printed must be the same, but for the differences in the table below.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from awaiting import coroutine_methods, with_awaits
from official_cases import CASES
from played_programs import OFFICIAL, Programs, differences, over_wss

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
    ("with_exit", "calling.end: ours alone"): "the client is disconnected while calls are up",
}
"""From a program, and what differs in its requests, to the row of ``docs/migrating.md`` that gives the reason."""


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Programs, Programs]]:
    """A process with the official client and one with ours, both over wss."""
    folder = tmp_path_factory.mktemp("programs")
    methods = coroutine_methods(*(importlib.import_module(f"signalwire.relay.{name}") for name in ("call", "client")))
    for name in CASES:
        (folder / f"{name}.py").write_text(with_awaits(Path(OFFICIAL.format(name)).read_text(), methods))
    environ, settings = over_wss(folder)
    with (
        Programs("signalwire.relay", f"{folder}/{{}}.py", environ, **settings) as theirs,
        Programs("relay_runtime", OFFICIAL, environ, **settings) as ours,
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
    assert ours.left == 0


def test_every_difference_has_its_row_in_the_guide_for_those_who_move() -> None:
    rows = [line.split(" | ")[0].removeprefix("| ") for line in MIGRATING.read_text().splitlines()]
    assert set(DIFFERENT.values()) <= set(rows)
    assert {name for name, _ in DIFFERENT} <= CASES.keys()
