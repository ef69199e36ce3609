"""The objects that requests are made of: media, devices, settings of recordings, collections, detectors and so on.

They follow protocol 8; what is required there is `needed` here. Texts of which the server alone knows
the form (URLs, voices, languages) are texts here.
"""

from __future__ import annotations

from typing import Final

from relay_actors.wire.rules import (
    ANYTHING,
    FLAG,
    Either,
    Listed,
    Rule,
    Shape,
    Typed,
    e164,
    integer,
    needed,
    number,
    one_of,
    text,
)

__all__ = [
    "CODECS",
    "COLLECT",
    "COLLECT_DIGITS",
    "COLLECT_SPEECH",
    "CONNECT_DEVICES",
    "DETECTOR",
    "DIAL_DEVICES",
    "DIRECTION",
    "DTMF",
    "LIVE_TRANSCRIBE",
    "LIVE_TRANSLATE",
    "MEDIA",
    "PAY_PARAMETERS",
    "PAY_PROMPTS",
    "PLAY_DIGITS",
    "RECORD",
    "REFER_DEVICE",
    "RESET",
    "SECONDS",
    "STREAM_SINK",
    "TAP",
    "TAP_DEVICE",
    "URL",
    "VERB",
    "WHOLE_SECONDS",
]

TEXT: Final = text()
URL: Final = text("a URL", r".+")
SECONDS: Final = number("a number of seconds above 0", above=0)
SECONDS_OR_NONE: Final = number("a number of seconds, 0 for no limit", minimum=0)
WHOLE_SECONDS: Final = integer("a whole number of seconds, at least 0", minimum=0)
MILLISECONDS: Final = integer("a whole number of milliseconds, at least 0", minimum=0)
DIRECTION: Final = one_of("listen", "speak", "both")
VERB: Final = one_of("GET", "POST")
DTMF: Final = text("digits of 0-9, *, #, A-D, with w and W for pauses", r"[0-9*#A-Da-dwW]+\Z")
CODECS: Final = Listed(
    accepted="a list of PCMU, PCMA, OPUS, G729, G722, AMR-WB, VP8, H264",
    item=one_of("PCMU", "PCMA", "OPUS", "G729", "G722", "AMR-WB", "VP8", "H264"),
)

# Media

_MEDIUM: Final = Typed(
    accepted='an item such as {"type": "tts", "params": {"text": "Hello"}}',
    variants={
        "audio": Shape(fields={"url": needed(URL)}),
        "tts": Shape(
            fields={
                "text": needed(text("a text to speak that is not empty", r"(?s).+")),
                "language": text("a BCP 47 code, such as en-US"),
                "gender": one_of("male", "female"),
                "voice": text("the name of a voice"),
            }
        ),
        "silence": Shape(fields={"duration": needed(SECONDS)}),
        "ringtone": Shape(
            fields={"name": needed(text("the name of a ringtone, such as us", r".+")), "duration": SECONDS}
        ),
    },
)
MEDIA: Final = Listed(
    accepted='a list with at least one item, such as [{"type": "tts", "params": {"text": "Hello"}}]',
    item=_MEDIUM,
    least=1,
)

# Devices

HEADERS: Final = Listed(
    accepted='a list of headers {"name": …, "value": …}',
    item=Shape(
        fields={
            "name": needed(
                text("a name that does not begin with X-SignalWire or X-CID", r"(?i)(?!X-SignalWire|X-CID).+")
            ),
            "value": needed(text("a text without line breaks", r"[^\r\n]*\Z")),
        },
        free=True,
    ),
)
_LEG: Final[dict[str, Rule]] = {
    "timeout": WHOLE_SECONDS,
    "call_state_url": URL,
    "call_state_events": Listed(
        accepted="a list of created, ringing, answered, ended", item=one_of("created", "ringing", "answered", "ended")
    ),
    "confirm": Either(accepted="SWML: a URL, a text or a list", rules=(TEXT, Listed(accepted="a list", item=ANYTHING))),
    "confirm_timeout": WHOLE_SECONDS,
}
_PHONE: Final = Shape(
    fields={**_LEG, "from_number": e164(), "to_number": needed(e164()), "max_duration": WHOLE_SECONDS}
)
_SIP: Final = Shape(
    fields={
        **_LEG,
        "from": text("a SIP address"),
        "from_name": TEXT,
        "to": needed(text("a SIP address", r".+")),
        "headers": HEADERS,
        "codecs": CODECS,
        "webrtc_media": FLAG,
        "encryption": one_of("forbidden", "mandatory", "optional"),
        "username": TEXT,
        "password": TEXT,
        "session_timeout": WHOLE_SECONDS,
        "max_duration": WHOLE_SECONDS,
    }
)
_FABRIC: Final = Shape(
    fields={**_LEG, "from": TEXT, "to": needed(text("a resource address, such as /private/support", r".+"))}
)
STREAM_SINK: Final = Shape(
    fields={
        "url": needed(text("a wss:// URL", r"(?i)wss://.+")),
        "name": TEXT,
        "codec": TEXT,
        "status_url": URL,
        "status_url_method": VERB,
        "realtime": FLAG,
        "authorization_bearer_token": TEXT,
        "custom_parameters": Shape(fields={}, free=True),
    }
)
_DIALLED: Final = {"phone": _PHONE, "sip": _SIP, "fabric": _FABRIC}
_CONNECTED: Final = {
    **_DIALLED,
    "call": Shape(fields={"node_id": needed(TEXT), "call_id": needed(TEXT)}),
    "queue": Shape(
        fields={
            "node_id": needed(TEXT),
            "queue_name": needed(TEXT),
            "queue_id": TEXT,
            "execute_after_queue": TEXT,
        }
    ),
    "stream": STREAM_SINK,
}
_GROUPS: Final = (
    "a list of groups tried in order, each a list of devices rung together: "
    '[[{"type": "phone", "params": {"to_number": "+15550100001"}}]]'
)


