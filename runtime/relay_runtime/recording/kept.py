"""Which parts of frames are the protocol's own and are kept in a recording; whatever is not named here is masked.

The names are those of `relay_actors.wire` and of the protocol's page. A name stands for the same wherever it occurs,
but for the few that `BY_TYPE` tells apart by the type of what they stand in.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

import msgspec

from relay_actors.wire.events import EVENT_CLASSES
from relay_actors.wire.methods import METHODS
from relay_actors.wire.rules import Either, Listed, Rule, Shape, Typed

__all__ = ["BY_TYPE", "ID_KEYS", "KEYS", "NAMES", "OF_PAYMENTS", "Kind", "Manner", "manner_of"]


class Kind(Enum):
    """What stands beside a key."""

    INSIDE = auto()
    """An object or a list whose own keys are looked at."""
    WORD = auto()
    """A word or a number of the protocol's own: kept."""
    ID = auto()
    """An id that the server makes: kept if it looks like one."""
    OWN_ID = auto()
    """An id that an app may choose: kept if it is one that was made up."""
    NUMBER = auto()
    """The number or the address of a person: always a token."""
    PRESSED = auto()
    """Keys that were pressed or are to be sent: kept, or tokens when digits are masked."""
    SOURCE = auto()
    """A URL of something to hear or to see: its query and its user are masked."""
    CALLBACK = auto()
    """A URL that is told what happens: its path is masked too."""
    SECRET = auto()
    """Never kept, and no token: the values can't be told apart."""
    WORDS = auto()
    """What people say, write or name: tokens, unless words are kept."""


class Manner(Enum):
    """How the body of a method or an event is looked at."""

    KNOWN = auto()
    """Key by key."""
    FREE = auto()
    """But for the ids it is the app's own."""
    PAYMENT = auto()
    """It has card data: what is not known to be harmless is not even a token."""


def _of(kind: Kind, names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), kind)


KEYS: Final[dict[str, Kind]] = {
    **_of(
        Kind.INSIDE,
        "params result call device devices peer parent play ringback collect speech record audio detect tap fax error "
        "source_device stream codecs call_state_events",
    ),
    # What happens, and what it is called
    **_of(
        Kind.WORD,
        "jsonrpc method event_type event_channel timestamp code type state call_state dial_state connect_state "
        "join_status status direction end_reason end_source reason source failed_reason reason_ended dial_winner final "
        "event context bind_method device_type success pages message_state segments sip_refer_response_code "
        "sip_notify_response_code",
    ),
    # When, how long, how much
    **_of(
        Kind.WORD,
        "start_time answer_time end_time first_frame_time duration size position avg_time enqueue_ts dequeue_ts "
        "leave_ts audio_in_mos timeout max_duration confirm_timeout session_timeout initial_timeout digit_timeout "
        "end_silence_timeout speech_timeout machine_ready_timeout machine_voice_threshold machine_words_threshold "
        "max_length wait_time max_price_per_minute recording_duration recording_file_size max_triggers "
        "max_participants rtt_avg rtt_max rtt_min in_mos confidence",
    ),
    # How
    **_of(
        Kind.WORD,
        "max min terminators detect_interruptions detect_message_end tone beep format stereo input_sensitivity "
        "behavior pause_behavior volume loop language voice gender engine model denoised continuous continue "
        "partial_results send_start_of_input start_input_timers webrtc_media encryption codec codecs "
        "call_state_events rate ptime port region muted start_on_enter end_on_exit trim acl status_url_method "
        "status_callback_method recording_status_callback_method status_callback_event_type "
        "recording_status_callback_event_type status_callback_event recording_status_callback_event emit_call_quality "
        "hold coaching end_on_leave start_on_join track realtime",
    ),
    **_of(
        Kind.ID,
        "call_id node_id segment_id conference_id recording_id queue_id message_id call_id_to_coach "
        "call_id_ending_conf",
    ),
    **_of(Kind.OWN_ID, "id control_id tag"),
    **_of(
        Kind.NUMBER,
        "from to from_number to_number sip_refer_to caller_id caller_id_name caller_id_number from_name identity "
        "remote_identity username number",
    ),
    **_of(Kind.PRESSED, "digits terminator send_digits"),
    **_of(Kind.SOURCE, "url uri document media recording_url announce_url wait_url whisper_url"),
    **_of(
        Kind.CALLBACK,
        "status_url call_state_url webhook status_callback recording_status_callback payment_connector_url "
        "post_prompt_url",
    ),
    **_of(
        Kind.WORDS,
        "text message name value hints headers body data message_data queue_name room_name realm dest dest_swml "
        "confirm custom_parameters execute_after_queue prompts description charge_amount result_text tags",
    ),
    **_of(Kind.SECRET, "project project_id space_id token jwt_token authorization_state password"),
}
"""From each key that is known to what stands beside it. Codecs and events of states are lists of words."""

BY_TYPE: Final[dict[tuple[str, str], Kind]] = {
    ("ringtone", "name"): Kind.WORD,
    ("digit", "event"): Kind.PRESSED,
    ("page", "number"): Kind.WORD,
}
"""The same for what stands in the params of an object of a type, where that makes a difference."""

OF_PAYMENTS: Final[dict[str, Kind]] = {
    **_of(
        Kind.WORD,
        "for state result error_type attempt input payment_method bank_account_type timeout max_attempts token_type "
        "currency language voice status_url_method min_postal_code_length",
    ),
    **_of(Kind.WORDS, "description charge_amount prompts"),
    **_of(Kind.CALLBACK, "status_url payment_connector_url"),
    **{name: kind for name, kind in KEYS.items() if kind in {Kind.ID, Kind.OWN_ID}},
}
"""The same for payments, where nothing else counts."""

ID_KEYS: Final = frozenset(name for name, kind in KEYS.items() if kind in {Kind.ID, Kind.OWN_ID})
"""Keys beside which stands what is another one in every run."""

_FREE: Final = frozenset(
    {
        "calling.ai",
        "calling.ai_hold",
        "calling.ai_message",
        "calling.ai_unhold",
        "calling.amazon_bedrock",
        "calling.error",
        "calling.live_transcribe",
        "calling.live_translate",
        "calling.user_event",
    }
)


def _fields(rule: Rule) -> Iterator[str]:
    """Give the names of all fields in a rule, at whatever depth."""
    match rule:
        case Shape(fields=fields):
            yield from fields
            for each in fields.values():
                yield from _fields(each)
        case Typed(variants=variants):
            for each in variants.values():
                yield from _fields(each)
        case Listed(item=item):
            yield from _fields(item)
        case Either(rules=rules):
            for each in rules:
                yield from _fields(each)


NAMES: Final = frozenset(
    {
        *KEYS,
        *OF_PAYMENTS,
        *(name for shape in METHODS.values() for name in _fields(shape)),
        *(field.encode_name for kind in EVENT_CLASSES.values() for field in msgspec.structs.fields(kind)),
    }
)
"""Names of fields that the protocol has; whatever stands beside them, the names themselves tell nothing of anybody."""


def manner_of(name: str) -> Manner:
    """Return how the body of a method or of a type of events is looked at."""
    if name in {"calling.pay", "calling.call.pay"}:
        return Manner.PAYMENT
    if name in _FREE or name.startswith(("calling.ai.", "calling.ai_sidecar")):
        return Manner.FREE
    return Manner.KNOWN
