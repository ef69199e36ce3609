"""What the server accepts, as a table: from method to param to rule (protocol sheet, sections 7 and 8).

Only what can be said of one value stands here. A param without a rule passes unchecked: unknown keywords are for the
server to judge.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

__all__ = ["MEDIA", "PARAMS", "Rule", "e164", "integer", "number", "one_of", "text"]

_E164: Final = re.compile(r"\+[1-9][0-9]{1,14}\Z")


class Rule(msgspec.Struct, frozen=True):
    """What one value must be.

    Attributes:
        types: the accepted Python types.
        accepted: the same in words, with the unit.
        minimum: smallest number, or None.
        maximum: greatest number, or None.
        above: a bound that a number must exceed, or None.
        choices: the accepted words, or an empty tuple for any.
        pattern: what a text must match, or None.
    """

    types: tuple[type, ...]
    accepted: str
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    pattern: Any = None

    def complaint(self, value: Any) -> str | None:
        """Return what is wrong with a value, or None. A text is not repeated: it may be the number of a caller."""
        if not isinstance(value, self.types) or (isinstance(value, bool) and bool not in self.types):
            return f"is {type(value).__name__}; accepted is {self.accepted}"
        if self.choices and value not in self.choices:
            return f"is {value!r}; accepted is {self.accepted}"
        if self.pattern is not None and not self.pattern.match(value):
            return f"is not {self.accepted}"
        if self.minimum is self.maximum is self.above is None:
            return None
        assert isinstance(value, int | float)
        too_small = (self.minimum is not None and value < self.minimum) or (
            self.above is not None and value <= self.above
        )
        if too_small or (self.maximum is not None and value > self.maximum):
            return f"is {value}; accepted is {self.accepted}"
        return None


def number(
    accepted: str, *, minimum: float | None = None, maximum: float | None = None, above: float | None = None
) -> Rule:
    """Return a rule for a number; ``accepted`` tells range and unit."""
    return Rule((int, float), accepted, minimum, maximum, above)


def integer(accepted: str, *, minimum: float | None = None, maximum: float | None = None) -> Rule:
    """Return a rule for a whole number; ``accepted`` tells range and unit."""
    return Rule((int,), accepted, minimum, maximum)


def one_of(*choices: str) -> Rule:
    """Return a rule for one of a few words."""
    return Rule((str,), "one of " + ", ".join(choices), choices=choices)


def text(accepted: str = "a text that is not empty", pattern: str = r"(?s).+") -> Rule:
    """Return a rule for a text."""
    return Rule((str,), accepted, pattern=re.compile(pattern))


def e164() -> Rule:
    """Return the rule for a phone number."""
    return Rule((str,), "a number in E.164 form: + and 2 to 15 digits, such as +15550100001", pattern=_E164)


_BOOL: Final = Rule((bool,), "True or False")
_LIST: Final = Rule((list, tuple), "a list")
_VOLUME: Final = number("a number from -40 to 40 (dB)", minimum=-40, maximum=40)
_SECONDS: Final = number("a number of seconds above 0", above=0)
_SECONDS_OR_NONE: Final = number("a number of seconds, 0 for no limit", minimum=0)
_LENGTH: Final = integer("a whole number of seconds, at least 0", minimum=0)
_PRICE: Final = number("a price in USD, at least 0", minimum=0)
_DIRECTION: Final = one_of("listen", "speak", "both")
_CONTROL_ID: Final = text("an id that is not empty")
_VOLUMED: Final = {"control_id": _CONTROL_ID, "volume": _VOLUME}

PARAMS: Final[dict[str, dict[str, Rule]]] = {
    "calling.answer": {"codecs": _LIST, "max_duration": _LENGTH},
    "calling.end": {"reason": one_of("hangup", "cancel", "busy", "noAnswer", "decline", "error")},
    "calling.dial": {"max_duration": _LENGTH, "timeout": _SECONDS, "max_price_per_minute": _PRICE, "tag": text()},
    "calling.connect": {
        "ringback": _LIST,
        "max_duration": _LENGTH,
        "timeout": _SECONDS,
        "max_price_per_minute": _PRICE,
    },
    "calling.play": {
        **_VOLUMED,
        "direction": _DIRECTION,
        "loop": integer("a whole number, 0 for until stopped", minimum=0),
        "gender": one_of("male", "female"),
    },
    "calling.play.volume": _VOLUMED,
    "calling.play_and_collect": _VOLUMED,
    "calling.play_and_collect.volume": _VOLUMED,
    "calling.collect": {
        "control_id": _CONTROL_ID,
        "initial_timeout": _SECONDS,
        "partial_results": _BOOL,
        "continuous": _BOOL,
        "send_start_of_input": _BOOL,
        "start_input_timers": _BOOL,
    },
    "calling.record": {"control_id": _CONTROL_ID},
    "calling.record.pause": {"behavior": one_of("skip", "silence")},
    "calling.send_digits": {
        "control_id": _CONTROL_ID,
        "digits": text("digits of 0-9, *, #, A-D, with w and W for pauses", r"[0-9*#A-Da-dwW]+\Z"),
    },
    "messaging.send": {
        "to_number": e164(),
        "from_number": e164(),
        "context": text(),
        "body": Rule((str,), "a text"),
        "media": _LIST,
        "tags": _LIST,
        "region": text(),
        "tag": text(),
    },
}
"""Rules of the params of each method."""

MEDIA: Final[dict[str, dict[str, tuple[bool, Rule]]]] = {
    "audio": {"url": (True, text("a URL"))},
    "tts": {
        "text": (True, text()),
        "language": (False, text("a BCP 47 code, such as en-US")),
        "gender": (False, one_of("male", "female")),
        "voice": (False, text("the name of a voice")),
    },
    "silence": {"duration": (True, _SECONDS)},
    "ringtone": {"name": (True, text("the name of a ringtone, such as us")), "duration": (False, _SECONDS)},
}
"""From the type of a media item to its params: whether each is required, and its rule."""

RECORD_AUDIO: Final[dict[str, Rule]] = {
    "beep": _BOOL,
    "format": one_of("mp3", "wav", "mp4"),
    "stereo": _BOOL,
    "direction": _DIRECTION,
    "initial_timeout": _SECONDS_OR_NONE,
    "end_silence_timeout": _SECONDS_OR_NONE,
    "terminators": Rule((str,), "the digits that stop it"),
    "input_sensitivity": number("a number from 0 to 100", minimum=0, maximum=100),
    "max_length": _SECONDS_OR_NONE,
}
"""Rules of the audio settings of a recording."""

COLLECT_DIGITS: Final[dict[str, Rule]] = {
    "min": integer("a whole number, at least 0", minimum=0),
    "max": integer("a whole number, at least 1", minimum=1),
    "terminators": Rule((str,), "the digits that end the input"),
    "digit_timeout": _SECONDS,
}
"""Rules of the digits of a collection."""

DEVICE_PARAMS: Final[dict[str, dict[str, tuple[bool, Rule]]]] = {
    "phone": {"to_number": (True, e164()), "from_number": (False, e164()), "timeout": (False, _LENGTH)},
    "sip": {
        "to": (True, text("a SIP address")),
        "from": (False, text("a SIP address")),
        "timeout": (False, _LENGTH),
        "codecs": (False, _LIST),
        "headers": (False, _LIST),
    },
    "fabric": {"to": (True, text("a resource address, such as /private/support")), "timeout": (False, _LENGTH)},
    "call": {"node_id": (True, text()), "call_id": (True, text())},
    "queue": {"node_id": (True, text()), "queue_name": (True, text())},
    "stream": {"url": (True, text("a wss:// URL", r"wss://.+"))},
}
"""From the type of a device to its params. Types that are not here (older ones) pass unchecked."""
