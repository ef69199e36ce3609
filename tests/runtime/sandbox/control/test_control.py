"""The HTTP control port, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from typing import Any

import gevent
import pytest
from doubles.raw_client import DialIn, RawClient, connect, phone
from gevent import socket

from relay_runtime.sandbox import Callee, Sandbox
from relay_runtime.sandbox.control import control

Http = Callable[..., tuple[int, Any]]

LIMIT = 60.0
DIGITS = "471147114711"  # so many that no id or time holds them by chance


@pytest.fixture
def http(sandbox: Sandbox) -> Http:
    """Send one request and return (status, decoded body)."""
    return lambda method, path, body=None, **options: request(sandbox, method, path, body, **options)


def request(
    sandbox: Sandbox,
    method: str,
    path: str,
    body: Any = None,
    raw: bytes | None = None,
    **headers: str,
) -> tuple[int, Any]:
    port = int(sandbox.control_url.rpartition(":")[2])
    payload = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
    sent = {"Host": "127.0.0.1", "Connection": "close", "Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items() if value)
    head = f"{method} {path} HTTP/1.1\r\nContent-Length: {len(payload)}\r\n{lines}\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as connection:
        connection.sendall(head.encode() + payload)
        answer = HTTPResponse(connection, method=method)
        answer.begin()
        return answer.status, json.loads(answer.read())


def test_the_index_lists_every_route_and_the_status_says_where_it_is(http: Http, sandbox: Sandbox) -> None:
    status, index = http("GET", "/")
    assert status == 200
    assert "POST /calls" in index["routes"]
    _, shown = http("GET", "/status")
    assert shown["url"] == sandbox.url
    assert shown["counters"]["placed"] == 0
    assert sandbox.token not in json.dumps([index, shown, http("GET", "/settings")])


def test_every_route_refuses_a_key_that_it_does_not_know(http: Http, sandbox: Sandbox) -> None:
    for route in http("GET", "/")[1]["routes"]:
        method, path = route.split()
        body, query = ({}, "?nonsense=1") if method == "GET" else ({"nonsense": 1}, "")
        if path == "/faults" and method == "POST":
            body["fault"] = "stall"
        status, answer = http(method, path.replace("{id}", "x") + query, body)
        assert (status, answer["error"][:33]) == (400, "there is no key 'nonsense' here; "), route
    assert sandbox.runs() == []


@pytest.mark.parametrize(
    ("path", "body", "meant"),
    [
        ("/calls", {"steps": [], "context": "office", "nummber": "+15550100001"}, "number"),
        ("/arms", {"method": "calling.play", "witthold": True}, "withhold"),
        ("/arms", {"evnt_type": "calling.call.play", "withhold": True}, "event_type"),
        ("/arms", {"event_type": "calling.call.play", "withhold": True, "mach": {}}, "match"),
        ("/faults", {"fault": "stall", "second": 2}, "seconds"),
        ("/faults", {"fault": "disturb", "jiter": 2}, "jitter"),
    ],
)
def test_a_misspelt_key_is_told_what_was_meant(http: Http, path: str, body: dict[str, Any], meant: str) -> None:
    status, answer = http("POST", path, body)
    assert status == 400
    assert f"did you mean '{meant}'? accepted are " in answer["error"]


def test_a_scripted_call_is_placed_and_its_outcome_read(http: Http, client: RawClient) -> None:
    steps = [{"hears": {"text": "Press 1", "timeout": 5}}, {"presses": "1"}, "waits_for_hangup"]
    status, placed = http("POST", "/calls", {"number": "+15550100001", "context": "office", "steps": steps})
    assert (status, placed["status"]) == (200, "waiting")
    address = client.answered()
    assert placed["call_id"] == address["call_id"]
    prompt = [{"type": "tts", "params": {"text": "Press 1"}}]
    collect = {"digits": {"max": 1}}
    client.result("calling.play_and_collect", {**address, "control_id": "k", "play": prompt, "collect": collect})
    client.event("calling.call.collect")
    assert http("GET", "/calls")[1]["calls"][0]["state"] == "answered"
    client.result("calling.end", address)
    _, done = http("GET", f"/calls/{placed['call_id']}?wait=5")
    assert (done["outcome"]["status"], done["outcome"]["failure"]) == ("answered", None)
    assert done["outcome"]["transcript"][0]["what"] == "offered"
    assert http("GET", "/calls")[1] == {"calls": []}


def test_a_call_can_be_driven_by_hand(http: Http, client: RawClient) -> None:
    call_id = http("POST", "/calls", {"context": "office"})[1]["call_id"]
    address = client.answered()
    client.result("calling.collect", {**address, "control_id": "k", "digits": {"max": 2}})
    assert http("POST", f"/calls/{call_id}/press", {"digits": "42"})[0] == 200
    assert client.event("calling.call.collect")["result"]["params"]["digits"] == "42"
    http("POST", f"/calls/{call_id}/hangup", {})
    assert client.event("calling.call.state", call_state="ended")["end_source"] == "inbound"
    assert http("POST", f"/calls/{call_id}/press", {"digits": "1"})[0] == 409


def test_a_call_has_the_id_that_it_is_given(http: Http, client: RawClient) -> None:
    assert http("POST", "/calls", {"context": "office", "call_id": "call-1"})[1]["call_id"] == "call-1"
    assert client.answered()["call_id"] == "call-1"
    assert http("GET", "/calls/call-1")[1]["status"] == "answered"


@pytest.mark.parametrize("context", ["office", "nobody"])  # a call that is up, and one that is over
def test_an_id_that_another_call_has_or_had_is_a_conflict(
    http: Http, client: RawClient, sandbox: Sandbox, context: str
) -> None:
    assert http("POST", "/calls", {"context": context, "call_id": "call-1"})[0] == 200
    status, answer = http("POST", "/calls", {"context": "office", "call_id": "call-1"})
    assert status == 409
    assert "another call with the call_id 'call-1'" in answer["error"]
    assert sandbox.counters.placed == 1


@pytest.mark.parametrize("call_id", ["", "-x", "a b", "a/b", "..", "ä", "a\n", "x" * 129, 7, True, [], {"a": 1}])
def test_an_id_that_no_path_could_name_is_refused(http: Http, sandbox: Sandbox, call_id: Any) -> None:
    status, answer = http("POST", "/calls", {"context": "office", "call_id": call_id})
    assert status == 400
    assert "call_id must be 1 to 128 letters, digits and" in answer["error"]
    assert len(answer["error"]) < 300
    assert sandbox.counters.placed == 0


def test_what_is_said_by_hand_is_heard_by_the_bridged_party(http: Http, client: RawClient, sandbox: Sandbox) -> None:
    heard = Callee().answers().hears("good day", None).says("and to you").waits_for_hangup(None)
    sandbox.on_dial("+15550100002", heard)
    call_id = http("POST", "/calls", {"context": "office"})[1]["call_id"]
    address = client.answered()
    assert connect(client, address, [phone("+15550100002")])["code"] == "200"
    client.event("calling.call.connect", connect_state="connected")
    assert http("POST", f"/calls/{call_id}/say", {"text": "Good day"})[0] == 200
    client.wait(lambda: http("GET", f"/calls/{call_id}")[1]["call"]["heard"] == ["and to you"])
    client.result("calling.end", address)
    outcome = sandbox.runs("+15550100002")[0].wait()
    assert (outcome.failure, outcome.heard) == (None, ("Good day",))
    assert ("callee", "hears 'Good day'") in {(entry.who, entry.what) for entry in outcome.transcript}


def test_callees_messages_and_deliveries_are_set(http: Http, client: RawClient, sandbox: Sandbox) -> None:
    steps = [{"rings": 1}, "answers", {"waits": 1}, "hangs_up"]
    assert http("POST", "/callees", {"number": "+15550100002", "steps": steps})[0] == 200
    device = {"type": "phone", "params": {"to_number": "+15550100002"}}
    client.result("calling.dial", {"tag": "T", "devices": [[device]]})
    client.event("calling.call.dial", dial_state="answered")
    _, sent = http("POST", "/messages", {"body": "hello", "context": "office"})
    assert client.event("messaging.receive")["message_id"] == sent["message_id"]
    assert http("POST", "/messages", {"body": "x", "context": "nowhere"})[0] == 409
    assert http("POST", "/deliveries", {"number": "*", "ending": "failed", "reason": "spam"})[0] == 200
    client.result("messaging.send", {"to_number": "+15550100002", "from_number": "+15550100003", "body": "x"})
    sandbox.settings.change(message_step=0)
    client.wait(lambda: http("GET", "/messages")[1]["messages"][0]["states"][-1] == "failed")


def test_the_journal_of_a_session_is_read_by_its_sessionid(http: Http, client: RawClient) -> None:
    sessionid = client.session["sessionid"]
    _, journal = http("GET", f"/sessions/{sessionid}/journal?method=signalwire.connect")
    assert [entry["direction"] for entry in journal["frames"]] == ["in"]
    assert journal["frames"][0]["frame"]["params"]["authentication"]["token"] == "***"
    assert http("GET", "/sessions")[1]["sessions"][0]["contexts"] == ["office"]
    assert http("GET", f"/sessions/{sessionid}")[1]["connected"] is True
    assert http("GET", "/sessions/nobody/journal")[0] == 404


def test_journals_are_cleared_one_or_all(http: Http, client: RawClient, sandbox: Sandbox, dial_in: DialIn) -> None:
    stranger = dial_in(sandbox)
    stranger.request("calling.answer", {})
    path = f"/sessions/{client.session['sessionid']}/journal"
    assert http("DELETE", path)[1] == {"cleared": True}
    assert http("GET", path)[1]["frames"] == []
    assert [each["method"] for each in http("GET", "/requests")[1]["requests"]] == ["calling.answer"]
    client.result("signalwire.ping")
    assert http("DELETE", "/journal")[0] == 200
    assert http("GET", "/requests")[1] == {"requests": []}
    assert http("DELETE", "/sessions/nobody/journal")[0] == 404
    client.result("signalwire.ping")
    (entry,) = http("GET", path + "?method=signalwire.ping")[1]["frames"]
    assert entry["number"] > 4  # numbers go on


def test_a_session_that_is_over_stays_in_the_list_with_its_end(
    http: Http, client: RawClient, sandbox: Sandbox, dial_in: DialIn
) -> None:
    sandbox.faults.forget()
    client.wait_closed()
    dial_in(sandbox).login(sandbox)
    over, live = http("GET", "/sessions")[1]["sessions"]
    assert (over["sessionid"], over["over"], over["end_reason"]) == (client.session["sessionid"], True, "forgotten")
    assert over["began_at"] <= over["ended_at"] <= live["began_at"]
    assert (live["over"], live["ended_at"], live["end_reason"]) == (False, None, None)
    assert http("GET", "/status")[1]["sessions"] == 1
    for what, body in (("cut", {}), ("disconnect", {}), ("renew", {}), ("push", {"text": "x"})):
        status, answer = http("POST", f"/sessions/{over['sessionid']}/{what}", body)
        assert (status, answer) == (409, {"error": "this session is over: forgotten"})


def test_what_clients_ask_for_is_listed_and_waited_for(http: Http, client: RawClient, sandbox: Sandbox) -> None:
    client.result("signalwire.ping", {"payload": "first"})
    (first,) = http("GET", "/requests?method=signalwire.ping&wait=60")[1]["requests"]
    assert (first["frame"]["params"], first["sessionid"]) == ({"payload": "first"}, client.session["sessionid"])
    path = f"/requests?method=signalwire.ping&after={first['number']}&sessionid={client.session['sessionid']}&wait=60"
    waiting = [gevent.spawn(http, "GET", path) for _ in range(20)]
    client.wait(lambda: sandbox.exchange.requests.awaited == 20)
    client.result("signalwire.ping", {"payload": "second"})
    for each in waiting:
        status, answer = each.get(timeout=LIMIT)
        assert status == 200
        assert [entry["frame"]["params"]["payload"] for entry in answer["requests"]] == ["second"]


def test_a_wait_for_a_request_is_bounded_and_says_what_came(http: Http, client: RawClient) -> None:
    status, answer = http("GET", "/requests?method=calling.plya&wait=0.01")
    assert status == 408
    assert answer["error"] == "no request calling.plya came within 0.01 s; there came signalwire.connect"
    assert http("GET", "/requests?sessionid=nobody&wait=5")[0] == 404


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("/requests?wait=soon", "wait must be a number of seconds from 0 to 60"),
        ("/requests?wait=-1", "wait must be a number of seconds from 0 to 60"),
        ("/requests?wait=nan", "wait must be a number of seconds from 0 to 60"),
        ("/requests?after=x", "after must be a whole number of 0 or more"),
        ("/requests?after=-1", "after must be a whole number of 0 or more"),
    ],
)
def test_a_time_and_a_number_are_refused_in_words(http: Http, query: str, words: str) -> None:
    status, answer = http("GET", query)
    assert (status, answer["error"]) == (400, words)


def test_an_arm_sends_events_and_is_shown_with_them(http: Http, client: RawClient) -> None:
    events = [{"event_type": "calling.call.dial", "params": {"tag": "{tag}", "dial_state": "dialing"}, "delay": 0.01}]
    arm = {"method": "calling.dial", "reply": {"code": "200", "message": "Dialing"}, "events": events}
    assert http("POST", "/arms", arm)[0] == 200
    assert http("GET", "/arms")[1]["arms"] == [{**arm, "times": 1}]
    client.judges = False  # a dial without a node_id is not the protocol's
    client.result("calling.dial", {"tag": "T"})
    assert client.event("calling.call.dial") == {"tag": "T", "dial_state": "dialing"}


@pytest.mark.parametrize("events", ["x", [1], [{}], [{"event_type": ""}], [{"event_type": "x", "patams": {}}]])
def test_events_that_make_no_sense_are_refused_in_words(http: Http, events: Any) -> None:
    status, answer = http("POST", "/arms", {"method": "calling.dial", "events": events})
    assert status == 400
    assert "events must be a list of objects with event_type, params, context, delay: " in answer["error"]


def test_frames_are_pushed_sockets_cut_and_disconnects_sent(
    http: Http, client: RawClient, dial_in: DialIn, sandbox: Sandbox
) -> None:
    path = f"/sessions/{client.session['sessionid']}"
    assert http("POST", f"{path}/push", {"frame": {"method": "x", "params": None}})[0] == 200
    assert http("POST", f"{path}/push", {"text": "{broken"})[0] == 200
    client.wait(lambda: {"method": "x", "params": None} in client.received)
    http("POST", f"{path}/renew", {})
    client.wait(lambda: len(client.events("signalwire.authorization.state")) == 2)
    http("POST", f"{path}/disconnect", {"restart": True})
    client.wait(lambda: any(m.get("method") == "signalwire.disconnect" for m in client.received if type(m) is dict))
    assert http("POST", f"{path}/cut", {})[0] == 200
    client.wait_closed()
    assert http("POST", f"{path}/push", {"frame": {}})[0] == 409


def test_a_method_is_armed_and_disarmed(http: Http, client: RawClient) -> None:
    reply = {"code": "503", "message": "busy"}
    assert http("POST", "/arms", {"method": "calling.dial", "times": 2, "reply": reply})[0] == 200
    assert client.result("calling.dial", {}) == reply
    assert http("GET", "/arms")[1]["arms"] == [{"method": "calling.dial", "times": 1, "reply": reply}]
    assert http("DELETE", "/arms")[1] == {"arms": []}
    assert client.result("calling.dial", {})["code"] == "400"


def test_settings_are_changed_all_or_none(http: Http, sandbox: Sandbox) -> None:
    assert http("PUT", "/settings", {"events_first": True})[1]["events_first"] is True
    assert http("PUT", "/settings", {"events_first": False, "patience": -1})[0] == 400
    assert sandbox.settings.events_first is True
    assert "fixed" in http("PUT", "/settings", {"time_scale": 2})[1]["error"]


def test_the_server_is_restarted_without_memory(http: Http, client: RawClient) -> None:
    assert http("POST", "/restart", {"memory": False})[1]["sessions"] == 0
    client.wait_closed()


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "words"),
    [
        ("GET", "/nothing", {}, 404, "GET / lists"),
        ("DELETE", "/calls", {}, 405, "takes GET, POST"),
        ("POST", "/calls", {"raw": b"{"}, 400, "not JSON"),
        ("POST", "/calls", {"raw": b"[]"}, 400, "must be a JSON object"),
        ("POST", "/calls", {"raw": b"{}", "Content_Type": "text/plain"}, 415, "application/json"),
        ("POST", "/calls", {"body": {}}, 400, "'context' is missing"),
        ("POST", "/calls", {"body": {"context": 7}}, 400, "'context' must be a text"),
        ("POST", "/calls", {"body": {"context": "a", "steps": ["flies"]}}, 400, "step 1 is 'flies'; the steps are"),
        ("POST", "/calls", {"body": {"context": "a", "steps": [{"presses": "x"}]}}, 400, "0-9 * # A-D"),
        ("POST", "/calls", {"body": {"context": "a", "steps": [{"waits": {"minutes": 1}}]}}, 400, "step 1 (waits)"),
        ("POST", "/arms", {"body": {"method": "x"}}, 400, "needs an effect"),
        ("POST", "/arms", {"body": {"method": "x", "explode": True}}, 400, "explode"),
        ("POST", "/arms", {"body": {"method": "calling.plai", "cut": "after"}}, 400, "did you mean 'calling.play'?"),
        ("POST", "/arms", {"body": {"event_type": "calling.play", "again": True}}, 400, "mean 'calling.call.play'?"),
        ("GET", "/calls/nobody", {}, 404, "no call has this id"),
        ("POST", "/deliveries", {"body": {"number": "*", "ending": "lost"}}, 400, "undelivered"),
        ("PUT", "/settings", {"body": {"speed": 1}}, 400, "there is no key 'speed' here; accepted are answered_first"),
    ],
)
def test_mistakes_are_answered_with_what_is_accepted(
    http: Http, method: str, path: str, options: dict[str, Any], status: int, words: str
) -> None:
    got, body = http(method, path, **options)
    assert got == status
    assert words in body["error"]


def test_a_wait_for_a_call_is_bounded(http: Http, client: RawClient) -> None:
    call_id = http("POST", "/calls", {"context": "office"})[1]["call_id"]
    status, body = http("GET", f"/calls/{call_id}?wait=0.01")
    assert status == 408
    assert "be answered" in body["error"]


def test_a_sandbox_can_have_no_control_port() -> None:
    with Sandbox(control_port=None) as sandbox:
        assert sandbox.control_url == ""


STRANGE_HOSTS = (
    "evil.example",
    "evil.example:80",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "192.0.2.7",
    "[2001:db8::1]",
    "evil.example@127.0.0.1",
    "127.0.0.1/",
    "127.0.0.1,evil.example",
    "0.0.0.0",
)


@pytest.mark.parametrize("host", ["", *STRANGE_HOSTS])
@pytest.mark.parametrize(("method", "path"), [("GET", "/status"), ("POST", "/calls"), ("GET", "/nothing")])
def test_a_request_that_names_another_host_is_refused(
    http: Http, sandbox: Sandbox, method: str, path: str, host: str
) -> None:
    status, body = http(method, path, {"context": "office"}, Host=host)
    assert status == 403
    assert "the header Host must name this machine" in body["error"]
    assert sandbox.counters.placed == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8:1", "localhost", "LOCALHOST.:8091", "a.localhost", "[::1]:1"])
def test_every_name_of_this_machine_is_taken(http: Http, host: str) -> None:
    assert http("GET", "/status", Host=host)[0] == 200


ORIGINS = ("http://evil.example", "null", "http://127.0.0.1:3000", "https://127.0.0.1", "http://localhost", "file://")


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("upgrade", [{}, {"Connection": "Upgrade", "Upgrade": "websocket"}], ids=["plain", "WebSocket"])
def test_a_web_page_of_another_origin_is_refused_an_upgrade_to_websocket_too(
    http: Http, sandbox: Sandbox, origin: str, upgrade: dict[str, str]
) -> None:
    for method, path in (("GET", "/status"), ("POST", "/calls"), ("OPTIONS", "/calls")):
        status, body = http(method, path, {"context": "office"}, Origin=origin, **upgrade)
        assert (status, body) == (403, {"error": "web pages of other origins may not use this port"})
    assert sandbox.counters.placed == 0


def test_a_page_of_its_own_is_no_other_origin(http: Http) -> None:
    assert http("GET", "/status", Host="127.0.0.1:8091", Origin="http://127.0.0.1:8091")[0] == 200


CHANGES = [(method, path) for method, path, *_ in control._ROUTES if method != "GET"]
NO_JSON = (
    "",
    "text/plain",
    "text/plain;x=json",
    "text/plain; application/json",
    "application/jsonx",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=application/json",
    "application/problem+json",
)


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_whatever_changes_something_must_be_sent_as_json(http: Http, method: str, path: str) -> None:
    for kind in NO_JSON:
        status, body = http(method, path, {"context": "office"}, Content_Type=kind)
        assert (status, body["error"]) == (415, "send JSON, with the header Content-Type: application/json")


@pytest.mark.parametrize(("method", "path"), [each for each in CHANGES if each[0] != "DELETE"])
def test_nothing_is_changed_by_a_request_without_a_body(http: Http, method: str, path: str) -> None:
    status, body = http(method, path)
    assert status == 400
    assert "a body is needed" in body["error"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", "application/json ;a=b"])
def test_parameters_of_the_type_are_no_matter(http: Http, kind: str) -> None:
    assert http("PUT", "/settings", {"patience": 3}, Content_Type=kind)[0] == 200


@pytest.fixture
def guarded() -> Iterator[Sandbox]:
    with Sandbox(control_token="let-me-in") as running:
        yield running


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer x", "Basic let-me-in", "let-me-in", "Bearer let-me-in2"])
def test_without_the_token_nothing_is_told_and_nothing_done(guarded: Sandbox, given: str) -> None:
    for method, path in (("GET", "/status"), ("POST", "/calls")):
        status, body = request(guarded, method, path, {"context": "office"}, Authorization=given)
        assert (status, list(body)) == (401, ["error"])
        assert "let-me-in" not in body["error"]
    assert guarded.counters.placed == 0


def test_with_the_token_it_is_as_without_one(guarded: Sandbox) -> None:
    bearer = {"Authorization": "bearer let-me-in"}
    assert request(guarded, "GET", "/status", **bearer)[0] == 200
    assert request(guarded, "POST", "/calls", {"context": "office"}, **bearer)[0] == 200
    assert "let-me-in" not in json.dumps(request(guarded, "GET", "/settings", **bearer))


def test_where_other_machines_can_reach_it_there_is_always_a_token() -> None:
    with Sandbox(host="0.0.0.0") as sandbox, Sandbox(host="0.0.0.0") as another:
        assert sandbox.control_token
        assert another.control_token != sandbox.control_token
        assert request(sandbox, "GET", "/status")[0] == 401
        bearer = {"Authorization": f"Bearer {sandbox.control_token}"}
        assert request(sandbox, "GET", "/status", Host="192.0.2.7:8091", **bearer)[0] == 200
        assert request(sandbox, "GET", "/status", Host="evil.example", **bearer)[0] == 403


def test_numbers_and_digits_are_masked_in_the_journal_unless_it_is_told_otherwise(
    http: Http, client: RawClient, sandbox: Sandbox
) -> None:
    call_id = http("POST", "/calls", {"number": "+15550100777", "context": "office"})[1]["call_id"]
    address = client.answered()
    patient = {"initial_timeout": 1e6, "digits": {"max": 12, "digit_timeout": 1e6}}
    client.result("calling.collect", {**address, "control_id": "k", **patient})
    http("POST", f"/calls/{call_id}/press", {"digits": DIGITS})
    client.event("calling.call.collect")
    path = f"/sessions/{client.session['sessionid']}/journal"
    shown = json.dumps(http("GET", path)[1])
    assert "15550100777" not in shown
    assert DIGITS not in shown
    assert http("PUT", "/settings", {"journal_numbers": True})[0] == 200
    shown = json.dumps(http("GET", path)[1])
    assert "+15550100777" in shown
    assert f'"digits": "{DIGITS}"' in shown
