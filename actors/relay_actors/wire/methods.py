"""Every method that a client sends, and what it takes: the one table of verbs (protocol 7).

A verb's own method is in `relay_actors.call.verbs`; its params, their rules and their words for the reference are
here. The address of a call (``node_id``, ``call_id``) is in no entry. To add a verb, see ``docs/adding-a-verb.md``.
"""

from __future__ import annotations

from typing import Final

from relay_actors.wire.rules import (
    FLAG,
    Either,
    Listed,
    Rule,
    Shape,
    integer,
    needed,
    number,
    one_of,
    recipient,
    sender,
    text,
)
from relay_actors.wire.shapes import (
    CODECS,
    COLLECT,
    COLLECT_DIGITS,
    COLLECT_SPEECH,
    CONNECT_DEVICES,
    DETECTOR,
    DIAL_DEVICES,
    DIRECTION,
    DTMF,
    LIVE_TRANSCRIBE,
    LIVE_TRANSLATE,
    MEDIA,
    PAY_PARAMETERS,
    PAY_PROMPTS,
    RECORD,
    REFER_DEVICE,
    RESET,
    SECONDS,
    STREAM_SINK,
    TAP,
    TAP_DEVICE,
    URL,
    VERB,
    WHOLE_SECONDS,
)

__all__ = ["METHODS", "NOT_ABOUT_THE_CALL"]

_TEXT: Final = text()
_NAME: Final = text("a text that is not empty", r".+")
_OBJECT: Final = Shape(fields={}, free=True)
_PROMPT: Final = Either(accepted='a dict such as {"text": "You are …"}, or a text', rules=(_OBJECT, _TEXT))
_TEMPLATE: Final = Either(
    accepted="a dict, a list or a text", rules=(_OBJECT, Listed(accepted="a list", item=Rule(accepted="any")), _TEXT)
)
_SWML: Final = Either(accepted="SWML: a URL, a text or a dict", rules=(_OBJECT, _NAME))
_LANGUAGE: Final = text("a BCP 47 code, such as en-US")
_VOLUME: Final = number("a number from -40 to 40 (dB)", minimum=-40, maximum=40)
_PRICE: Final = number("a price in USD per minute, at least 0", minimum=0)
_CONTROL_ID: Final = text("an id that is not empty", r".+")  # never missing: a verb makes one up
_DIGITS_IN_TEXT: Final = text("digits in a text, such as 5", r"[0-9]+\Z")
_CONTEXTS: Final = Listed(accepted='a list of names, such as ["office"]', item=_NAME)
_DICTS: Final = Listed(accepted="a list of dicts", item=_OBJECT)


def _takes(**fields: Rule) -> Shape:
    return Shape(fields=fields)


def _operation(**fields: Rule) -> Shape:
    return _takes(control_id=_CONTROL_ID, **fields)


_BARE: Final = _takes()
_CONTROL: Final = _operation()
_LEVEL: Final = _operation(volume=needed(_VOLUME))
_OUTBOUND: Final[dict[str, Rule]] = {
    "max_duration": WHOLE_SECONDS,
    "timeout": SECONDS,
    "send_digits": DTMF,
    "max_price_per_minute": _PRICE,
}

