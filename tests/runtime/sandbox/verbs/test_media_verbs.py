"""Tap, stream, transcribe, the switches of a call, and payments (protocol 7.3 to 7.5)."""

import pytest

from relay_runtime.sandbox import Caller

HTTPS = "https://example.com"


@pytest.mark.parametrize(
    "device",
    [
        {"type": "rtp", "params": {"addr": "203.0.113.7", "port": 4000}},
        {"type": "ws", "params": {"uri": "wss://sink.example.com/a"}},
    ],
)
def test_a_tap_runs_until_it_is_stopped(client, call, device):
    _, address = call(Caller())
    tap = {"type": "audio", "params": {"direction": "both"}}
    assert client.do(address, "calling.tap", control_id="t", tap=tap, device=device)["source_device"]["type"] == "rtp"
    client.do(address, "calling.tap.stop", control_id="t")
    client.event("calling.call.tap", state="finished")
    assert client.states("calling.call.tap") == ["tapping", "finished"]


def test_a_stream_runs_until_it_is_stopped(client, call):
    _, address = call(Caller())
    assert client.code(address, "calling.stream", control_id="s", url="ws://plain.example.com") == "400"
    client.do(address, "calling.stream", control_id="s", url="wss://sink.example.com/a", name="agent")
    client.do(address, "calling.stream.stop", control_id="s")
    assert client.event("calling.call.stream", state="finished")["url"] == "wss://sink.example.com/a"
    assert client.states("calling.call.stream") == ["streaming", "finished"]


def test_a_call_has_one_transcription_at_a_time(client, call):
    _, address = call(Caller())
    url = client.do(address, "calling.transcribe", control_id="t")["url"]
    assert client.result("calling.transcribe", {**address, "control_id": "u"})["message"] == (
        "Transcribe is already in progress"
    )
    client.do(address, "calling.transcribe.stop", control_id="t")
    assert client.event("calling.call.transcribe", state="finished")["url"] == url


@pytest.mark.parametrize(
    ("on", "off", "event_type", "field", "values"),
    [
        ("calling.denoise", "calling.denoise.stop", "calling.call.denoise", "denoised", [True, False]),
        ("calling.hold", "calling.unhold", "calling.call.hold", "state", ["hold", "unhold"]),
    ],
)
def test_a_switch_is_409_on_a_repetition(client, call, on, off, event_type, field, values):
    _, address = call(Caller())
    assert client.code(address, off) == "409"
    client.do(address, on)
    assert client.code(address, on) == "409"
    client.do(address, off)
    client.event(event_type, **{field: values[1]})
    assert client.states(event_type, field) == values


def test_an_echo_ends_by_itself_after_five_seconds_at_least(client, call):
    _, address = call(Caller())
    client.do(address, "calling.echo", timeout=0.1)
    assert client.code(address, "calling.echo") == "409"
    client.event("calling.call.echo", state="finished")
    assert client.states("calling.call.echo") == ["echoing", "finished"]


def test_a_room_is_joined_and_left(client, call):
    _, address = call(Caller())
    assert client.code(address, "calling.leave_room") == "404"
    client.do(address, "calling.join_room", name="standup")
    assert client.code(address, "calling.join_room", name="other") == "409"
    client.do(address, "calling.leave_room")
    client.event("calling.call.room", join_status="leave")
    assert client.states("calling.call.room", "join_status") == ["joined", "leave"]


def test_a_user_event_comes_back(client, call):
    _, address = call(Caller())
    client.do(address, "calling.user_event", event={"kind": "note", "value": 42})
    assert client.event("calling.user_event", kind="note") == {**address, "kind": "note", "value": 42}


def test_a_bound_key_runs_its_method_so_many_times(client, call):
    run, address = call(Caller())
    bound = {"control_id": "p", "play": [{"type": "silence", "params": {"duration": 0.1}}]}
    client.do(address, "calling.bind_digit", digits="*1", bind_method="calling.play", params=bound, max_triggers=1)
    assert client.code(address, "calling.bind_digit", digits="1", bind_method="calling.nonsense") == "400"
    for digit in "5**1*1":
        run.call.line.press(digit)
    client.event("calling.call.play", state="finished")
    assert client.states("calling.call.play") == ["playing", "finished"]


@pytest.mark.parametrize(("realm", "left"), [({}, 1), ({"realm": "menu"}, 1), ({"realm": "all"}, 0)])
def test_bindings_are_cleared_by_realm(client, call, realm, left):
    run, address = call(Caller())
    for name in ("default", "menu"):
        bind = {"digits": "1", "bind_method": "calling.end", "realm": name}
        client.do(address, "calling.bind_digit", **bind)
    client.do(address, "calling.clear_digit_bindings", **realm)
    assert len(run.call.line.ears) == left


@pytest.mark.parametrize("state", ["success", "busy", "noAnswer", "error"])
def test_a_refer_ends_as_the_script_says(client, call, state):
    _, address = call(Caller().over_sip([("X-Id", "7")]).refers(state))
    assert client.event("calling.call.receive")["device"]["type"] == "sip"
    device = {"type": "sip", "params": {"to": "sip:bob@example.com"}}
    client.do(address, "calling.refer", device=device)
    assert client.code(address, "calling.refer", device=device) == "409"
    assert client.event("calling.call.refer", state=state)["sip_refer_to"] == "sip:bob@example.com"
    assert client.states("calling.call.refer")[0] == "inProgress"


def pay(client, address, **params):
    client.do(address, "calling.pay", control_id="p", payment_connector_url=f"{HTTPS}/pay", **params)


def paid(client):
    return client.wait(lambda: [body for body in client.events("calling.call.pay") if "result" in body])[0]


def test_a_payment_asks_field_by_field_and_succeeds(client, call):
    _, address = call(Caller().pays("success", payment_card_postal_code="12345"))
    pay(client, address, security_code="false", charge_amount="10.00")
    body = paid(client)
    assert (body["result"], body["payment_card_number"]) == ("success", "xxxxxxxxxxxx4242")
    assert body["payment_card_postal_code"] == "12345"
    asked = [event["for"] for event in client.events("calling.call.pay") if "for" in event]
    assert asked == [
        "payment-card-number",
        "expiration-date",
        "postal-code",
        "payment-processing",
        "payment-completed",
    ]


@pytest.mark.parametrize(
    ("script", "result"),
    [
        (Caller().pays("payment-connector-error"), "payment-connector-error"),
        (Caller(), "too-many-failed-attempts"),
        (Caller().pays().waits(0.5).presses("*"), "caller-interrupted-with-star"),
        (Caller().pays().waits(0.5).hangs_up(), "caller-hung-up"),
    ],
)
def test_a_payment_can_fail(client, call, script, result):
    _, address = call(script)
    pay(client, address, max_attempts="2")
    assert paid(client)["result"] == result


def test_a_payment_can_be_stopped(client, call):
    _, address = call(Caller())
    pay(client, address)
    client.do(address, "calling.pay.stop", control_id="p")
    assert paid(client)["result"] == "relay-pay-stop"
