"""The public surface of a RELAY client, as a list of steps that two clients can take.

A step names what is called: ``client``, ``call``, or ``@label`` for the action that an earlier step returned. Both
clients have the same names, so the steps are data, and each client's driver awaits or not as it must.
"""

from __future__ import annotations

from typing import Any, NamedTuple

PHONE = {"type": "phone", "params": {"from_number": "+15550100001", "to_number": "+15550100002", "timeout": 20}}
SIP = {"type": "sip", "params": {"from": "sip:a@example.com", "to": "sip:b@example.com"}}
TTS = {"type": "tts", "params": {"text": "hello"}}
RING = {"type": "ringtone", "params": {"name": "us"}}
ONE_DIGIT = {"digits": {"max": 1}}
HOOK = "https://example.com/hook"


class Step(NamedTuple):
    label: str
    target: str
    method: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}  # noqa: RUF012 - never changed


def _step(label: str, target: str, method: str, *args: Any, **kwargs: Any) -> Step:
    return Step(label, target, method, args, kwargs)


def call(label: str, method: str, *args: Any, **kwargs: Any) -> Step:
    return _step(label, "call", method, *args, **kwargs)


def client(label: str, method: str, *args: Any, **kwargs: Any) -> Step:
    return _step(label, "client", method, *args, **kwargs)


def action(label: str, method: str, *args: Any, **kwargs: Any) -> Step:
    return _step(f"{label}.{method}", f"@{label}", method, *args, **kwargs)


SET_UP = (
    call("answer", "answer"),
    call("answer: all", "answer", codecs=["PCMU", "OPUS"], max_duration=600),
    call("connect", "connect", [[PHONE]]),
    call(
        "connect: all",
        "connect",
        [[PHONE, SIP], [PHONE]],
        ringback=[RING],
        tag="my-tag",
        max_duration=60,
        max_price_per_minute=0.5,
        status_url=HOOK,
        timeout=25,
        send_digits="12w3",
    ),
    call("disconnect", "disconnect"),
    call("refer", "refer", {"type": "sip", "params": {"to": "sip:bob@example.com"}}),
    call(
        "refer: all",
        "refer",
        {"type": "sip", "params": {"to": "sip:bob@example.com", "from": "sip:a@example.com"}},
        status_url=HOOK,
    ),
    call("refer: uri", "refer", {"type": "sip", "params": {"uri": "sip:bob@example.com"}}),
)

MEDIA = (
    call("play", "play", [TTS]),
    action("play", "pause"),
    action("play", "resume"),
    action("play", "volume", -3.5),
    action("play", "stop"),
    call(
        "play: all",
        "play",
        [TTS, RING, {"type": "silence", "params": {"duration": 1}}],
        volume=2,
        direction="both",
        loop=0,
        control_id="my-play",
        status_url=HOOK,
    ),
    call("play_tts", "play_tts", "hello"),
    call("play_tts: all", "play_tts", "hello", language="en-GB", gender="male", voice="polly.Brian", volume=1.5),
    call("play_audio", "play_audio", "https://example.com/a.mp3"),
    call("play_audio: all", "play_audio", "https://example.com/a.mp3", volume=-4),
    call("play_silence", "play_silence", 2),
    call("play_ringtone", "play_ringtone", "us"),
    call("play_ringtone: all", "play_ringtone", "us", duration=3.5, volume=1),
    call("record", "record"),
    action("record", "pause"),
    action("record", "resume"),
    action("record", "stop"),
    call(
        "record: all",
        "record",
        {"format": "wav", "stereo": True, "direction": "both", "beep": True, "max_length": 10},
        control_id="my-record",
        status_url=HOOK,
    ),
    call("record for pause", "record"),
    Step("record.pause: silence", "@record for pause", "pause", (), {"behavior": "silence"}),
    call("send_digits", "send_digits", "1w2W#"),
    call("send_digits: all", "send_digits", "12", control_id="my-send_digits"),
)