def _devices(variants: dict[str, Shape]) -> Rule:
    device = Typed(accepted='a device such as {"type": "phone", "params": {…}}', variants=variants)
    return Listed(accepted=_GROUPS, least=1, item=Listed(accepted=_GROUPS, item=device, least=1))


DIAL_DEVICES: Final = _devices(_DIALLED)
CONNECT_DEVICES: Final = _devices(_CONNECTED)
REFER_DEVICE: Final = Typed(
    accepted='{"type": "sip", "params": {"to": "sip:user@example.com"}}',
    variants={
        "sip": Shape(
            fields={
                "to": needed(text("a sip: or sips: URI", r".+")),
                "from": TEXT,
                "username": TEXT,
                "password": TEXT,
                "headers": HEADERS,
            }
        )
    },
)

# Recording, collecting, detecting

RECORD: Final = Shape(
    fields={
        "audio": needed(
            Shape(
                fields={
                    "beep": FLAG,
                    "format": one_of("mp3", "wav", "mp4"),
                    "stereo": FLAG,
                    "direction": DIRECTION,
                    "initial_timeout": SECONDS_OR_NONE,
                    "end_silence_timeout": SECONDS_OR_NONE,
                    "terminators": text("the digits that stop it"),
                    "input_sensitivity": number("a number from 0 to 100", minimum=0, maximum=100),
                    "max_length": SECONDS_OR_NONE,
                }
            )
        )
    }
)
COLLECT_DIGITS: Final = Shape(
    accepted='a dict such as {"max": 4, "terminators": "#"}',
    fields={
        "max": needed(integer("a whole number, at least 1: how many digits end the input", minimum=1)),
        "terminators": text("the digits that end the input"),
        "digit_timeout": SECONDS,
    },
)
PLAY_DIGITS: Final = Shape(
    accepted=COLLECT_DIGITS.accepted,
    fields={**COLLECT_DIGITS.fields, "min": integer("a whole number, at least 0", minimum=0)},
)
COLLECT_SPEECH: Final = Shape(
    accepted='a dict such as {"language": "en-US"}',
    fields={
        "end_silence_timeout": SECONDS,
        "speech_timeout": SECONDS,
        "language": text("a BCP 47 code, such as en-US"),
        "hints": Listed(accepted="a list of texts", item=TEXT),
        "engine": text("Deepgram, Google or Google.V2"),
        "model": text("default, enhanced, enhanced.phone_call or enhanced.video"),
    },
)
COLLECT: Final = Shape(
    accepted='a dict such as {"digits": {"max": 1}}',
    fields={"initial_timeout": SECONDS, "digits": PLAY_DIGITS, "speech": COLLECT_SPEECH},
    one_of=("digits", "speech"),
)
_DETECTOR_PARAMS: Final = Shape(
    fields={
        "initial_timeout": SECONDS,
        "end_silence_timeout": SECONDS,
        "machine_ready_timeout": SECONDS,
        "machine_voice_threshold": SECONDS,
        "machine_words_threshold": integer("a whole number, at least 1", minimum=1),
        "detect_interruptions": FLAG,
        "detect_message_end": FLAG,
        "tone": one_of("CED", "CNG"),
        "digits": text("digits of 0-9, * and #"),
    }
)
DETECTOR: Final = Typed(
    accepted='a detector such as {"type": "machine", "params": {…}}; its type is machine, fax or digit',
    variants={"machine": _DETECTOR_PARAMS, "fax": _DETECTOR_PARAMS, "digit": _DETECTOR_PARAMS},
    default="machine",
    closed=True,
)
TAP: Final = Typed(
    accepted='{"type": "audio", "params": {"direction": "both"}}',
    variants={"audio": Shape(fields={"direction": needed(DIRECTION)})},
)
_TAP_CODEC: Final = one_of("OPUS", "PCMA", "PCMU")
TAP_DEVICE: Final = Typed(
    accepted='{"type": "rtp", "params": {"addr": …, "port": …}} or {"type": "ws", "params": {"uri": …}}',
    variants={
        "rtp": Shape(
            fields={
                "addr": needed(text("a public IPv4 address", r".+")),
                "port": needed(integer("a port from 0 to 65535", minimum=0, maximum=65535)),
                "codec": _TAP_CODEC,
                "ptime": integer("a whole number of milliseconds", minimum=0),
            }
        ),
        "ws": Shape(
            fields={
                "uri": needed(text("a ws:// or wss:// URI", r".+")),
                "codec": _TAP_CODEC,
                "rate": integer("a whole number of Hz", minimum=0),
            }
        ),
    },
)

