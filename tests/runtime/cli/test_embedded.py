"""The sandbox that ``relay-runtime start --sandbox`` brings with it."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from doubles.output import Output

from relay_runtime import CallActor, RelayClient
from relay_runtime.cli.embedded import Embedded


@pytest.fixture
def embedded() -> Iterator[Embedded]:
    with Embedded(0.001, 4) as running:
        yield running


def test_its_settings_lead_to_it(embedded: Embedded) -> None:
    layer = embedded.layer()
    assert {name: found.value for name, found in layer.items()} == embedded.settings()
    assert {found.origin for found in layer.values()} == {"--sandbox"}
    client = RelayClient(**embedded.settings())
    client.connect(timeout=10.0)
    client.disconnect()


def test_an_app_without_contexts_gets_one(embedded: Embedded) -> None:
    known = RelayClient("p", "t", contexts=["shop"])
    assert embedded.contexts_for(CallActor) == ("office",)
    assert embedded.contexts_for(RelayClient("p", "t")) == ("office",)
    assert embedded.contexts_for(known) == ()


def test_it_tells_once_where_it_is_and_how_to_place_a_call(embedded: Embedded, output: Output) -> None:
    embedded.announce_once({"files": []})
    embedded.announce_once({"contexts": ["shop"]})
    embedded.announce_once({"contexts": ["another"]})
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
    embedded.let_callers_dial()
    said = ""
    while said.count("\n") < 4:
        gevent.sleep(0)
        said += output()[0]
    client.disconnect()
    assert {line.partition(":")[0] for line in said.splitlines()} == {f"caller {number}" for number in range(1, 5)}
    assert 'heard "Hello"' in said
    assert "ended by the app (hangup) after" in said