GATHER = (
    call("play_and_collect", "play_and_collect", [TTS], ONE_DIGIT),
    action("play_and_collect", "volume", 3),
    action("play_and_collect", "start_input_timers"),
    action("play_and_collect", "stop"),
    call(
        "play_and_collect: all",
        "play_and_collect",
        [TTS],
        {
            "digits": {"max": 4, "min": 1, "terminators": "#", "digit_timeout": 2.5},
            "speech": {"language": "en-US", "hints": ["yes"]},
            "initial_timeout": 5,
        },
        volume=1,
        control_id="my-play_and_collect",
        status_url=HOOK,
    ),
    call("prompt_tts", "prompt_tts", "press", ONE_DIGIT),
    call("prompt_tts: all", "prompt_tts", "press", ONE_DIGIT, language="en-GB", gender="female", voice="v", volume=2),
    call("prompt_audio", "prompt_audio", "https://example.com/a.mp3", ONE_DIGIT),
    call("prompt_audio: all", "prompt_audio", "https://example.com/a.mp3", ONE_DIGIT, volume=-1),
    call("collect", "collect", digits={"max": 1}),
    action("collect", "start_input_timers"),
    action("collect", "stop"),
    call(
        "collect: all",
        "collect",
        digits={"max": 4},
        speech={"language": "en-US"},
        initial_timeout=5.5,
        partial_results=True,
        continuous=True,
        send_start_of_input=True,
        start_input_timers=True,
        control_id="my-collect",
        status_url=HOOK,
    ),
    call("detect", "detect", {"type": "machine"}),
    action("detect", "stop"),
    call(
        "detect: all",
        "detect",
        {"type": "machine", "params": {"initial_timeout": 4.5}},
        timeout=20,
        control_id="my-detect",
        status_url=HOOK,
    ),
    call("detect_answering_machine", "detect_answering_machine"),
    call(
        "detect_answering_machine: all",
        "detect_answering_machine",
        initial_timeout=4.5,
        end_silence_timeout=1.0,
        machine_voice_threshold=1.25,
        machine_words_threshold=6,
        detect_interruptions=True,
        detect_message_end=False,
        timeout=30,
    ),
    call("detect_fax", "detect_fax"),
    call("detect_fax: all", "detect_fax", tone="CNG", timeout=20),
    call("detect_digit", "detect_digit"),
    call("detect_digit: all", "detect_digit", digits="123", timeout=20.5),
)

FAX_TAP_STREAM = (
    call("send_fax", "send_fax", "https://example.com/a.pdf"),
    action("send_fax", "stop"),
    call(
        "send_fax: all",
        "send_fax",
        "https://example.com/a.pdf",
        identity="+15550100001",
        header_info="",
        control_id="my-send_fax",
        status_url=HOOK,
    ),
    call("receive_fax", "receive_fax"),
    action("receive_fax", "stop"),
    call("receive_fax: all", "receive_fax", control_id="my-receive_fax", status_url=HOOK),
    call(
        "tap",
        "tap",
        {"type": "audio", "params": {"direction": "both"}},
        {"type": "rtp", "params": {"addr": "203.0.113.7", "port": 4000}},
    ),
    action("tap", "stop"),
    call(
        "tap: all",
        "tap",
        {"type": "audio", "params": {"direction": "listen"}},
        {"type": "ws", "params": {"uri": "wss://example.com/tap", "codec": "PCMU"}},
        control_id="my-tap",
        status_url=HOOK,
    ),
    call("stream", "stream", "wss://example.com/s"),
    action("stream", "stop"),
    call(
        "stream: all",
        "stream",
        "wss://example.com/s",
        name="n",
        codec="PCMU",
        track="both_tracks",
        status_url=HOOK,
        status_url_method="GET",
        authorization_bearer_token="bearer",
        custom_parameters={"a": "b"},
        control_id="my-stream",
    ),
    call("stream: short track", "stream", "wss://example.com/s", track="both"),
    call("transcribe", "transcribe"),
    action("transcribe", "stop"),
    call("transcribe: all", "transcribe", control_id="my-transcribe", status_url=HOOK),
    call("denoise", "denoise"),
    call("denoise_stop", "denoise_stop"),
    call("echo", "echo"),
    call("echo: all", "echo", timeout=30, status_url=HOOK),
)

PAY = (
    call("pay", "pay", "https://example.com/pay"),
    action("pay", "stop"),
    call(
        "pay: all",
        "pay",
        "https://example.com/pay",
        control_id="my-pay",
        input_method="dtmf",
        status_url=HOOK,
        payment_method="credit-card",
        timeout="7",
        max_attempts="2",
        security_code="true",
        postal_code="false",
        min_postal_code_length="5",
        token_type="one-time",
        charge_amount="25.99",
        currency="usd",
        language="en-US",
        voice="woman",
        description="order 7",
        valid_card_types="visa amex",
        parameters=[{"name": "a", "value": "b"}],
        prompts=[{"for": "payment-card-number", "actions": [{"type": "Say", "phrase": "Card?"}]}],
        bank_account_type="consumer-checking",
    ),
    call(
        "pay: numbers",
        "pay",
        "https://example.com/pay",
        timeout=7,
        max_attempts=2,
        security_code=True,
        charge_amount=25.5,
    ),
    call("pay: commas", "pay", "https://example.com/pay", valid_card_types="visa,amex"),
)

