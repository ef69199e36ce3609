"""The table of verbs against the protocol: what is checked before a verb runs, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.raw_client import DialIn, PlaceCall, RawClient, silence
from protocol_data import DATA

from relay_runtime.sandbox import Callee, Caller, Sandbox
from relay_runtime.sandbox.verbs.table import VERBS

HTTPS = "https://example.com"


def test_every_method_of_the_protocol_is_played() -> None:
    elsewhere = {"signalwire.connect", "signalwire.ping", "signalwire.disconnect", "signalwire.event"}
    undocumented = {name for name, method in DATA["methods"].items() if method["status"] == "undocumented"}
    assert set(VERBS) == set(DATA["methods"]) - elsewhere - undocumented


@pytest.mark.parametrize(
    ("method", "missing"),
    [
        (method, name)
        for method, entry in DATA["methods"].items()
        if method in VERBS
        for name, spec in entry["params"].items()
        if spec.get("required")
    ],
)
def test_a_missing_required_param_is_refused_and_named(
    client: RawClient, call: PlaceCall, method: str, missing: str
) -> None:
    _, address = call(Caller())
    required = [name for name, spec in DATA["methods"][method]["params"].items() if spec.get("required")]
    samples = {**SAMPLES, **address, **SAMPLES_OF.get(method, {})}
    params = {name: samples.get(name, "x") for name in required if name != missing}
    frame = client.request(method, params)
    result = frame.get("result", {})
    assert result.get("code") == "400", frame
    assert missing in str(result), frame


PHONE = {"type": "phone", "params": {"to_number": "+15550100002"}}


SAMPLES = {
    "control_id": "k",
    "devices": [[PHONE]],
    "device": PHONE,
    "play": [{"type": "silence", "params": {"duration": 1}}],
    "collect": {"digits": {"max": 1}},
    "record": {"audio": {}},
    "detect": {},
    "tap": {"type": "audio", "params": {"direction": "both"}},
    "digits": "1",
    "volume": 1,
    "url": "wss://sink.example.com/a",
    "document": f"{HTTPS}/1.pdf",
    "payment_connector_url": f"{HTTPS}/pay",
    "params": {},
    "event": {},
    "to_number": "+15550100002",
    "from_number": "+15550100003",
    "contexts": ["a"],
    "authentication": {},
}


SAMPLES_OF: dict[str, dict[str, Any]] = {
    "calling.tap": {"device": {"type": "rtp", "params": {"addr": "203.0.113.7", "port": 4000}}},
    "calling.bind_digit": {"bind_method": "calling.end"},
}


def test_unknown_calls_are_404_and_ended_ones_410(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.place(Caller().dials("office"))
    address = client.answered()
    unknown = {**address, "call_id": "nobody"}
    assert client.result("calling.answer", unknown)["code"] == "404"
    assert client.result("calling.end", {**address, "node_id": "elsewhere"})["code"] == "404"
    client.result("calling.end", address)
    assert client.result("calling.play", {**address, "control_id": "p", "play": []})["code"] == "410"


def test_missing_and_bad_params_are_400_and_say_where(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.place(Caller().dials("office"))
    address = client.answered()
    for method, params, where in [
        ("calling.answer", {}, "node_id"),
        ("calling.play", {**address, "play": [silence(1)]}, "control_id"),
        ("calling.play", {**address, "control_id": "p", "play": []}, "$.play"),
        ("calling.play", {**address, "control_id": "p", "play": [{"type": "nois", "params": {}}]}, "nois"),
        ("calling.play", {**address, "control_id": "p", "play": [silence(1)], "volume": 50}, "volume"),
        ("calling.end", {**address, "reason": "tired"}, "tired"),
        ("calling.collect", {**address, "control_id": "c"}, "digits"),
        ("calling.dial", {"tag": "t", "devices": []}, "devices"),
        ("calling.dial", {"tag": "t", "devices": [[{"type": "phone", "params": {"to_number": "12"}}]]}, "to_number"),
    ]:
        result = client.result(method, params)
        assert result["code"] == "400", (method, result)
        assert where in result["message"], (method, result)


def test_media_before_the_answer_is_409(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.place(Caller().dials("office"))
    refused = client.result("calling.play", {**client.offer(), "control_id": "p", "play": [silence(1)]})
    assert (refused["code"], refused["message"]) == ("409", "The call is not answered; call answer() first")


def test_media_on_a_leg_that_rings_is_409(client: RawClient, sandbox: Sandbox) -> None:
    sandbox.on_dial("+15550100002", Callee().rings(60))
    device = {"type": "phone", "params": {"to_number": "+15550100002"}}
    client.result("calling.dial", {"tag": "T", "devices": [[device]]})
    leg = client.event("calling.call.state", tag="T")
    address = {"node_id": leg["node_id"], "call_id": leg["call_id"]}
    refused = client.result("calling.play", {**address, "control_id": "p", "play": [silence(1)]})
    assert (refused["code"], refused["message"]) == ("409", "The call is not answered")


def test_a_call_of_another_session_is_404(client: RawClient, sandbox: Sandbox, dial_in: DialIn) -> None:
    sandbox.place(Caller().dials("office"))
    address = client.offer()
    stranger = dial_in(sandbox)
    stranger.login(sandbox)
    assert stranger.result("calling.answer", address)["code"] == "404"
