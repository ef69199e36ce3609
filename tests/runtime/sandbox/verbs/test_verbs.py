"""The table of verbs against the protocol, older methods, and events that are pushed by hand."""

import pytest
from protocol_data import DATA

from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.sandbox.verbs import VERBS

HTTPS = "https://example.com"


def test_every_method_of_the_protocol_is_played():
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
def test_a_missing_required_param_is_refused_and_named(client, call, method, missing):
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
SAMPLES_OF = {
    "calling.tap": {"device": {"type": "rtp", "params": {"addr": "203.0.113.7", "port": 4000}}},
    "calling.bind_digit": {"bind_method": "calling.end"},
}


def test_any_event_about_a_call_can_be_pushed(client, call, sandbox):
    _, address = call(Caller())
    sandbox.emit(address["call_id"], "calling.error", error="SWAIG function failed", fatal=False)
    sandbox.emit(address["call_id"], "calling.ai.warning", error="long prompt", tokens=78000)
    sandbox.emit(address["call_id"], "calling.ai.transparent_barge", combined_text="two pizzas")
    assert client.event("calling.error")["fatal"] is False
    client.event("calling.ai.transparent_barge")
    with pytest.raises(LookupError, match="no call that is up"):
        sandbox.emit("nobody", "calling.error")


def test_a_task_is_pushed_flat(client, sandbox):
    assert sandbox.sends_task({"job": 1}, "office") is True
    assert sandbox.sends_task({"job": 1}, "elsewhere") is False
    assert client.event("queuing.relay.tasks")["message"] == {"job": 1}


def test_legs_of_older_protocols_are_begun_and_wrapped(client, sandbox):
    begun = client.result("calling.begin", {"device": PHONE, "tag": "T"})
    client.event("calling.call.state", call_id=begun["call_id"], call_state="answered")
    address = {"node_id": begun["node_id"], "call_id": begun["call_id"]}
    wrapped = {"protocol": client.session["protocol"], "method": "calling.end", "params": address}
    result = client.result("signalwire.execute", wrapped)
    assert (result["result"]["code"], result["responder_nodeid"]) == ("200", begun["node_id"])
    wrapped["params"] = {**address, "call_id": "nobody"}
    assert client.result("signalwire.execute", wrapped)["result"]["code"] == "404"


def test_a_live_socket_is_reauthenticated(client, sandbox):
    good = {"authentication": {"jwt_token": sandbox.jwt_token}}
    assert client.result("signalwire.reauthenticate", good)["authorization"] == {}
    bad = client.request("signalwire.reauthenticate", {"authentication": {"jwt_token": "x"}})
    assert bad["error"]["code"] == -32002


def test_a_connector_is_configured(client):
    names = ("target", "local_endpoint", "external_endpoint", "relay_connector_id")
    assert "profile" in client.result("provisioning.configure", dict.fromkeys(names, "x"))["configuration"]


def test_sdk_shapes_add_a_state_to_detect_fax_and_pay(dial_in):
    with Sandbox(time_scale=0.01, event_shape="sdk") as sandbox:
        client = dial_in(sandbox)
        client.tolerates = frozenset({"state"})
        client.login(sandbox, "office")
        sandbox.place(Caller().dials("office").pays())
        address = client.answered()
        client.do(address, "calling.detect", control_id="d", detect={})
        client.do(address, "calling.send_fax", control_id="f", document=f"{HTTPS}/1.pdf")
        client.do(address, "calling.pay", control_id="p", payment_connector_url=f"{HTTPS}/pay")
        for kind in ("detect", "fax", "pay"):
            client.event(f"calling.call.{kind}", state="finished")