CONFERENCE_AND_QUEUE = (
    call("join_conference", "join_conference", "standup"),
    call(
        "join_conference: all",
        "join_conference",
        "standup",
        muted=True,
        beep="onEnter",
        start_on_enter=False,
        end_on_exit=True,
        wait_url=HOOK,
        max_participants=10,
        record="record-from-start",
        region="us",
        trim="do-not-trim",
        coach="call-x",
        status_callback=HOOK,
        status_callback_event="start end",
        status_callback_event_type="relay",
        status_callback_method="POST",
        recording_status_callback=HOOK,
        recording_status_callback_event="completed",
        recording_status_callback_event_type="relay",
        recording_status_callback_method="GET",
        stream_obj={"url": "wss://example.com/s"},
        emit_call_quality=True,
    ),
    call("leave_conference", "leave_conference", "conference-1"),
    call("join_room", "join_room", "room"),
    call("join_room: all", "join_room", "room", status_url=HOOK),
    call("leave_room", "leave_room"),
    call("hold", "hold"),
    call("unhold", "unhold"),
    call("bind_digit", "bind_digit", "*1", "calling.play"),
    call(
        "bind_digit: all", "bind_digit", "*1", "calling.play", bind_params={"play": [TTS]}, realm="menu", max_triggers=2
    ),
    call("clear_digit_bindings", "clear_digit_bindings"),
    call("clear_digit_bindings: realm", "clear_digit_bindings", realm="menu"),
    call("user_event: object", "user_event", event={"kind": "note", "value": 1}),
    call("user_event: text", "user_event", event="order_placed", order_id="12345"),
    call("queue_enter", "queue_enter", "support"),
    call("queue_leave", "queue_leave", "support"),
    call("queue_enter: all", "queue_enter", "support", control_id="my-queue_enter", status_url=HOOK, wait_time=60),
    call("queue_leave: all", "queue_leave", "support", control_id="my-queue_enter", queue_id="q-1", status_url=HOOK),
    call("queue_leave: never entered", "queue_leave", "sales"),
)

AI = (
    call("live_transcribe", "live_transcribe", {"start": {"lang": "en-US", "direction": ["remote-caller"]}}),
    call("live_transcribe: stop", "live_transcribe", "stop"),
    call(
        "live_transcribe: flat", "live_transcribe", {"action": "start", "lang": "en-US", "direction": ["remote-caller"]}
    ),
    call(
        "live_translate",
        "live_translate",
        {"start": {"from_lang": "en-US", "to_lang": "es-ES", "direction": ["remote-caller"]}},
    ),
    call("live_translate: all", "live_translate", {"summarize": {"prompt": "short"}}, status_url=HOOK),
    call(
        "live_translate: flat", "live_translate", {"action": "inject", "message": "hello", "direction": "remote-caller"}
    ),
    call("ai", "ai", prompt={"text": "be kind"}),
    action("ai", "stop"),
    call(
        "ai: all",
        "ai",
        control_id="my-ai",
        agent="agent-1",
        prompt={"text": "p"},
        post_prompt={"text": "q"},
        post_prompt_url=HOOK,
        post_prompt_auth_user="u",
        post_prompt_auth_password="w",
        global_data={"a": 1},
        pronounce=[{"replace": "a", "with": "b"}],
        hints=["yes"],
        languages=[{"code": "en-US"}],
        SWAIG={"functions": []},
        ai_params={"end_of_speech_timeout": 500},
    ),
    call("amazon_bedrock", "amazon_bedrock", prompt={"text": "p"}),
    call(
        "amazon_bedrock: all",
        "amazon_bedrock",
        prompt={"text": "p"},
        SWAIG={"functions": []},
        ai_params={"a": 1},
        global_data={"b": 2},
        post_prompt={"text": "q"},
        post_prompt_url=HOOK,
    ),
    call("ai_message", "ai_message", message_text="hi"),
    call(
        "ai_message: all",
        "ai_message",
        message_text="hi",
        role="system",
        reset={"full_reset": True},
        global_data={"a": 1},
    ),
    call("ai_hold", "ai_hold"),
    call("ai_hold: all", "ai_hold", timeout="60", prompt="wait"),
    call("ai_hold: number", "ai_hold", timeout=60),
    call("ai_unhold", "ai_unhold"),
    call("ai_unhold: all", "ai_unhold", prompt="go on"),
)

CLIENT = (
    client("execute", "execute", "calling.ping", {"node_id": "n", "call_id": "c"}),
    client("receive", "receive", ["sales"]),
    client("unreceive", "unreceive", ["sales"]),
    client("dial", "dial", [[PHONE]]),
    client("dial: all", "dial", [[PHONE, SIP], [PHONE]], tag="dial-tag", max_duration=600, dial_timeout=20),
    client(
        "send_message",
        "send_message",
        to_number="+15550100002",
        from_number="+15550100001",
        context="office",
        body="hi",
    ),
    client(
        "send_message: all",
        "send_message",
        to_number="+15550100002",
        from_number="+15550100001",
        context="office",
        body="hi",
        media=["https://example.com/a.png"],
        tags=["a"],
        region="us",
    ),
    client("send_message: no context", "send_message", to_number="+15550100002", from_number="+15550100001", body="hi"),
)

ENDINGS = (
    call("hangup", "hangup"),
    call("hangup: reason", "hangup", reason="busy"),
    call("pass_", "pass_"),
    call("transfer", "transfer", "https://example.com/swml"),
)
"""Each on a call of its own."""

ON_ONE_CALL = (*SET_UP, *MEDIA, *GATHER, *FAX_TAP_STREAM, *PAY, *CONFERENCE_AND_QUEUE, *AI, *CLIENT)
