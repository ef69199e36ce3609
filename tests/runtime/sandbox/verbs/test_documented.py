"""Forms of the vendor's documentation become those of its schema, and what has that form stays itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from doubles.raw_client import PlaceCall, RawClient
from loguru import logger

from relay_runtime.sandbox import Caller
from relay_runtime.sandbox.verbs import documented

Turn = Callable[[dict[str, Any]], dict[str, Any]]
TO = {"node_id": "n", "call_id": "c"}
BOTH = ["remote-caller", "local-caller"]


@pytest.mark.parametrize(
    ("turn", "given", "turned"),
    [
        (documented.user_event, {"event": "paid", "sum": 7}, {"event": {"event": "paid", "sum": 7}}),
        (documented.transfer, {"dest": "sales"}, {"dest": "context:sales"}),
        (documented.transfer, {"dest": "/private/sales"}, {"dest": "context:/private/sales"}),
        (documented.live_transcribe, {"action": "start"}, {"action": {"start": {"direction": BOTH}}}),
        (
            documented.live_transcribe,
            {"action": {"start": {"language": "en"}}},
            {"action": {"start": {"lang": "en", "direction": BOTH}}},
        ),
        (
            documented.live_transcribe,
            {"action": {"start": {"language": "en", "lang": "de"}}},
            {"action": {"start": {"language": "en", "lang": "de", "direction": BOTH}}},
        ),
        (
            documented.live_translate,
            {"action": "summarize", "prompt": "p", "status_url": "u"},
            {"action": {"summarize": {"prompt": "p"}}, "status_url": "u"},
        ),
        (
            documented.live_translate,
            {"action": {"action": "inject", "message": "m", "direction": "remote-caller"}, "Volume": 3},
            {"action": {"inject": {"message": "m", "direction": "remote-caller"}}, "Volume": 3},
        ),
    ],
)
def test_a_documented_form_becomes_that_of_the_schema(
    turn: Turn, given: dict[str, Any], turned: dict[str, Any]
) -> None:
    once = turn({**TO, **given})
    assert once == {**TO, **turned}
    assert turn(once) is once


@pytest.mark.parametrize("dest", ["+1 (555) 010-0002", "15550100002", "sip:a@example.com", "tel:+15550100002"])
def test_a_number_becomes_the_swml_that_connects_to_it(dest: str) -> None:
    turned = documented.transfer({**TO, "dest": dest})
    assert turned == {**TO, "dest": {"sections": {"main": [{"connect": {"to": dest}}]}}}


@pytest.mark.parametrize(
    ("turn", "given"),
    [
        (documented.user_event, {"event": {"kind": "note"}, "beside": 1}),
        (documented.user_event, {"event": ""}),
        (documented.user_event, {}),
        (documented.transfer, {"dest": "https://example.com/swml"}),
        (documented.transfer, {"dest": "context:sales"}),
        (documented.transfer, {"dest": ' {"sections": {}}'}),
        (documented.transfer, {"dest": {"sections": {}}}),
        (documented.transfer, {"dest": "two words"}),
        (documented.transfer, {"dest": 7}),
        (documented.live_transcribe, {"action": {"start": {"lang": "en", "direction": BOTH}}, "beside": 1}),
        (documented.live_transcribe, {"action": "stop"}),
        (documented.live_transcribe, {"action": {"start": "now"}}),
        (documented.live_translate, {"action": {"stop": {}}, "status_url": "u"}),
        (documented.live_translate, {}),
        (documented.live_translate, {"action": 7}),
    ],
)
def test_what_is_in_the_form_of_the_schema_or_in_none_stays_itself(turn: Turn, given: dict[str, Any]) -> None:
    params = {**TO, **given}
    assert turn(params) is params


def test_a_documented_form_is_warned_of_once(client: RawClient, call: PlaceCall) -> None:
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}", level="WARNING")
    try:
        _, address = call(Caller())
        for event in ({"a": 1}, "paid", "paid"):
            client.do(address, "calling.user_event", event=event)
    finally:
        logger.remove(sink)
    warned = "calling.user_event came in a form that only the vendor's documentation shows: a server may refuse it"
    assert [line.strip() for line in lines] == [warned]
