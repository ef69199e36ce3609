"""Every verb and every event of a call, end to end: what is done, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from doubles.one_process import in_one_process
from gevent.queue import Queue
from protocol_data import DATA

from relay_actors.wire.events import EVENT_CLASSES
from relay_runtime import Call, RelayClient, RelayEvent, phone, serial, tts
from relay_runtime.sandbox import Callee, Caller, Sandbox

pytestmark = pytest.mark.scenario

LIMIT = 60.0
THEM, OTHER = "+15550100001", "+15550100002"
CALLER = Caller(THEM).dials("office").is_fax(pages=1).pays().refers()
RTP = {"type": "rtp", "params": {"addr": "203.0.113.7", "port": 4000}}
LIVE = {"start": {"lang": "en-US", "direction": ["remote-caller", "local-caller"]}}
TRANSLATE = {"start": {"from_lang": "en-US", "to_lang": "es-ES", "direction": ["remote-caller"]}}


class Site:
    """A live call and what was heard of it."""

    def __init__(self, sandbox: Sandbox, client: RelayClient) -> None:
        self.sandbox = sandbox
        self.client = client
        self.heard: list[RelayEvent] = []
        self._calls: Queue[Call] = Queue()
        client.on_call(self._serve)

    def _serve(self, call: Call) -> None:
        call.on("*", self.heard.append)
        self._calls.put(call)
        call.wait_for_ended()

    def offered(self, caller: Caller = CALLER) -> Call:
        self.sandbox.place(caller.waits_for_hangup(timeout=LIMIT))
        return self._calls.get(timeout=LIMIT)

    def answered(self, caller: Caller = CALLER) -> Call:
        call = self.offered(caller)
        call.answer()
        call.wait_for_answered(LIMIT)
        return call

    def hears(self, event_type: str, **fields: Any) -> RelayEvent:
        """Wait for an event, or find it among those that came."""
        with gevent.Timeout(LIMIT, AssertionError(f"no {event_type} with {fields}: {self.heard}")):
            while True:
                for event in self.heard:
                    if event.event_type == event_type and fields.items() <= event.params.items():
                        assert type(event) is EVENT_CLASSES[event_type]
                        return event
                gevent.sleep(0.001)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with gevent.Timeout(3 * LIMIT, AssertionError("the test waited in vain")), in_one_process() as running:
        running.on_dial("*", Callee().answers().waits_for_hangup(LIMIT))
        yield running


@pytest.fixture
def site(sandbox: Sandbox) -> Iterator[Site]:
    client = RelayClient(sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"])
    client.connect(LIMIT)
    yield Site(sandbox, client)
    client.disconnect()


def ended(site: Site, call: Call, action: Any, event_type: str, **fields: Any) -> None:
    """Wait for an action's end."""
    assert fields.items() <= action.wait(LIMIT).params.items()
    site.hears(event_type, control_id=action.control_id, **fields)


def stopped(site: Site, call: Call, action: Any, event_type: str, first: str) -> None:
    """See an action begin, stop it, and wait for its end."""
    site.hears(event_type, state=first)
    action.stop()
    ended(site, call, action, event_type, state="finished")


def then(event_type: str, **fields: Any) -> Any:
    """What is done with the reply of a plain verb: its event is awaited."""
    return lambda site, call, reply: site.hears(event_type, **fields)


def paid(site: Site, call: Call, action: Any) -> None:
    assert action.wait(LIMIT).success
    site.hears("calling.call.pay", result="success")


def faxed(site: Site, call: Call, action: Any) -> None:
    assert action.wait(LIMIT).success
    assert site.hears("calling.call.fax").type == "page"  # type: ignore[attr-defined]


def nothing(site: Site, call: Call, reply: Any) -> None:
    assert reply["code"] == "200"


def played(site: Site, call: Call, action: Any) -> None:
    ended(site, call, action, "calling.call.play", state="finished")


def unanswered_prompt(site: Site, call: Call, action: Any) -> None:
    assert action.wait(LIMIT).type == "no_input"
    site.hears("calling.call.collect")


def joined(site: Site, call: Call, reply: Any) -> None:
    site.hears("calling.conference", conference_id=reply["conference_id"], status="participant-join")
    assert call.leave_conference(reply["conference_id"])["code"] == "200"


