"""Faults on purpose: one request, one event, one connection, the way, and by chance."""

import gevent
import pytest
from gevent import socket
from websockets.exceptions import InvalidMessage, InvalidStatus

from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.sandbox.server.malformed import MALFORMED

PLAY = [{"type": "silence", "params": {"duration": 1}}]


def resume(client, sandbox):
    state = client.event("signalwire.authorization.state")["authorization_state"]
    return {"protocol": client.session["protocol"], "authorization_state": state}


# -- one request -------------------------------------------------------------------------------------------


def test_a_reply_can_be_replaced_and_the_request_is_then_not_performed(client, call, sandbox):
    _, address = call(Caller())
    sandbox.arm("calling.end", reply={"code": 503, "message": "busy"}, times=2)
    assert client.result("calling.end", address) == {"code": 503, "message": "busy"}
    assert client.result("calling.end", address)["code"] == 503
    assert client.result("calling.end", address)["code"] == "200"


def test_a_request_can_be_performed_and_answered_with_an_integer_code(client, call, sandbox):
    _, address = call(Caller())
    sandbox.arm("calling.end", reply={"code": 200, "message": "ok"}, perform=True)
    assert client.result("calling.end", address)["code"] == 200
    client.event("calling.call.state", call_state="ended")


def test_fields_of_a_true_reply_can_be_changed(client, call, sandbox):
    _, address = call(Caller())
    play = {**address, "control_id": "a", "play": PLAY}
    sandbox.arm("calling.play", patch={"code": 200, "extra": [1]}, times=2)
    changed = client.result("calling.play", play)
    assert changed == {**changed, "code": 200, "extra": [1], "message": "Playing"}
    client.event("calling.call.play", control_id="a", state="playing")
    refused = client.result("calling.play", {**play, "play": "nothing"})
    assert refused["code"] == 200  # a refusal in a result has fields like any other
    sandbox.arm("calling.surprise", patch={"code": 200})
    assert client.request("calling.surprise")["error"]["code"] == -32601


def test_a_reply_can_be_cut_in_its_middle(client, call, sandbox):
    _, address = call(Caller())
    sandbox.arm("calling.play", truncate=True)
    lost = client.begin("calling.play", {**address, "control_id": "a", "play": PLAY})
    client.wait_closed()
    assert lost not in client.replies


def test_an_error_can_be_sent_for_one_session_after_some_requests(client, sandbox, dial_in):
    other = dial_in(sandbox)
    other.login(sandbox)
    error = {"code": -32005, "message": "Capacity exceeded"}
    sandbox.arm("signalwire.ping", error=error, skip=1, sessionid=client.session["sessionid"])
    assert "result" in client.request("signalwire.ping")
    assert "result" in other.request("signalwire.ping")
    assert client.request("signalwire.ping")["error"] == error


def test_a_reply_can_be_withheld_delayed_doubled_or_overtaken(client, call, sandbox):
    _, address = call(Caller())
    play = {**address, "play": PLAY}
    sandbox.arm("calling.play", withhold=True)
    lost = client.begin("calling.play", {**play, "control_id": "a"})
    client.event("calling.call.play", control_id="a", state="finished")
    assert lost not in client.replies
    sandbox.arm("calling.play", delay=0.05)
    late = client.begin("calling.play", {**play, "control_id": "b"})
    client.result("signalwire.ping")
    assert late not in client.replies
    client.reply(late)
    sandbox.arm("calling.play", events_first=True, duplicate=True)
    twice = client.begin("calling.play", {**play, "control_id": "c"})
    client.event("calling.call.play", control_id="c", state="finished")
    order = [
        "reply" if message.get("id") == twice else message["params"]["params"].get("state")
        for message in client.received
        if message.get("id") == twice or (message.get("params", {}).get("params", {}).get("control_id") == "c")
    ]
    assert order == ["playing", "reply", "reply", "finished"]


@pytest.mark.parametrize(
    ("moment", "performed", "replied"), [("before", 0, False), ("during", 1, False), ("after", 1, True)]
)
@pytest.mark.parametrize("reset", [False, True])
def test_the_socket_is_cut_at_a_moment_of_a_request(client, sandbox, dial_in, moment, performed, replied, reset):
    sandbox.place(Caller().dials("office").waits_for_hangup())
    address = client.offer()
    credentials = resume(client, sandbox)
    sandbox.arm("calling.answer", cut=moment, reset=reset)
    request = client.begin("calling.answer", address)
    client.wait_closed()
    assert sandbox.counters.answered == performed
    assert reset or (request in client.replies) is replied
    again = dial_in(sandbox)
    assert again.login(sandbox, "office", **credentials)["session_restored"] is True
    if performed:
        client.wait(lambda: client.events("calling.call.state") + again.events("calling.call.state"))