# Payments

PAY_PARAMETERS: Final = Listed(
    accepted='a list of {"name": …, "value": …}',
    item=Shape(fields={"name": needed(TEXT), "value": needed(TEXT)}, free=True),
)
PAY_PROMPTS: Final = Listed(
    accepted='a list of {"for": "payment-card-number", "actions": [{"type": "Say", "phrase": …}]}',
    item=Shape(
        fields={
            "for": needed(TEXT),
            "card_type": TEXT,
            "attempt": TEXT,
            "require_matching_inputs": TEXT,
            "error_type": TEXT,
            "actions": Listed(
                accepted='a list of {"type": "Say" or "Play", "phrase": …}',
                item=Shape(fields={"type": needed(one_of("Say", "Play")), "phrase": needed(TEXT)}),
            ),
            "play": MEDIA,
        }
    ),
)

# Live speech and AI. What a start must have is left to the server: published examples spell it in several ways.

_LEGS: Final = Listed(
    accepted="a list of local-caller, remote-caller", item=one_of("local-caller", "remote-caller"), least=1
)
_LIVE: Final[dict[str, Rule]] = {
    "direction": _LEGS,
    "webhook": URL,
    "live_events": FLAG,
    "ai_summary": FLAG,
    "ai_summary_prompt": TEXT,
    "speech_timeout": MILLISECONDS,
    "vad_silence_ms": MILLISECONDS,
    "vad_thresh": integer("a whole number from 0 to 1800", minimum=0, maximum=1800),
    "speech_engine": one_of("deepgram", "google"),
}
_SUMMARIZE: Final = Shape(fields={"webhook": URL, "prompt": TEXT})
_STOP: Final = Shape(fields={})
_WORDS: Final = one_of("stop", "summarize")
_TRANSCRIBE_START: Final = Shape(
    fields={
        **_LIVE,
        "lang": text("a BCP 47 code, such as en-US", r".+"),
        "hints": Listed(accepted="a list of texts", item=TEXT),
        "verbose_utterances": FLAG,
    }
)
LIVE_TRANSCRIBE: Final = Either(
    accepted='{"start": {…}}, {"stop": {}}, {"summarize": {…}}, or one of the words stop, summarize',
    rules=(
        Shape(
            accepted='{"start": {…}}, {"stop": {}} or {"summarize": {…}}',
            fields={"start": _TRANSCRIBE_START, "stop": _STOP, "summarize": _SUMMARIZE},
        ),
        _WORDS,
    ),
)
LIVE_TRANSLATE: Final = Either(
    accepted='{"start": {…}}, {"stop": {}}, {"summarize": {…}}, {"inject": {…}}, or one of the words stop, summarize',
    rules=(
        Shape(
            accepted='{"start": {…}}, {"stop": {}}, {"summarize": {…}} or {"inject": {…}}',
            fields={
                "start": Shape(
                    fields={
                        **_LIVE,
                        "from_lang": text("a BCP 47 code, such as en-US", r".+"),
                        "to_lang": text("a BCP 47 code, such as es-ES", r".+"),
                        "from_voice": TEXT,
                        "to_voice": TEXT,
                        "filter_from": TEXT,
                        "filter_to": TEXT,
                        "mode": one_of("classic", "realtime"),
                    }
                ),
                "stop": _STOP,
                "summarize": _SUMMARIZE,
                "inject": Shape(
                    fields={
                        "message": needed(text("a text that is not empty", r"(?s).+")),
                        "direction": needed(one_of("local-caller", "remote-caller")),
                    }
                ),
            },
        ),
        _WORDS,
    ),
)
RESET: Final = Shape(fields={"full_reset": FLAG, "user_prompt": TEXT, "system_prompt": TEXT})