def ai_stopped(site: Site, call: Call, action: Any) -> None:
    site.hears("calling.ai.start")
    assert call.ai_message(message_text="hello")["code"] == "200"
    assert call.ai_hold(timeout="60")["code"] == "200"
    assert call.ai_unhold()["code"] == "200"
    action.stop()
    assert action.wait(LIMIT).event_type in {"calling.call.ai", "calling.ai.stop"}


VERBS: dict[str, tuple[Any, Any]] = {
    "play": (lambda c: c.play([tts("hi")]), played),
    "play_tts": (lambda c: c.play_tts("hi"), played),
    "play_audio": (lambda c: c.play_audio("https://example.com/a.mp3"), played),
    "play_silence": (lambda c: c.play_silence(1), played),
    "play_ringtone": (lambda c: c.play_ringtone("us", duration=1), played),
    "record": (lambda c: c.record(), lambda s, c, a: stopped(s, c, a, "calling.call.record", "recording")),
    "transcribe": (
        lambda c: c.transcribe(),
        lambda s, c, a: stopped(s, c, a, "calling.call.transcribe", "transcribing"),
    ),
    "play_and_collect": (
        lambda c: c.play_and_collect([tts("?")], {"digits": {"max": 1}, "initial_timeout": 1}),
        unanswered_prompt,
    ),
    "prompt_tts": (lambda c: c.prompt_tts("?", {"digits": {"max": 1}, "initial_timeout": 1}), unanswered_prompt),
    "prompt_audio": (
        lambda c: c.prompt_audio("https://example.com/a.mp3", {"digits": {"max": 1}, "initial_timeout": 1}),
        unanswered_prompt,
    ),
    "collect": (
        lambda c: c.collect(digits={"max": 1}, initial_timeout=1, start_input_timers=True),
        unanswered_prompt,
    ),
    "detect": (lambda c: c.detect({"type": "fax"}), lambda s, c, a: a.wait(LIMIT) and s.hears("calling.call.detect")),
    "detect_answering_machine": (
        lambda c: c.detect_answering_machine(timeout=5),
        lambda s, c, a: a.wait(LIMIT) and s.hears("calling.call.detect"),
    ),
    "detect_fax": (
        lambda c: c.detect_fax(timeout=5),
        lambda s, c, a: a.wait(LIMIT) and s.hears("calling.call.detect"),
    ),
    "detect_digit": (
        lambda c: c.detect_digit(timeout=2),
        lambda s, c, a: a.wait(LIMIT) and s.hears("calling.call.detect"),
    ),
    "send_digits": (lambda c: c.send_digits("12"), then("calling.call.send_digits", state="finished")),
    "send_fax": (lambda c: c.send_fax("https://example.com/a.pdf"), faxed),
    "receive_fax": (lambda c: c.receive_fax(), faxed),
    "tap": (
        lambda c: c.tap({"type": "audio", "params": {"direction": "both"}}, RTP),
        lambda s, c, a: stopped(s, c, a, "calling.call.tap", "tapping"),
    ),
    "stream": (
        lambda c: c.stream("wss://example.com/s", track="both"),
        lambda s, c, a: stopped(s, c, a, "calling.call.stream", "streaming"),
    ),
    "pay": (lambda c: c.pay("https://example.com/pay"), paid),
    "connect": (lambda c: c.connect(serial(phone(OTHER))), then("calling.call.connect", connect_state="connected")),
    "disconnect": (
        lambda c: c.connect(serial(phone(OTHER))),
        lambda s, c, r: (
            s.hears("calling.call.connect", connect_state="connected"),
            c.disconnect(reason="done"),
            s.hears("calling.call.connect", connect_state="disconnected"),
        ),
    ),
    "refer": (
        lambda c: c.refer({"type": "sip", "params": {"to": "sip:b@example.com"}}),
        then("calling.call.refer", state="success"),
    ),
    "join_conference": (lambda c: c.join_conference("standup"), joined),
    "leave_conference": (lambda c: c.join_conference("standup"), joined),
    "join_room": (lambda c: c.join_room("room"), then("calling.call.room", join_status="joined")),
    "leave_room": (
        lambda c: (c.join_room("room"), c.leave_room()),
        then("calling.call.room", join_status="leave"),
    ),
    "hold": (lambda c: c.hold(), then("calling.call.hold", state="hold")),
    "unhold": (lambda c: (c.hold(), c.unhold()), then("calling.call.hold", state="unhold")),
    "denoise": (lambda c: c.denoise(), then("calling.call.denoise", denoised=True)),
    "denoise_stop": (lambda c: (c.denoise(), c.denoise_stop()), then("calling.call.denoise", denoised=False)),
    "echo": (lambda c: c.echo(timeout=5), then("calling.call.echo", state="finished")),
    "bind_digit": (lambda c: c.bind_digit("*1", "calling.play", bind_params={"play": [tts("hi")]}), nothing),
    "clear_digit_bindings": (lambda c: c.clear_digit_bindings(), nothing),
    "user_event": (lambda c: c.user_event(event={"kind": "note"}), then("calling.user_event", kind="note")),
    "queue_enter": (lambda c: c.queue_enter("support"), then("calling.call.queue", status="enqueue")),
    "queue_leave": (
        lambda c: (c.queue_enter("support"), c.queue_leave("support")),
        then("calling.call.queue", status="leave"),
    ),
    "ai": (lambda c: c.ai(prompt={"text": "be kind"}), ai_stopped),
    "ai_message": (lambda c: c.ai(prompt={"text": "be kind"}), ai_stopped),
    "ai_hold": (lambda c: c.ai(prompt={"text": "be kind"}), ai_stopped),
    "ai_unhold": (lambda c: c.ai(prompt={"text": "be kind"}), ai_stopped),
    "amazon_bedrock": (lambda c: c.amazon_bedrock(prompt={"text": "be kind"}), then("calling.ai.start")),
    "live_transcribe": (
        lambda c: (c.live_transcribe(LIVE), c.live_transcribe("stop")),
        then("calling.ai.transcribe.conversation_log"),
    ),
    "live_translate": (
        lambda c: (c.live_translate(TRANSLATE), c.live_translate("stop")),
        then("calling.ai.translate.conversation_log"),
    ),
    "transfer": (lambda c: c.transfer("https://example.com/swml"), nothing),
    "hangup": (lambda c: c.hangup("busy"), then("calling.call.state", call_state="ended", end_reason="busy")),
}
"""From each verb of an answered call to how it is used, and what comes of it."""