def test_the_connect_itself_can_be_cut(sandbox, dial_in):
    for moment in ("before", "during", "after"):
        sandbox.arm("signalwire.connect", cut=moment)
        client = dial_in(sandbox)
        client.begin("signalwire.connect", login_params(sandbox))
        client.wait_closed()
    assert dial_in(sandbox).login(sandbox)["protocol"]


def test_a_ping_of_the_client_can_stay_unanswered(client, sandbox):
    sandbox.arm("signalwire.ping", withhold=True)
    lost = client.begin("signalwire.ping", {})
    client.result("signalwire.ping")
    assert lost not in client.replies


@pytest.mark.parametrize(
    ("effects", "words"),
    [
        ({}, "needs an effect"),
        ({"reply": {}, "error": {}}, "not both"),
        ({"cut": "soon"}, "before, during or after"),
        ({"withhold": True, "times": 0}, "at least 1"),
    ],
)
def test_an_arm_that_makes_no_sense_is_refused(sandbox, effects, words):
    with pytest.raises(ValueError, match=words):
        sandbox.arm("calling.play", **effects)


# -- one event ---------------------------------------------------------------------------------------------


def frames_of(client, event_type):
    return [m for m in client.received if isinstance(m, dict) and m.get("params", {}).get("event_type") == event_type]


@pytest.mark.parametrize(("effect", "ids"), [("duplicate", 1), ("again", 2)])
def test_an_offer_can_come_twice(client, sandbox, effect, ids):
    sandbox.arm_event("calling.call.receive", **{effect: True})
    sandbox.place(Caller().dials("office"))
    offers = client.wait(
        lambda: len(frames_of(client, "calling.call.receive")) == 2 and frames_of(client, "calling.call.receive")
    )
    assert len({offer["params"]["params"]["call_id"] for offer in offers}) == 1
    assert len({offer["id"] for offer in offers}) == ids


def test_a_dial_can_be_answered_without_state_events(client, sandbox):
    sandbox.arm_event("calling.call.state", withhold=True, times=3, match={"tag": "T"})
    device = {"type": "phone", "params": {"to_number": "+15550100002"}}
    client.result("calling.dial", {"tag": "T", "devices": [[device]]})
    client.event("calling.call.dial", dial_state="answered")
    client.result("signalwire.ping")
    assert client.events("calling.call.state") == []
    assert sandbox.session().unacked == 0


def test_an_event_can_be_overtaken_by_later_ones(client, call, sandbox):
    _, address = call(Caller())
    sandbox.arm_event("calling.call.play", delay=0.05, match={"state": "playing"})
    client.result("calling.play", {**address, "control_id": "p", "play": PLAY})
    client.event("calling.call.play", state="playing")
    assert [body["state"] for body in client.events("calling.call.play")] == ["finished", "playing"]


@pytest.mark.parametrize(
    "effect", [{"cut": "before"}, {"cut": "after"}, {"truncate": True}, {"cut": "after", "reset": True}]
)
def test_the_socket_is_cut_at_an_event_and_a_resume_brings_it(client, call, sandbox, dial_in, effect):
    _, address = call(Caller())
    credentials = resume(client, sandbox)
    client.acks = False
    sandbox.arm_event("calling.call.play", match={"state": "finished"}, **effect)
    client.begin("calling.play", {**address, "control_id": "p", "play": PLAY})  # its reply may be lost with the socket
    client.wait_closed()
    again = dial_in(sandbox)
    assert again.login(sandbox, "office", **credentials)["session_restored"] is True
    again.event("calling.call.play", state="finished")


def test_an_event_arm_without_an_effect_is_refused(sandbox):
    with pytest.raises(ValueError, match="again, cut, delay"):
        sandbox.arm_event("calling.call.play")


# -- the door ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "error"), [("reset", OSError), ("http", InvalidStatus), ("garbage", InvalidMessage), ("hang", OSError)]
)
def test_connections_are_turned_away_at_the_door(sandbox, dial_in, how, error):
    sandbox.faults.refuse(how)
    with gevent.Timeout(0.3, TimeoutError) if how == "hang" else gevent.Timeout(5), pytest.raises(error):
        dial_in(sandbox)
    assert dial_in(sandbox).login(sandbox)["protocol"]


