"""Every other verb: what it answers and what it sends (protocol 7.3 to 7.6, 10, 14)."""

import pytest

from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.sandbox.verbs import VERBS
from relay_sheet import SHEET, result_mistakes

HTTPS = "https://example.com"


def do(client, address, method, **params):
    result = client.result(method, {**address, **params})
    assert result["code"] == "200", result
    assert result_mistakes(method, result) == []
    return result


def code(client, address, method, **params):
    return client.result(method, {**address, **params})["code"]


def states(client, event_type, field="state", **match):
    return [body[field] for body in client.events(event_type, **match)]


# -- the table ---------------------------------------------------------------------------------------------


def test_every_method_of_the_sheet_is_played():
    elsewhere = {"signalwire.connect", "signalwire.ping", "signalwire.disconnect", "signalwire.event"}
    undocumented = {name for name, method in SHEET["methods"].items() if method["status"] == "undocumented"}
    assert set(VERBS) == set(SHEET["methods"]) - elsewhere - undocumented


@pytest.mark.parametrize(
    ("method", "missing"),
    [
        (method, name)
        for method, entry in SHEET["methods"].items()
        if method in VERBS
        for name, spec in entry["params"].items()
        if spec.get("required")
    ],
)
def test_a_missing_required_param_is_refused_and_named(client, call, method, missing):
    _, address = call(Caller())
    required = [name for name, spec in SHEET["methods"][method]["params"].items() if spec.get("required")]
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


# -- detectors ---------------------------------------------------------------------------------------------


def detected(client):
    return [body["detect"]["params"] for body in client.events("calling.call.detect")]


@pytest.mark.parametrize(
    ("script", "detect", "found"),
    [
        (Caller().is_human(), {}, ["HUMAN", "finished"]),
        (Caller(), {"type": "machine"}, ["HUMAN", "finished"]),
        (Caller().is_unknown(), {}, ["UNKNOWN", "finished"]),
        (Caller().is_machine(beep_after=2), {}, ["MACHINE", "READY", "finished"]),
        (Caller().is_machine(), {"params": {"detect_message_end": False}}, ["MACHINE", "finished"]),
        (Caller().is_machine(beep_after=None), {}, ["MACHINE", "finished"]),
        (Caller().is_fax(), {"type": "fax", "params": {"tone": "CNG"}}, ["CNG", "finished"]),
        (Caller(), {"type": "fax"}, ["finished"]),
        (Caller().waits(1).presses("12"), {"type": "digit", "params": {"digits": "2"}}, ["2", "finished"]),
    ],
)
def test_a_detector_finds_what_the_script_says(client, call, script, detect, found):
    _, address = call(script)
    do(client, address, "calling.detect", control_id="d", detect=detect, timeout=6)
    client.wait(lambda: {"event": "finished"} in detected(client))
    assert [params["event"] for params in detected(client)] == found


def test_a_machine_that_goes_on_talking_takes_back_ready(client, call):
    _, address = call(Caller().is_machine(beep_after=0.1).waits(4).says("press one").waits_for_hangup())
    detect = {"type": "machine", "params": {"detect_interruptions": True}}
    do(client, address, "calling.detect", control_id="d", detect=detect)
    client.wait(lambda: [p["event"] for p in detected(client)] == ["MACHINE", "READY", "NOT_READY", "READY"])
    assert detected(client)[1]["beep"] is True
    do(client, address, "calling.detect.stop", control_id="d")
    client.wait(lambda: detected(client)[-1] == {"event": "finished"})
    assert code(client, address, "calling.detect.stop", control_id="d") == "404"


# -- fax ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["calling.send_fax", "calling.receive_fax"])
def test_a_fax_goes_page_by_page(client, call, method):
    _, address = call(Caller().is_fax(pages=2))
    do(client, address, method, control_id="f", document=f"{HTTPS}/1.pdf")
    client.wait(lambda: [body["fax"]["type"] for body in client.events("calling.call.fax")][-1:] == ["finished"])
    pages, last = client.events("calling.call.fax")[:-1], client.events("calling.call.fax")[-1]["fax"]["params"]
    assert [page["fax"]["params"]["number"] for page in pages] == [1, 2]
    assert (last["success"], last["pages"], last["result"]) == (True, 2, 0)
    assert last["direction"] == method.removeprefix("calling.").removesuffix("_fax")


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (Caller(), "The remote side is no fax machine"),
        (Caller().is_fax(error="Carrier lost"), "Carrier lost"),
        (Caller().is_fax(pages=99).waits(3).hangs_up(), "The call ended"),
    ],
)
def test_a_fax_can_fail(client, call, script, text):
    _, address = call(script)
    do(client, address, "calling.send_fax", control_id="f", document=f"{HTTPS}/1.pdf")
    client.wait(lambda: [e for e in client.events("calling.call.fax") if e["fax"]["type"] == "finished"])
    last = client.events("calling.call.fax")[-1]["fax"]["params"]
    assert (last["success"], last["result_text"]) == (False, text)


