"""The example callers that ``start --sandbox`` brings with it."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from doubles.output import Output

from relay_runtime import CallActor, RelayClient
from relay_runtime.cli.embedded import Embedded
from relay_runtime.cli.example_callers import ExampleCallers


@pytest.fixture
def embedded() -> Iterator[Embedded]:
    with Embedded(0.001, ExampleCallers(4)) as running:
        yield running


def test_it_tells_once_where_it_is_and_how_to_place_a_call(embedded: Embedded, output: Output) -> None:
    embedded.loaded_by_worker({"files": []})
    embedded.loaded_by_worker({"contexts": ["shop"]})
    embedded.loaded_by_worker({"contexts": ["another"]})
    where, control, call = output()[0].splitlines()
    assert where.endswith(embedded.settings()["host"])
    assert control.split()[-1] in call
    assert '"context": "shop"' in call


@pytest.mark.slow
def test_example_callers_dial_and_their_stories_are_told(embedded: Embedded, output: Output) -> None:
    client = RelayClient(**embedded.settings(), contexts=["office"])

    @client.on_call
    def answer(call: CallActor) -> None:
        call.answer()
        call.play_tts("Hello").wait(10)
        call.hangup()

    client.connect(timeout=10.0)
    embedded.loaded([])
    embedded.begin()
    said = ""
    while said.count("\ncaller") < 4:
        gevent.sleep(0)
        said += output()[0]
    client.disconnect()
    assert {line.partition(":")[0] for line in said.splitlines()[3:]} == {f"caller {number}" for number in range(1, 5)}
    assert 'heard "Hello"' in said
    assert "ended by the app (hangup) after" in said