@pytest.mark.parametrize(
    ("how", "frame"),
    [
        ("error", ("error", -32002)),
        ("result", ("result", "401")),
        ("capacity", ("error", -32005)),
    ],
)
def test_good_logins_are_refused_in_both_shapes(sandbox, dial_in, how, frame):
    sandbox.faults.refuse(how, times=2)
    client = dial_in(sandbox)
    for _ in range(2):
        assert client.request("signalwire.connect", login_params(sandbox))[frame[0]]["code"] == frame[1]
    assert client.login(sandbox)["protocol"]


def test_an_unknown_refusal_is_named(sandbox):
    with pytest.raises(ValueError, match="how must be one of reset, hang"):
        sandbox.faults.refuse("politely")


# -- one connection ----------------------------------------------------------------------------------------


def test_a_reset_reaches_the_client_as_a_reset(sandbox, client):
    errors = []

    def read():
        try:
            while client.socket.recv(4096):
                pass
        except OSError as error:
            errors.append(error)

    client._reader.kill()
    reading = gevent.spawn(read)
    gevent.sleep(0)
    sandbox.cut(reset=True)
    reading.join(5)
    assert isinstance(errors[0], ConnectionResetError)


def test_a_stalled_connection_goes_on_later_and_loses_nothing(client, sandbox):
    sandbox.faults.stall(0.05)
    ids = [client.begin("signalwire.ping", {"payload": str(number)}) for number in range(5)]
    sandbox.sends_message(from_number="+15550100001", to_number="+15550100002", body="x", context="office")
    client.event("messaging.receive")
    for number, request in enumerate(ids):
        assert client.reply(request)["result"] == {"payload": str(number)}


def test_a_half_open_connection_is_deaf_and_a_resume_replaces_it(dial_in):
    with Sandbox(ping_interval=0.02, ping_timeout=0.02) as sandbox:
        client = dial_in(sandbox)
        client.login(sandbox, "office")
        credentials = resume(client, sandbox)
        sandbox.faults.half_open()
        lost = client.begin("signalwire.ping", {})
        sandbox.sends_message(from_number="+15550100001", to_number="+15550100002", body="x", context="office")
        gevent.sleep(0.1)  # several server pings long: the sandbox must not drop it
        assert lost not in client.replies
        assert not client.closed
        again = dial_in(sandbox)
        assert again.login(sandbox, "office", **credentials)["session_restored"] is True
        again.event("messaging.receive")
        client.wait_closed()


def test_a_truncated_frame_ends_the_connection(client, sandbox):
    sandbox.faults.truncate()
    request = client.begin("signalwire.ping", {"payload": "x" * 1000})
    client.wait_closed()
    assert request not in client.replies


def test_a_session_can_be_forgotten_with_its_calls(client, call, sandbox, dial_in):
    run, _ = call(Caller())
    credentials = resume(client, sandbox)
    sandbox.faults.forget()
    client.wait_closed()
    assert run.wait(1).end_reason == "error"
    assert dial_in(sandbox).login(sandbox, "office", **credentials)["session_restored"] is False
    assert sandbox.counters.calls_up == 0


@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_every_malformed_frame_is_sent_and_the_sandbox_lives(client, sandbox, dial_in, kind):
    client.judges = False
    sandbox.faults.malform(kind)
    client._reader.join(0.05)
    assert dial_in(sandbox).login(sandbox)["protocol"]
    with pytest.raises(ValueError, match="kind must be one of"):
        sandbox.faults.malform("nonsense")


def test_a_fault_without_a_connection_says_so(sandbox):
    with pytest.raises(LookupError, match="no session is connected"):
        sandbox.faults.half_open()
    with pytest.raises(LookupError, match="no session is live"):
        sandbox.faults.forget()


def test_faults_are_set_over_the_control_port(client, sandbox):
    host, port = sandbox.control_url.removeprefix("http://").split(":")

    def post(body):
        with socket.create_connection((host, int(port)), timeout=5) as http:
            http.sendall(
                f"POST /faults HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            return http.makefile().read()

    assert " 200 " in post('{"fault": "disturb", "delay": 0.01}')
    assert sandbox.faults.disturbance.delay == 0.01
    assert "fault must be one of" in post('{"fault": "explode"}')
    assert " 200 " in post('{"fault": "half_open"}')
    assert sandbox.session().peer.link.deaf


def login_params(sandbox):
    return {
        "version": {"major": 2, "minor": 0, "revision": 0},
        "event_acks": True,
        "authentication": {"project": sandbox.project, "token": sandbox.token},
    }