@pytest.mark.parametrize("direction", ["send", "receive"])
def test_a_fax_can_be_stopped(client, call, direction):
    _, address = call(Caller().is_fax(pages=99))
    do(client, address, f"calling.{direction}_fax", control_id="f", document=f"{HTTPS}/1.pdf")
    do(client, address, f"calling.{direction}_fax.stop", control_id="f")
    client.event("calling.call.fax")


# -- what copies media -------------------------------------------------------------------------------------


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
    assert do(client, address, "calling.tap", control_id="t", tap=tap, device=device)["source_device"]["type"] == "rtp"
    do(client, address, "calling.tap.stop", control_id="t")
    client.event("calling.call.tap", state="finished")
    assert states(client, "calling.call.tap") == ["tapping", "finished"]


def test_a_stream_runs_until_it_is_stopped(client, call):
    _, address = call(Caller())
    assert code(client, address, "calling.stream", control_id="s", url="ws://plain.example.com") == "400"
    do(client, address, "calling.stream", control_id="s", url="wss://sink.example.com/a", name="agent")
    do(client, address, "calling.stream.stop", control_id="s")
    assert client.event("calling.call.stream", state="finished")["url"] == "wss://sink.example.com/a"
    assert states(client, "calling.call.stream") == ["streaming", "finished"]


def test_a_call_has_one_transcription_at_a_time(client, call):
    _, address = call(Caller())
    url = do(client, address, "calling.transcribe", control_id="t")["url"]
    assert client.result("calling.transcribe", {**address, "control_id": "u"})["message"] == (
        "Transcribe is already in progress"
    )
    do(client, address, "calling.transcribe.stop", control_id="t")
    assert client.event("calling.call.transcribe", state="finished")["url"] == url


# -- switches ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "off", "event_type", "field", "values"),
    [
        ("calling.denoise", "calling.denoise.stop", "calling.call.denoise", "denoised", [True, False]),
        ("calling.hold", "calling.unhold", "calling.call.hold", "state", ["hold", "unhold"]),
    ],
)
def test_a_switch_is_409_on_a_repetition(client, call, on, off, event_type, field, values):
    _, address = call(Caller())
    assert code(client, address, off) == "409"
    do(client, address, on)
    assert code(client, address, on) == "409"
    do(client, address, off)
    client.event(event_type, **{field: values[1]})
    assert states(client, event_type, field) == values


def test_an_echo_ends_by_itself_after_five_seconds_at_least(client, call):
    _, address = call(Caller())
    do(client, address, "calling.echo", timeout=0.1)
    assert code(client, address, "calling.echo") == "409"
    client.event("calling.call.echo", state="finished")
    assert states(client, "calling.call.echo") == ["echoing", "finished"]


def test_a_room_is_joined_and_left(client, call):
    _, address = call(Caller())
    assert code(client, address, "calling.leave_room") == "404"
    do(client, address, "calling.join_room", name="standup")
    assert code(client, address, "calling.join_room", name="other") == "409"
    do(client, address, "calling.leave_room")
    client.event("calling.call.room", join_status="leave")
    assert states(client, "calling.call.room", "join_status") == ["joined", "leave"]


def test_a_user_event_comes_back(client, call):
    _, address = call(Caller())
    do(client, address, "calling.user_event", event={"kind": "note", "value": 42})
    assert client.event("calling.user_event", kind="note") == {**address, "kind": "note", "value": 42}


def test_a_bound_key_runs_its_method_so_many_times(client, call):
    run, address = call(Caller())
    bound = {"control_id": "p", "play": [{"type": "silence", "params": {"duration": 0.1}}]}
    do(client, address, "calling.bind_digit", digits="*1", bind_method="calling.play", params=bound, max_triggers=1)
    assert code(client, address, "calling.bind_digit", digits="1", bind_method="calling.nonsense") == "400"
    for digit in "5**1*1":
        run.call.line.press(digit)
    client.event("calling.call.play", state="finished")
    assert states(client, "calling.call.play") == ["playing", "finished"]