METHODS: Final[dict[str, Shape]] = {
    "signalwire.receive": _takes(contexts=_CONTEXTS, context=_NAME),
    "signalwire.unreceive": _takes(contexts=needed(_CONTEXTS)),
    # Set-up
    "calling.dial": _takes(
        tag=needed(_NAME),
        devices=needed(DIAL_DEVICES),
        **_OUTBOUND,
        dest_swml=_SWML,
        region=_TEXT,
        node_id=_TEXT,
    ),
    "calling.answer": _takes(codecs=CODECS, max_duration=WHOLE_SECONDS),
    "calling.end": _takes(reason=one_of("hangup", "cancel", "busy", "noAnswer", "decline", "error")),
    "calling.pass": _BARE,
    "calling.connect": _takes(devices=needed(CONNECT_DEVICES), ringback=MEDIA, tag=_TEXT, **_OUTBOUND, status_url=URL),
    "calling.disconnect": _takes(reason=_TEXT),
    "calling.refer": _takes(device=needed(REFER_DEVICE), status_url=URL),
    "calling.transfer": _takes(dest=needed(_SWML)),
    # Media
    "calling.play": _operation(
        play=needed(MEDIA),
        volume=_VOLUME,
        direction=DIRECTION,
        loop=integer("a whole number, 0 for until stopped", minimum=0),
        status_url=URL,
        language=_LANGUAGE,
        voice=_TEXT,
        gender=one_of("male", "female"),
    ),
    "calling.play.pause": _CONTROL,
    "calling.play.resume": _CONTROL,
    "calling.play.stop": _CONTROL,
    "calling.play.volume": _LEVEL,
    "calling.play_and_collect": _operation(play=needed(MEDIA), collect=needed(COLLECT), volume=_VOLUME, status_url=URL),
    "calling.play_and_collect.stop": _CONTROL,
    "calling.play_and_collect.volume": _LEVEL,
    "calling.collect": Shape(
        accepted='such as digits={"max": 4}',
        one_of=("digits", "speech"),
        fields={
            "control_id": _CONTROL_ID,
            "initial_timeout": SECONDS,
            "digits": COLLECT_DIGITS,
            "speech": COLLECT_SPEECH,
            "partial_results": FLAG,
            "continuous": FLAG,
            "continue": FLAG,
            "send_start_of_input": FLAG,
            "start_input_timers": FLAG,
            "status_url": URL,
        },
    ),
    "calling.collect.stop": _CONTROL,
    "calling.collect.start_input_timers": _CONTROL,
    "calling.record": _operation(record=needed(RECORD), status_url=URL),
    "calling.record.pause": _operation(behavior=one_of("skip", "silence")),
    "calling.record.resume": _CONTROL,
    "calling.record.stop": _CONTROL,
    "calling.detect": _operation(
        detect=needed(DETECTOR), timeout=number("a number of seconds, at least 0", minimum=0), status_url=URL
    ),
    "calling.detect.stop": _CONTROL,
    "calling.send_digits": _operation(digits=needed(DTMF)),
    "calling.send_fax": _operation(document=needed(URL), identity=_TEXT, header_info=_TEXT, status_url=URL),
    "calling.send_fax.stop": _CONTROL,
    "calling.receive_fax": _operation(status_url=URL),
    "calling.receive_fax.stop": _CONTROL,
    "calling.tap": _operation(tap=needed(TAP), device=needed(TAP_DEVICE), status_url=URL),
    "calling.tap.stop": _CONTROL,
    "calling.stream": _operation(
        url=needed(text("a wss:// URL", r"(?i)wss://.+")),
        name=_TEXT,
        codec=_TEXT,
        track=one_of("inbound_track", "outbound_track", "both_tracks"),
        status_url=URL,
        status_url_method=VERB,
        authorization_bearer_token=_TEXT,
        custom_parameters=_OBJECT,
    ),
    "calling.stream.stop": _CONTROL,
    "calling.denoise": _BARE,
    "calling.denoise.stop": _BARE,
    "calling.transcribe": _operation(status_url=URL),
    "calling.transcribe.stop": _CONTROL,
    "calling.echo": _takes(timeout=SECONDS, status_url=URL),
    # Payment
    "calling.pay": _operation(
        payment_connector_url=needed(text("an https:// URL", r"(?i)https://.+")),
        input=one_of("dtmf", "voice"),
        status_url=URL,
        payment_method=one_of("credit-card"),
        bank_account_type=one_of("consumer-checking", "consumer-savings", "commercial-checking"),
        timeout=_DIGITS_IN_TEXT,
        max_attempts=_DIGITS_IN_TEXT,
        security_code=_TEXT,
        postal_code=_TEXT,
        min_postal_code_length=_DIGITS_IN_TEXT,
        token_type=one_of("one-time", "reusable"),
        charge_amount=_TEXT,
        currency=_TEXT,
        language=_LANGUAGE,
        voice=_TEXT,
        say_voice=_TEXT,
        description=_TEXT,
        valid_card_types=_TEXT,
        parameters=PAY_PARAMETERS,
        prompts=PAY_PROMPTS,
    ),
    "calling.pay.stop": _CONTROL,
    # Conference, room, queue, hold, digit bindings, events
    "calling.join_conference": _takes(
        name=needed(_NAME),
        muted=FLAG,
        beep=one_of("true", "false", "onEnter", "onExit"),
        start_on_enter=FLAG,
        end_on_exit=FLAG,
        wait_url=URL,
        max_participants=integer("a whole number from 1 to 250", minimum=1, maximum=250),
        record=one_of("do-not-record", "record-from-start"),
        region=one_of("global", "us", "eu", "ch"),
        trim=one_of("trim-silence", "do-not-trim"),
        acl=one_of("private", "public-read"),
        coach=_TEXT,
        status_callback=URL,
        status_callback_event=_TEXT,
        status_callback_event_type=one_of("relay", "cxml", "laml"),
        status_callback_method=VERB,
        recording_status_callback=URL,
        recording_status_callback_event=_TEXT,
        recording_status_callback_event_type=one_of("relay", "cxml", "laml"),
        recording_status_callback_method=VERB,
        stream=STREAM_SINK,
        emit_call_quality=FLAG,
    ),
    "calling.leave_conference": _takes(conference_id=needed(_NAME)),
    "calling.hold": _BARE,
    "calling.unhold": _BARE,
    "calling.bind_digit": _takes(
        digits=needed(_NAME),
        bind_method=needed(text("the full name of a method, such as calling.play", r".+")),
        params=_OBJECT,
        realm=_TEXT,
        max_triggers=integer("a whole number, at least 1", minimum=1),
    ),
    "calling.clear_digit_bindings": _takes(realm=_TEXT),
    "calling.join_room": _takes(name=needed(_NAME), status_url=URL),
    "calling.leave_room": _BARE,
    "calling.user_event": _takes(event=needed(_OBJECT)),
    "calling.queue.enter": _operation(
        queue_name=needed(_NAME),
        status_url=URL,
        wait_url=URL,
        wait_time=integer("a whole number of seconds, at least 1", minimum=1),
        execute_after_queue=_TEXT,
        whisper_url=URL,
    ),
    "calling.queue.leave": _operation(queue_name=needed(_NAME), queue_id=_TEXT, status_url=URL),
    # AI and live speech
    "calling.live_transcribe": _takes(action=needed(LIVE_TRANSCRIBE)),
    "calling.live_translate": _takes(action=needed(LIVE_TRANSLATE), status_url=URL),
    "calling.ai": _operation(
        global_data=_OBJECT,
        hints=Listed(
            accepted="a list of texts or dicts", item=Either(accepted="a text or a dict", rules=(_TEXT, _OBJECT))
        ),
        languages=_DICTS,
        params=_OBJECT,
        post_prompt=_PROMPT,
        post_prompt_url=URL,
        post_prompt_auth_user=_TEXT,
        post_prompt_auth_password=_TEXT,
        pronounce=_DICTS,
        SWAIG=_OBJECT,
        agent=_TEXT,
        prompt=_PROMPT,
    ),
    "calling.ai.stop": _CONTROL,
    "calling.ai_message": _takes(
        message_text=_TEXT, role=one_of("system", "user", "assistant"), reset=RESET, global_data=_OBJECT
    ),
    "calling.ai_hold": _takes(timeout=text('a length in a text, such as "60" or "5m"', r".+"), prompt=_TEXT),
    "calling.ai_unhold": _takes(prompt=_TEXT),
    "calling.amazon_bedrock": _takes(
        global_data=_OBJECT,
        params=_OBJECT,
        post_prompt=_PROMPT,
        post_prompt_url=URL,
        SWAIG=_OBJECT,
        prompt=_PROMPT,
    ),
    # Messages
    "messaging.send": Shape(
        accepted="a text, up to 8 URLs of media, or both",
        one_of=("body", "media", "template_id"),
        fields={
            "context": _NAME,
            "tag": _TEXT,
            "to_number": needed(recipient()),
            "from_number": needed(sender()),
            "body": _TEXT,
            "media": Listed(accepted="a list of up to 8 URLs", item=URL, most=8),
            "status_callback": URL,
            "send_as_mms": FLAG,
            "message_type": _NAME,
            "template_id": _TEXT,
            "header_template_parameters": _TEMPLATE,
            "body_template_parameters": _TEMPLATE,
            "button_template_parameters": _TEMPLATE,
            "tags": Listed(accepted="a list of texts", item=_TEXT),
            "region": _TEXT,
        },
    ),
}
"""From each method to its params."""

NOT_ABOUT_THE_CALL: Final = frozenset(
    {
        "calling.ai_hold",
        "calling.ai_message",
        "calling.ai_unhold",
        "calling.clear_digit_bindings",
        "calling.connect",
        "calling.disconnect",
        "calling.join_conference",
        "calling.leave_conference",
        "calling.leave_room",
        "calling.live_transcribe",
        "calling.live_translate",
        "calling.queue.leave",
        "calling.unhold",
    }
)
"""Methods that name, or need, something else that must exist: their 404 says nothing about the call (protocol 12)."""
