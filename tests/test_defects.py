"""The 20 defects of published clients that protocol 17 lists, each tried over a real socket.

A test is named after the number of its defect; what the defect was stands in the heading above it.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from gevent.queue import Queue
from msgspec.structs import replace

from relay_actors.kit import restarts
from relay_runtime import (
    ActionAborted,
    AuthenticationFailed,
    Call,
    CallEnded,
    CallGone,
    ClientStopped,
    DialFailed,
    MessageExpired,
    RelayClient,
    RelayError,
    RelayTimeout,
    RequestTimeout,
    SessionLost,
    Timing,
    parallel,
    phone,
)
from relay_runtime.sandbox import Callee, Caller, Sandbox

pytestmark = pytest.mark.scenario

LIMIT = 60.0  # seconds that anything may take
US, THEM, OTHER = "+15550100099", "+15550100001", "+15550100002"
TIMING = Timing(
    request_timeout=2.0,
    connect_timeout=0.3,
    backoff_first=0.005,
    backoff_limit=0.02,
    call_linger=0.5,
    dial_timeout=2.0,
    close_timeout=0.2,
    stop_timeout=0.3,
)
Connect = Callable[..., RelayClient]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with (
        gevent.Timeout(4 * LIMIT, AssertionError("the test waited in vain")),
        Sandbox(time_scale=0.005, journal_numbers=True) as running,
    ):
        yield running
        assert running.errors == []


@pytest.fixture
def make(sandbox: Sandbox) -> Iterator[Connect]:
    """Make clients that are disconnected at the end."""
    made: list[RelayClient] = []

    def make_one(timing: dict[str, float] | None = None, **options: Any) -> RelayClient:
        options.setdefault("contexts", ["office"])
        options.setdefault("host", sandbox.url)
        client = RelayClient(sandbox.project, sandbox.token, timing=replace(TIMING, **(timing or {})), **options)
        made.append(client)
        return client

    yield make_one
    for client in made:
        client.disconnect()


@pytest.fixture
def connected(make: Connect) -> Connect:
    """Make clients that are connected."""

    def connect_one(**options: Any) -> RelayClient:
        client = make(**options)
        client.connect(LIMIT)
        return client

    return connect_one


@pytest.fixture
def client(connected: Connect) -> RelayClient:
    return connected()


def until(condition: Callable[[], Any], what: str = "the condition") -> Any:
    with gevent.Timeout(LIMIT, AssertionError(f"{what} did not come true")):
        while not (value := condition()):
            gevent.sleep(0.001)
    return value


def received(sandbox: Sandbox, method: str) -> list[dict[str, Any]]:
    """The params of the requests of a method that the newest session got."""
    frames = [entry.get("frame") for entry in sandbox.journal() if entry["direction"] == "in"]
    return [frame["params"] for frame in frames if isinstance(frame, dict) and frame.get("method") == method]


class Answered:
    """Inbound calls of a client, answered and handed out; each is up until somebody hangs up."""

    def __init__(self, client: RelayClient) -> None:
        self.calls: Queue[Call] = Queue()
        client.on_call(self._serve)

    def _serve(self, call: Call) -> None:
        call.answer()
        call.wait_for_answered(LIMIT)
        self.calls.put(call)
        call.wait_for_ended()

    def next(self, sandbox: Sandbox, caller: Caller | None = None) -> Call:
        sandbox.place(caller or Caller(THEM).dials("office").waits_for_hangup(timeout=LIMIT))
        return self.calls.get(timeout=LIMIT)


@pytest.fixture
def call(sandbox: Sandbox, client: RelayClient) -> Call:
    """An inbound call that is answered."""
    return Answered(client).next(sandbox)


# 1. The backoff is reset when the socket opens, so that refused logins are repeated every second.


def test_defect_1_refused_logins_are_tried_at_growing_distances(
    sandbox: Sandbox, client: RelayClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []

    def recorded(attempt: int, chance: float, *, first: float, limit: float) -> float:
        attempts.append(attempt)
        return 0.001

    monkeypatch.setattr(restarts, "backoff_delay", recorded)
    sandbox.faults.refuse("error", times=4)
    sandbox.cut()
    until(lambda: len(attempts) >= 5 and client.state == "connected")
    assert attempts[:5] == [0, 1, 2, 3, 4]


# 2. The client counts as connected before the login is done: requests slip in front of it and are refused.


def test_defect_2_no_request_goes_out_before_the_login_is_done(sandbox: Sandbox, make: Connect) -> None:
    client = make()
    sandbox.arm("signalwire.connect", delay=0.05)
    login = gevent.spawn(client.connect, LIMIT)
    until(lambda: client.state == "connecting")
    early = gevent.spawn(client.execute, "signalwire.receive", {"contexts": ["sales"]})
    login.get(timeout=LIMIT)
    assert early.get(timeout=LIMIT)["code"] == "200"
    methods = [entry["frame"].get("method") for entry in sandbox.journal() if entry["direction"] == "in"]
    assert [method for method in methods if method][:2] == ["signalwire.connect", "signalwire.receive"]


# 3. After a refused login the old socket lives on; when it closes, the new connection counts as down.


def test_defect_3_the_socket_of_a_refused_login_touches_nothing_of_the_next(sandbox: Sandbox, make: Connect) -> None:
    client = make()
    sandbox.faults.refuse("error")
    client.connect(LIMIT)
    until(lambda: len(sandbox.exchange.peers) == 1, "the end of the refused socket")
    assert sandbox.counters.connections == 2
    assert client.execute("signalwire.ping", {}) == {}
    assert (client.state, client.stats.connections) == ("connected", 1)


# 4. One slow reply to any request closes the socket for all.


def test_defect_4_a_reply_that_never_comes_fails_its_own_request_alone(sandbox: Sandbox, connected: Connect) -> None:
    client = connected(timing={"request_timeout": 0.05})
    call = Answered(client).next(sandbox, Caller(THEM).dials("office").waits_for_hangup(timeout=LIMIT))
    sandbox.arm("calling.denoise", withhold=True)
    with pytest.raises(RequestTimeout) as caught:
        call.denoise()
    assert caught.value.sent
    assert call.user_event(event={"still": "here"})["code"] == "200"
    assert client.stats.connections == 1


# 5. Requests queued offline time out early and are rejected at the next failed reconnect.


def test_defect_5_a_request_made_offline_survives_failed_reconnects(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.faults.refuse("http", times=2)
    sandbox.faults.refuse("error", times=1)
    sandbox.cut()
    until(lambda: client.state != "connected", "the loss of the connection")
    assert client.execute("signalwire.receive", {"contexts": ["sales"]})["code"] == "200"
    assert client.stats.connections == 2


# 6. A frame with `params: null` ends the reader and leaves the socket open and deaf.


@pytest.mark.parametrize(
    "frame",
    [
        {"jsonrpc": "2.0", "id": "x", "method": "signalwire.event", "params": None},
        {"jsonrpc": "2.0", "id": "x", "method": "signalwire.event"},
        {"jsonrpc": "2.0", "id": "x", "method": "signalwire.ping", "params": None},
        {"jsonrpc": "2.0", "method": None, "params": None},
        "null",
        "[]",
        "{",
    ],
)
def test_defect_6_no_frame_makes_the_client_deaf(sandbox: Sandbox, client: RelayClient, frame: Any) -> None:
    sandbox.push(None, frame)
    assert client.execute("signalwire.ping", {"payload": "still there"}) == {"payload": "still there"}
    assert client.stats.connections == 1


# 7. Ended calls are dropped at once: a late recording is lost, and actions, waits, faxes and payments hang for ever.


def test_defect_7_a_recording_that_finishes_after_the_call_delivers_its_url(
    sandbox: Sandbox, client: RelayClient
) -> None:
    sandbox.settings.change(late_recordings=True)
    call = Answered(client).next(sandbox, Caller(THEM).dials("office").hears("goodbye").hangs_up())
    recording = call.record()
    call.play_tts("goodbye")
    call.wait_for_ended(LIMIT)
    assert recording.wait(LIMIT).url.startswith("http")  # type: ignore[attr-defined]


def test_defect_7_the_end_of_the_call_ends_whatever_is_open(sandbox: Sandbox, client: RelayClient) -> None:
    call = Answered(client).next(sandbox, Caller(THEM).dials("office").hears("goodbye").hangs_up())
    told: Queue[Any] = Queue()
    sandbox.arm_event("calling.call.pay", withhold=True, times=9)
    sandbox.arm_event("calling.call.fax", withhold=True, times=9)
    payment = call.pay("https://example.com/pay", on_completed=told.put)
    fax = call.receive_fax()
    waiting = gevent.spawn(call.wait_for, "calling.call.refer")
    call.play_tts("goodbye")
    for wait in (payment.wait, fax.wait, lambda _: waiting.get(timeout=LIMIT)):
        with pytest.raises(CallEnded):
            wait(LIMIT)
    assert isinstance(told.get(timeout=LIMIT), ActionAborted)


# 8. Fax and pay wait for a state that is not sent; collect ends at partial results; detect cannot wait for READY.


def test_defect_8_a_fax_ends_at_the_servers_own_event(sandbox: Sandbox, client: RelayClient) -> None:
    call = Answered(client).next(sandbox, Caller(THEM).dials("office").is_fax(pages=2).waits_for_hangup(LIMIT))
    sent = call.send_fax("https://example.com/a.pdf").wait(LIMIT)
    got = call.receive_fax().wait(LIMIT)
    assert (sent.success, got.success, got.pages) == (True, True, 2)  # type: ignore[attr-defined]


def test_defect_8_a_payment_ends_at_the_servers_own_event(sandbox: Sandbox, client: RelayClient) -> None:
    call = Answered(client).next(sandbox, Caller(THEM).dials("office").pays().waits_for_hangup(LIMIT))
    assert call.pay("https://example.com/pay").wait(LIMIT).result == "success"  # type: ignore[attr-defined]


def test_defect_8_a_collection_waits_for_the_final_result(sandbox: Sandbox, client: RelayClient) -> None:
    call = Answered(client).next(
        sandbox, Caller(THEM).dials("office").hears("count").says("one two three").waits_for_hangup(LIMIT)
    )
    seen: list[Any] = []
    call.on("calling.call.collect", seen.append)
    collection = call.collect(speech={"end_silence_timeout": 1}, partial_results=True, send_start_of_input=True)
    call.play_tts("count")
    heard = collection.wait(LIMIT)
    assert (heard.type, heard.text) == ("speech", "one two three")  # type: ignore[attr-defined]
    assert len(seen) > 1  # there was progress before it


def test_defect_8_a_detector_goes_on_until_the_machine_is_ready(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.on_dial(OTHER, Callee().answers().is_machine(beep_after=3).waits_for_hangup(LIMIT))
    call = client.dial([[phone(OTHER, from_number=US)]])
    detector = call.detect_answering_machine(timeout=60)
    assert detector.wait(LIMIT).event == "MACHINE"  # type: ignore[attr-defined]
    assert detector.wait_for_ready(LIMIT).event == "READY"
    call.hangup()


# 9. Contexts added at run time are gone after a reconnect; `session_restored` is ignored; lost calls stay for ever.


def test_defect_9_contexts_added_at_run_time_are_back_after_a_reconnect(sandbox: Sandbox, client: RelayClient) -> None:
    answered = Answered(client)
    client.receive(["sales"])
    sandbox.cut()
    until(lambda: client.stats.connections == 2)
    sandbox.restart(memory=False)
    until(lambda: client.stats.connections == 3)
    assert client.contexts == ["office", "sales"]
    answered.next(sandbox, Caller(THEM).dials("sales").waits_for_hangup(LIMIT))


def test_defect_9_a_restored_session_keeps_its_calls(sandbox: Sandbox, client: RelayClient, call: Call) -> None:
    sandbox.cut()
    until(lambda: client.stats.connections == 2)
    assert call.user_event(event={"still": "here"})["code"] == "200"
    assert not call.is_ended


def test_defect_9_a_lost_session_ends_its_calls_and_says_so(sandbox: Sandbox, client: RelayClient, call: Call) -> None:
    waiting = gevent.spawn(call.wait_for, "calling.call.refer")
    recording = call.record()
    sandbox.restart(memory=False)
    for wait in (lambda: waiting.get(timeout=LIMIT), lambda: recording.wait(LIMIT)):
        with pytest.raises(SessionLost):
            wait()
    assert call.is_ended


# 10. Dial: a timeout leaves the legs ringing; `failed` loses its reason; `answered` may overtake; peers are lost.


def test_defect_10_a_dial_that_times_out_ends_what_rings(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.on_dial("*", Callee().never_answers())
    with pytest.raises(RelayTimeout):
        client.dial(parallel(phone(THEM), phone(OTHER)), dial_timeout=0.1)
    for number in (THEM, OTHER):
        outcome = sandbox.runs(number)[0].wait(LIMIT)
        assert (outcome.end_reason, outcome.end_source) == ("cancel", "outbound")


def test_defect_10_a_dial_that_fails_tells_reason_and_source(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.on_dial(THEM, Callee().is_busy())
    with pytest.raises(DialFailed) as caught:
        client.dial([[phone(THEM)]])
    assert (caught.value.reason, bool(caught.value.source)) == ("busy", True)


def test_defect_10_an_answer_without_any_state_event_makes_an_answered_call(
    sandbox: Sandbox, client: RelayClient
) -> None:
    sandbox.on_dial(THEM, Callee().answers().waits_for_hangup(LIMIT))
    sandbox.arm_event("calling.call.state", withhold=True, times=9)
    call = client.dial([[phone(THEM)]])
    assert (call.state, call.direction) == ("answered", "outbound")
    call.wait_for_answered(LIMIT)
    sandbox.faults.event_arms.clear()
    call.hangup()


def test_defect_10_an_answer_that_overtakes_its_state_events_is_right(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.on_dial(THEM, Callee().answers().waits_for_hangup(LIMIT))
    sandbox.arm_event("calling.call.state", match={"call_state": "answered"}, delay=0.05)
    call = client.dial([[phone(THEM)]])
    assert call.state == "answered"
    assert call.wait_for("calling.call.state", lambda e: e.call_state == "answered", LIMIT)
    call.hangup()


@pytest.mark.parametrize("how", ["answered", "failed"])
def test_defect_10_an_outcome_makes_up_for_a_reply_that_never_comes(
    sandbox: Sandbox, client: RelayClient, how: str
) -> None:
    sandbox.on_dial(THEM, Callee().answers().waits_for_hangup(LIMIT) if how == "answered" else Callee().is_busy())
    sandbox.arm("calling.dial", withhold=True)
    if how == "failed":
        with pytest.raises(DialFailed):
            client.dial([[phone(THEM)]])
        return
    call = client.dial([[phone(THEM)]])
    assert call.state == "answered"
    call.hangup()
    assert client.stats.dials == {"answered": 1}


def test_defect_10_legs_that_lost_are_ended(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.on_dial(THEM, Callee().rings(5).answers().waits_for_hangup(LIMIT))
    sandbox.on_dial(OTHER, Callee().rings(60).answers())
    call = client.dial(parallel(phone(THEM), phone(OTHER)))
    assert sandbox.runs(OTHER)[0].wait(LIMIT).end_reason == "cancel"
    assert call.device["params"]["to_number"] == THEM
    call.hangup()


def test_defect_10_a_leg_that_lost_and_never_says_so_is_ended_from_here(sandbox: Sandbox, connected: Connect) -> None:
    client = connected(timing={"call_linger": 0.05})
    sandbox.on_dial(THEM, Callee().rings(5).answers().waits_for_hangup(LIMIT))
    sandbox.on_dial(OTHER, Callee().rings(600).answers())
    sandbox.arm_event("calling.call.state", match={"call_state": "ended"}, withhold=True)
    call = client.dial(parallel(phone(THEM), phone(OTHER)))
    loser = sandbox.runs(OTHER)[0].call_id
    until(lambda: loser in [params["call_id"] for params in received(sandbox, "calling.end")])
    assert not call.is_ended
    call.hangup()


@pytest.mark.parametrize("outcome", ["answered", "failed", "given up"])
def test_defect_10_a_leg_that_shows_up_after_its_dial_is_ended(
    sandbox: Sandbox, connected: Connect, outcome: str
) -> None:
    client = connected(timing={"call_linger": 0.02})
    callees = {"answered": Callee().answers(), "failed": Callee().is_busy(), "given up": Callee().never_answers()}
    sandbox.on_dial(THEM, callees[outcome])
    try:
        client.dial([[phone(THEM)]], tag="the-dial", dial_timeout=0.1 if outcome == "given up" else None)
    except (DialFailed, RelayTimeout):
        assert outcome != "answered"
    body = {"call_id": "late-leg", "node_id": "n", "tag": "the-dial", "call_state": "ringing", "direction": "outbound"}
    event = {"event_type": "calling.call.state", "timestamp": 1.5, "params": body}
    sandbox.push(None, {"jsonrpc": "2.0", "id": "late", "method": "signalwire.event", "params": event})
    until(lambda: "late-leg" in [params["call_id"] for params in received(sandbox, "calling.end")])


def test_defect_10_a_leg_of_a_bridge_is_told_to_the_call_that_made_it(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.on_dial(OTHER, Callee().rings(1).answers().waits_for_hangup(LIMIT))
    call = Answered(client).next(sandbox, Caller(THEM).dials("office").waits_for_hangup(LIMIT))
    peers: list[str] = []
    call.on("calling.call.state", lambda event: peers.append(event.call_id))
    call.connect([[phone(OTHER, from_number=US)]])
    bridge = call.wait_for("calling.call.connect", lambda e: e.connect_state == "connected", LIMIT)
    peer = bridge.peer["call_id"]  # type: ignore[attr-defined]
    until(lambda: peer in peers)
    assert call.state == "answered"
    call.hangup()


# 11. An offer delivered twice starts the handler twice; offers over the limit are lost; the context is replaced.


def test_defect_11_an_offer_that_is_delivered_twice_is_served_once(sandbox: Sandbox, client: RelayClient) -> None:
    served: list[str] = []

    @client.on_call
    def serve(call: Call) -> None:
        served.append(call.call_id)
        call.hangup()

    sandbox.arm_event("calling.call.receive", again=True)
    sandbox.place(Caller(THEM).dials("office")).wait(LIMIT)
    assert len(served) == 1
    assert client.stats.events_duplicate == 1


@pytest.mark.parametrize(("overload", "status"), [("pass", "passed"), ("busy", "refused")])
def test_defect_11_an_offer_over_the_limit_is_handled_and_counted(
    sandbox: Sandbox, connected: Connect, overload: str, status: str
) -> None:
    client = connected(max_active_calls=1, overload=overload)
    answered = Answered(client)
    answered.next(sandbox)
    beyond = sandbox.place(Caller(OTHER).dials("office"))
    assert beyond.wait(LIMIT).status == status
    assert client.stats.calls_refused[overload] == 1


def test_defect_11_a_call_knows_the_context_it_came_on(sandbox: Sandbox, connected: Connect) -> None:
    client = connected(contexts=["office", "sales"])
    call = Answered(client).next(sandbox, Caller(THEM).dials("sales").waits_for_hangup(LIMIT))
    assert (call.context, client.relay_protocol) == ("sales", sandbox.session().protocol)


# 12. 404 and 410 are swallowed for every verb, and any empty success is read as "call gone".


@pytest.mark.parametrize("code", ["404", "410", 404])
def test_defect_12_a_call_that_is_gone_is_an_error_of_its_own(sandbox: Sandbox, call: Call, code: Any) -> None:
    sandbox.arm("calling.denoise", reply={"code": code, "message": "Call does not exist"})
    with pytest.raises(CallGone) as caught:
        call.denoise()
    assert caught.value.code == int(code)
    until(lambda: call.is_ended)
    assert call.hangup() == {}


def test_defect_12_a_control_id_that_is_unknown_says_nothing_about_the_call(sandbox: Sandbox, call: Call) -> None:
    playing = call.play_silence(600)
    sandbox.arm("calling.play.stop", reply={"code": "404", "message": "No such control_id"})
    assert playing.stop() == {}
    assert call.user_event(event={"still": "here"})["code"] == "200"
    playing.stop()


def test_defect_12_an_empty_success_is_a_success(sandbox: Sandbox, call: Call) -> None:
    sandbox.arm("calling.denoise", reply={})
    assert call.denoise() == {}
    assert not call.is_ended


# 13. A state right behind the reply of its message is lost; messages never expire.


def test_defect_13_a_state_that_overtakes_the_reply_reaches_its_message(sandbox: Sandbox, client: RelayClient) -> None:
    sandbox.arm("messaging.send", events_first=True)
    sandbox.arm("messaging.send", delay=0.05)
    for _ in range(2):
        message = client.send_message(to_number=THEM, from_number=US, body="hello")
        assert message.wait(LIMIT).message_state == "delivered"  # type: ignore[attr-defined]


def test_defect_13_a_message_without_an_end_expires(sandbox: Sandbox, connected: Connect) -> None:
    client = connected(timing={"message_ttl": 0.05})
    sandbox.on_text(THEM, "never")
    message = client.send_message(to_number=THEM, from_number=US, body="hello")
    with pytest.raises(MessageExpired):
        message.wait(LIMIT)


# 14. Message listeners are awaited inside the reader: a request of a listener deadlocks.


def test_defect_14_a_message_handler_and_a_listener_may_send(sandbox: Sandbox, client: RelayClient) -> None:
    sent: Queue[Any] = Queue()

    @client.on_message
    def echo(message: Any) -> None:
        answer = client.send_message(to_number=message.from_number, from_number=message.to_number, body="1")
        answer.on(lambda event: sent.put(client.send_message(to_number=THEM, from_number=US, body="2")))
        answer.on_completed(lambda event: sent.put(client.execute("signalwire.ping", {})))

    sandbox.sends_message(from_number=THEM, to_number=US, body="hello", context="office")
    for _ in range(3):
        sent.get(timeout=LIMIT)


# 15. disconnect() shows up as a cancellation; the object cannot be used again; a failed connect keeps its slot.


def test_defect_15_a_disconnect_is_an_error_of_its_own_for_those_who_wait(
    sandbox: Sandbox, client: RelayClient, call: Call
) -> None:
    waiting = gevent.spawn(call.wait_for, "calling.call.refer")
    sandbox.on_dial("*", Callee().never_answers())
    dialling = gevent.spawn(client.dial, [[phone(OTHER)]])
    until(lambda: sandbox.runs(OTHER))
    client.disconnect()
    for greenlet in (waiting, dialling):
        with pytest.raises((ClientStopped, CallEnded)):
            greenlet.get(timeout=LIMIT)


def test_defect_15_a_client_connects_again_after_disconnect_and_after_a_failure(
    sandbox: Sandbox, make: Connect
) -> None:
    client = make()
    sandbox.faults.refuse("error", times=3)
    with pytest.raises(AuthenticationFailed):
        client.connect(LIMIT)
    for _ in range(2):
        client.connect(LIMIT)
        assert client.execute("signalwire.ping", {}) == {}
        client.disconnect()


def test_defect_15_several_clients_live_in_one_process(connected: Connect) -> None:
    clients = [connected() for _ in range(3)]
    assert len({client.relay_protocol for client in clients}) == 3


# 16. A connect result with a failing code counts as success.


def test_defect_16_a_login_whose_result_has_a_failing_code_is_refused(sandbox: Sandbox, make: Connect) -> None:
    sandbox.settings.change(refusal_shape="result")
    client = make()
    sandbox.faults.refuse("result", times=3)
    with pytest.raises(AuthenticationFailed) as caught:
        client.connect(LIMIT)
    assert caught.value.code == 401


# 17. A server that is silent at start-up is reported as bad credentials.


@pytest.mark.parametrize("trouble", ["hang", "reset", "http", "capacity"])
def test_defect_17_trouble_at_start_up_is_no_refusal(sandbox: Sandbox, make: Connect, trouble: Any) -> None:
    client = make(timing={"connect_timeout": 0.05})
    sandbox.faults.refuse(trouble, times=4)
    client.connect(LIMIT)
    assert client.state == "connected"


# 18. Event times are read from the wrong level; error data are dropped; events without a call are dropped.


def test_defect_18_the_time_of_an_event_is_its_envelopes(call: Call) -> None:
    call.denoise()
    assert call.wait_for("calling.call.denoise", timeout=LIMIT).timestamp > 1_600_000_000


def test_defect_18_an_error_keeps_its_data(sandbox: Sandbox, client: RelayClient, call: Call) -> None:
    sandbox.arm("calling.denoise", reply={"code": "400", "message": "no", "data": {"field": ["reason"]}})
    with pytest.raises(RelayError) as caught:
        call.denoise()
    assert (caught.value.code, caught.value.message, caught.value.data) == (400, "no", {"field": ["reason"]})
    refused = [{"from": US, "to": THEM, "errors": ["unreachable"]}]
    sandbox.arm("calling.dial", reply={"code": "400", "message": "no", "message_data": refused})
    with pytest.raises(RelayError) as caught:
        client.dial([[phone(THEM)]])
    assert caught.value.data == refused


def test_defect_18_what_belongs_to_no_call_is_heard(sandbox: Sandbox, client: RelayClient, call: Call) -> None:
    events: Queue[Any] = Queue()
    client.on_event(events.put)
    assert sandbox.sends_task({"job": 1}, "office")
    assert events.get(timeout=LIMIT).message == {"job": 1}
    conference_id = call.join_conference("standup")["conference_id"]
    started = events.get(timeout=LIMIT)
    assert (started.status, started.conference_id, started.call_id) == ("conference-start", conference_id, "")


def test_defect_18_tasks_may_have_a_handler_of_their_own(sandbox: Sandbox, client: RelayClient) -> None:
    events: Queue[Any] = Queue()
    tasks: Queue[Any] = Queue()
    client.on_event(events.put)
    client.on_task(tasks.put)
    sandbox.sends_task({"job": 2}, "office")
    assert tasks.get(timeout=LIMIT).message == {"job": 2}
    assert events.empty()


# 19. wait_for_ended(timeout) spoils later waits; wait_for never returns when the call ends or is lost.


def test_defect_19_a_wait_that_timed_out_spoils_no_other(call: Call) -> None:
    for _ in range(2):
        with pytest.raises(RelayTimeout):
            call.wait_for_ended(0.001)
    waiting = gevent.spawn(call.wait_for_ended, LIMIT)
    call.hangup()
    assert waiting.get(timeout=LIMIT).call_state == "ended"
    assert call.wait_for_ended(LIMIT).end_reason == "hangup"  # type: ignore[attr-defined]


def test_defect_19_a_wait_ends_with_its_call(sandbox: Sandbox, client: RelayClient) -> None:
    call = Answered(client).next(sandbox, Caller(THEM).dials("office").waits(1).hangs_up())
    with pytest.raises(CallEnded) as caught:
        call.wait_for("calling.call.refer")
    assert caught.value.reason == "hangup"


# 20. queue_leave makes up a new control_id.


def test_defect_20_a_queue_is_left_by_the_id_it_was_entered_with(sandbox: Sandbox, call: Call) -> None:
    places: Queue[Any] = Queue()
    call.on("calling.call.queue", lambda event: places.put(event.status))
    call.queue_enter("support")
    assert places.get(timeout=LIMIT) == "enqueue"
    assert call.queue_leave("support")["code"] == "200"
    assert places.get(timeout=LIMIT) == "leave"
    entered, left = received(sandbox, "calling.queue.enter"), received(sandbox, "calling.queue.leave")
    assert [params["control_id"] for params in left] == [params["control_id"] for params in entered]


# What goes with them


def test_no_call_is_kept_after_its_end(sandbox: Sandbox, client: RelayClient) -> None:
    calls: list[weakref.ref[Call]] = []

    @client.on_call
    def serve(call: Call) -> None:
        calls.append(weakref.ref(call))
        call.answer()

    for _ in range(3):
        sandbox.place(Caller(THEM).dials("office")).wait(LIMIT)
    until(lambda: client.stats.calls_ended.total() == 3)

    def kept() -> list[Call | None]:
        gc.collect()
        return [call() for call in calls if call() is not None]

    until(lambda: len(calls) == 3 and not kept(), "the end of every call actor")