@pytest.mark.parametrize(("realm", "left"), [({}, 1), ({"realm": "menu"}, 1), ({"realm": "all"}, 0)])
def test_bindings_are_cleared_by_realm(client, call, realm, left):
    run, address = call(Caller())
    for name in ("default", "menu"):
        bind = {"digits": "1", "bind_method": "calling.end", "realm": name}
        do(client, address, "calling.bind_digit", **bind)
    do(client, address, "calling.clear_digit_bindings", **realm)
    assert len(run.call.line.ears) == left


@pytest.mark.parametrize("state", ["success", "busy", "noAnswer", "error"])
def test_a_refer_ends_as_the_script_says(client, call, state):
    _, address = call(Caller().over_sip([("X-Id", "7")]).refers(state))
    assert client.event("calling.call.receive")["device"]["type"] == "sip"
    device = {"type": "sip", "params": {"to": "sip:bob@example.com"}}
    do(client, address, "calling.refer", device=device)
    assert code(client, address, "calling.refer", device=device) == "409"
    assert client.event("calling.call.refer", state=state)["sip_refer_to"] == "sip:bob@example.com"
    assert states(client, "calling.call.refer")[0] == "inProgress"


# -- payment -----------------------------------------------------------------------------------------------


def pay(client, address, **params):
    do(client, address, "calling.pay", control_id="p", payment_connector_url=f"{HTTPS}/pay", **params)


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
    do(client, address, "calling.pay.stop", control_id="p")
    assert paid(client)["result"] == "relay-pay-stop"


# -- conference and queue ----------------------------------------------------------------------------------


def test_a_conference_starts_fills_empties_and_ends(client, call):
    _, first = call(Caller("+15550100011"))
    _, second = call(Caller("+15550100012"))
    conference_id = do(client, first, "calling.join_conference", name="standup")["conference_id"]
    assert do(client, second, "calling.join_conference", name="standup")["conference_id"] == conference_id
    assert code(client, second, "calling.join_conference", name="other") == "409"
    do(client, first, "calling.leave_conference", conference_id=conference_id)
    assert code(client, first, "calling.leave_conference", conference_id=conference_id) == "404"
    do(client, second, "calling.end")
    ended = client.event("calling.conference", status="conference-end")
    assert (ended["reason_ended"], "call_id" in ended) == ("last-participant-left", False)
    assert states(client, "calling.conference", "status") == [
        "conference-start",
        "participant-join",
        "participant-join",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]


def test_a_conference_can_wait_for_its_host_end_with_it_and_be_full(client, call, sandbox):
    (_, guest), (_, host), (_, late) = (call(Caller(f"+1555010001{n}")) for n in range(3))
    do(client, guest, "calling.join_conference", name="room", start_on_enter=False)
    assert states(client, "calling.conference", "status") == ["participant-join"]
    do(client, host, "calling.join_conference", name="room", end_on_exit=True)
    assert code(client, late, "calling.join_conference", name="room", max_participants=2) == "409"
    do(client, host, "calling.end")
    ended = client.event("calling.conference", status="conference-end")
    assert ended["reason_ended"] == "participant-with-end-conference-on-exit-left"
    assert states(client, "calling.conference", "status").count("participant-leave") == 2
    assert sandbox.exchange.conferences.sizes() == {}
    assert sandbox.counters.actions_open == 0


def queued(client, **match):
    return states(client, "calling.call.queue", "status", **match)


def test_a_queued_call_waits_and_leaves(client, call):
    _, address = call(Caller())
    do(client, address, "calling.queue.enter", control_id="q", queue_name="support")
    client.event("calling.call.queue", status="stats")
    assert code(client, address, "calling.queue.leave", control_id="z", queue_name="support") == "404"
    do(client, address, "calling.queue.leave", control_id="q", queue_name="support")
    client.event("calling.call.queue", status="leave")
    assert (queued(client)[0], queued(client)[-1]) == ("enqueue", "leave")


def test_a_queued_call_gives_up_after_its_wait_time(client, call):
    _, address = call(Caller())
    do(client, address, "calling.queue.enter", control_id="q", queue_name="support", wait_time=2)
    client.event("calling.call.queue", status="leave")


def test_a_queued_call_is_taken_by_a_connect(client, call):
    _, waiting = call(Caller("+15550100011"))
    _, agent = call(Caller("+15550100012"))
    do(client, waiting, "calling.queue.enter", control_id="q", queue_name="support")
    device = {"type": "queue", "params": {"queue_name": "support", "node_id": agent["node_id"]}}
    do(client, agent, "calling.connect", devices=[[device]])
    client.event("calling.call.queue", status="dequeue")
    peer = client.event("calling.call.connect", connect_state="connected")["peer"]
    assert peer["call_id"] == waiting["call_id"]
    do(client, agent, "calling.disconnect")
    do(client, agent, "calling.connect", devices=[[device]])
    client.event("calling.call.connect", connect_state="failed")