OF_AN_OFFER = {"answer", "pass_"}


def test_every_verb_is_here() -> None:
    verbs = {name for cls in Call.__mro__ for name in vars(cls) if cls.__name__.endswith("Verbs") and name[0] != "_"}
    assert VERBS.keys() | OF_AN_OFFER == verbs


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_does_what_it_says(site: Site, name: str) -> None:
    use, see = VERBS[name]
    call = site.answered(CALLER.over_sip() if name == "refer" else CALLER)
    see(site, call, use(call))


def test_an_offer_is_answered(site: Site) -> None:
    assert site.answered(Caller(THEM).dials("office")).state == "answered"
    site.hears("calling.call.state", call_state="answered")


def test_an_offer_is_passed_on(site: Site) -> None:
    call = site.offered(Caller(THEM).dials("office"))
    assert call.pass_()["code"] == "200"
    assert call.wait_for_ended(LIMIT).end_reason == "passed"  # type: ignore[attr-defined]


OF_A_CALL = [
    name
    for name, entry in DATA["events"].items()
    if name.startswith("calling.") and "call_id" in entry["params"] and name != "calling.call.receive"
]


@pytest.mark.parametrize("event_type", OF_A_CALL)
def test_an_event_of_a_call_reaches_its_listener_as_its_type(site: Site, event_type: str) -> None:
    call = site.answered(Caller(THEM).dials("office"))
    body = {
        key: value
        for key, value in DATA["events"][event_type]["example"]["params"].items()
        if key not in {"node_id", "call_id", "tag", "segment_id"}
    }
    site.sandbox.emit(call.call_id, event_type, **body)
    event = site.hears(event_type, **body)
    assert event.call_id == call.call_id
    assert event.timestamp > 1_600_000_000
    assert event.project_id == site.sandbox.project
