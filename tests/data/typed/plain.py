"""What the type checkers must see of `relay_runtime`; a line that must not pass has an ignore, which must be needed."""

from __future__ import annotations

from typing import Any, assert_type

from relay_runtime import (
    Action,
    ActionAborted,
    AIEvent,
    AIStopEvent,
    Call,
    CallActor,
    CallStateEvent,
    Collect,
    CollectEvent,
    DetectEvent,
    FaxEvent,
    Medium,
    MessageStateEvent,
    PayEvent,
    PhoneDevice,
    PlayAction,
    PlayEvent,
    RecordAudio,
    RecordEvent,
    RelayClient,
    RelayEvent,
    RingtoneMedium,
    SilenceMedium,
    StreamEvent,
    TapEvent,
    TranscribeEvent,
    TTSMedium,
    parallel,
    phone,
    retrying,
    ringtone,
    serial,
    silence,
    sip,
    tts,
)


class Receptionist(CallActor):
    """A class of call actors."""

    greeting = "Hello."

    def run(self) -> None:
        """Call somebody else meanwhile."""
        assert_type(self.client.dial([[phone("+15550100001")]], tag="t"), Call)
        assert_type(self.client.dial([[phone("+15550100001")]], call_actor=Receptionist), Receptionist)


def waits(call: Call) -> None:
    """Each action and each wait has its own event."""
    assert_type(call.play([tts("Hello.")]).wait(), PlayEvent)
    assert_type(call.play_tts("Hello.").result, PlayEvent | None)
    assert_type(call.record().wait(), RecordEvent)
    assert_type(call.transcribe().wait(), TranscribeEvent)
    assert_type(call.play_and_collect([tts("Hello.")], {"digits": {"max": 1}}).wait(), CollectEvent)
    assert_type(call.prompt_tts("Hello.", {"digits": {"max": 1}}).wait().digits, str)
    assert_type(call.collect(digits={"max": 1}).wait(), CollectEvent)
    assert_type(next(call.collect(digits={"max": 1}).results()), CollectEvent)
    assert_type(call.detect_fax().wait(), DetectEvent)
    assert_type(call.send_fax("https://example.com/a.pdf").wait(), FaxEvent)
    assert_type(call.receive_fax().wait(), FaxEvent)
    assert_type(call.tap({"type": "audio"}, {"type": "ws", "params": {"uri": "wss://example.com"}}).wait(), TapEvent)
    assert_type(call.stream("wss://example.com").wait(), StreamEvent)
    assert_type(call.pay("https://example.com").wait(), PayEvent)
    assert_type(call.ai(prompt="Be kind.").wait(), AIEvent | AIStopEvent | CallStateEvent)
    assert_type(call.wait_for_ringing(), CallStateEvent)
    assert_type(call.wait_for_answered(), CallStateEvent)
    assert_type(call.wait_for_ending(), CallStateEvent)
    assert_type(call.wait_for_ended().end_reason, str)
    assert_type(call.wait_for("calling.call.play"), RelayEvent)
    str(call.play_tts("Hello.").wait().digits)  # type: ignore


def actions_as_values(running: list[Action], play: PlayAction) -> None:
    """An action by itself ends with an event; one of a kind with an event of its kind."""
    assert_type(running[0].wait(), RelayEvent)
    of_plays: Action[PlayEvent] = play
    of_any: Action[RelayEvent] = play
    running.extend([of_plays, of_any])


def dials(client: RelayClient) -> None:
    """What serves a call is what is returned."""
    device = {"type": "phone", "params": {"to_number": "+15550100001"}}
    assert_type(client.dial([[device]]), Call)
    assert_type(client.dial([[device]], tag="t", call_actor=None), Call)
    assert_type(client.dial([[device]], call_actor=Receptionist).greeting, str)
    assert_type(client.dial([[phone("+15550100001")]], dial_timeout=5, call_actor=Receptionist), Receptionist)
    assert_type(retrying(client.dial, [[device]], dial_timeout=15), Call)
    str(client.dial([[device]]).greeting)  # type: ignore


def messages(client: RelayClient) -> None:
    """A message ends with a state."""
    message = client.send_message(
        to_number="+15550100001", from_number="+15550100002", body="Hello.", on_completed=told
    )
    assert_type(message.wait().message_state, str)
    assert_type(message.result, MessageStateEvent | None)


def told(event: MessageStateEvent) -> None:
    """A callback of a message."""


def heard(event: PlayEvent | ActionAborted) -> None:
    """A callback of a playback."""


def any_event(event: RelayEvent) -> None:
    """A callback of anything."""


def recorded(event: RecordEvent | ActionAborted) -> None:
    """A callback of a recording."""


def callbacks(call: Call) -> None:
    """A callback gets the event of its action, or hears that there is none."""
    call.play_tts("Hello.", on_completed=heard)
    call.play_tts("Hello.", on_completed=any_event)
    call.record(on_completed=recorded)
    call.play_tts("Hello.", on_completed=recorded)  # type: ignore


def plain_dicts(call: Call, client: RelayClient, media: list[dict[str, Any]], device: dict[str, Any]) -> None:
    """Dicts that a program has anyway are taken."""
    call.play(media)
    call.play([*media, tts("Hello."), {"type": "silence", "params": {"duration": 1}}])
    call.play([{"type": "later", "params": {"anything": 1}}])
    call.connect([[device]], ringback=media)
    groups: list[list[dict[str, Any]]] = [[device]]
    call.connect(groups)
    client.dial(groups)
    menu = {"digits": {"max": 1}, "initial_timeout": 5.0}
    call.prompt_tts("Hello.", menu)
    settings: dict[str, Any] = {"beep": True}
    call.record(settings)
    items = [tts("Hello."), silence(1)]
    call.play(items)
    devices = [phone("+15550100001"), sip("sip:ann@example.com")]
    call.connect([devices])
    client.dial([devices])


def builders() -> None:
    """Builders return the dicts by their types."""
    assert_type(tts("Hello."), TTSMedium)
    assert_type(silence(1), SilenceMedium)
    assert_type(ringtone("us"), RingtoneMedium)
    assert_type(phone("+15550100001"), PhoneDevice)
    assert_type(phone("+15550100001")["params"]["to_number"], str)
    serial(phone("+15550100001"), parallel(phone("+15550100002"), {"type": "later", "params": {}}))


def declared() -> None:
    """A variable of one of the types is checked key by key."""
    menu: Collect = {"digits": {"max": 1, "min": 1}, "initial_timeout": 5}
    audio: RecordAudio = {"beep": True, "format": "wav"}
    media: list[Medium] = [{"type": "tts", "params": {"text": "Hello."}}, tts("Hello.")]
    str([menu, audio, media])
    wrong: Collect = {"digits": {"max": 1}, "initialTimeout": 5}  # type: ignore
    loud: RecordAudio = {"beeep": True}  # type: ignore
    str([wrong, loud])