# -- AI ----------------------------------------------------------------------------------------------------


def logged(client):
    return [kind.removeprefix("ai.").rstrip(":") for kind in client.kinds() if kind.startswith("ai.")]


def test_an_agent_answers_the_caller_and_says_when_it_is_over(client, call):
    run, address = call(Caller().waits(2).says("good morning").hears("You said: good morning"))
    swaig = {"functions": [{"function": "lookup"}]}
    post = {"text": "Summarise"}
    do(client, address, "calling.ai", control_id="a", prompt={"text": "Be kind"}, SWAIG=swaig, post_prompt=post)
    assert code(client, address, "calling.ai", control_id="b", prompt={"text": "x"}) == "409"
    client.event("calling.ai.completion", text="You said: good morning")
    do(client, address, "calling.ai_message", message_text="and now?")
    client.event("calling.ai.completion", text="You said: and now?")
    do(client, address, "calling.ai_hold", timeout="60")
    run.call.line.speech_ends("ignored")
    do(client, address, "calling.ai_unhold")
    do(client, address, "calling.ai.stop", control_id="a")
    client.event("calling.call.ai", state="finished")
    assert logged(client)[:11] == [
        "start",
        "user_speaking",
        "partial_result",
        "speech_detect",
        "swaig",
        "swaig_action",
        "begin_speaking",
        "response_utterance",
        "response",
        "completion",
        "swaig",
    ]
    assert logged(client)[-2:] == ["post_prompt", "stop"]
    assert code(client, address, "calling.ai_message", message_text="x") == "404"


def test_a_bedrock_agent_ends_with_the_call(client, call):
    _, address = call(Caller())
    do(client, address, "calling.amazon_bedrock", prompt={"text": "Be kind"})
    do(client, address, "calling.end")
    client.event("calling.ai.stop")
    assert client.events("calling.call.ai") == []


def test_a_live_transcription_reports_summarises_and_logs(client, call):
    run, address = call(Caller().waits(2).says("hello there"))
    method, start = "calling.live_transcribe", {"lang": "en", "direction": ["remote-caller"]}
    assert code(client, address, method, action="stop") == "404"
    assert code(client, address, method, action={"start": start, "stop": {}}) == "400"
    do(client, address, method, action={"start": start})
    assert code(client, address, method, action={"start": start}) == "409"
    assert client.event("calling.ai.transcribe.utterance")["utterance"]["content"] == "hello there"
    do(client, address, method, action="summarize")
    client.event("calling.ai.transcribe.live_summarize")
    do(client, address, method, action={"stop": {}})
    assert client.event("calling.ai.transcribe.conversation_log")["metrics"]["total_utterances"] == 1


def test_a_live_translation_reports_both_sides_and_speaks(client, call):
    run, address = call(Caller().waits(2).says("hola").hears("[en] welcome"))
    method = "calling.live_translate"
    start = {"from_lang": "es", "to_lang": "en", "direction": ["remote-caller"]}
    do(client, address, method, action={"start": start})
    client.wait(lambda: len(client.events("calling.ai.translate.transcript_delta")) == 2)
    do(client, address, method, action={"inject": {"message": "welcome", "direction": "remote-caller"}})
    do(client, address, method, action={"summarize": {}})
    client.event("calling.ai.translate.live_summary")
    do(client, address, method, action="stop")
    client.event("calling.ai.translate.conversation_log")


def test_a_sidecar_is_poked_asked_and_detached(client, call):
    _, address = call(Caller())
    do(client, address, "calling.ai_sidecar", lang="en-US", prompt="Coach")
    do(client, address, "calling.ai_sidecar.poke", text="now")
    ask_id = do(client, address, "calling.ai_sidecar.ask", text="why?")["ask_id"]
    do(client, address, "calling.ai_sidecar.status")
    do(client, address, "calling.ai_sidecar.stop")
    client.wait(lambda: len(client.events("calling.ai.sidecar")) == 6)
    bodies = [body["sidecar_event"] for body in client.events("calling.ai.sidecar")]
    assert [body["type"] for body in bodies] == ["start", "insight", "ask_request", "ask_answer", "stop", "final"]
    assert bodies[3]["ask_id"] == ask_id


# -- the rest ----------------------------------------------------------------------------------------------


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
        do(client, address, "calling.detect", control_id="d", detect={})
        do(client, address, "calling.send_fax", control_id="f", document=f"{HTTPS}/1.pdf")
        pay(client, address)
        for kind in ("detect", "fax", "pay"):
            client.event(f"calling.call.{kind}", state="finished")
