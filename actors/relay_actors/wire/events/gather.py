"""Events of what a caller presses or says, of what a detector hears, and of a payment."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from relay_actors.wire.events.base import CallEvent
from relay_actors.wire.frames import EMPTY, as_dict
from relay_actors.wire.values import Percent, number

__all__ = ["CollectEvent", "DetectEvent", "PayEvent"]


class CollectEvent(CallEvent, frozen=True, kw_only=True):
    """A result of ``collect`` or ``play_and_collect``."""

    EVENT_TYPE: ClassVar[str] = "calling.call.collect"

    state: str = ""
    final: bool | None = None
    raw_result: msgspec.Raw = msgspec.field(default=EMPTY, name="result")

    @property
    def result(self) -> dict[str, Any]:
        """The outcome: ``{"type": "digit" | "speech" | "no_input" | …, "params": {…}}``."""
        return as_dict(self.raw_result)

    @property
    def type(self) -> str:
        """The kind of result: ``digit``, ``speech``, ``no_input``, ``no_match``, ``error``, ``finished`` and so on."""
        value = self.result.get("type")
        return value if isinstance(value, str) else ""

    @property
    def digits(self) -> str:
        """The digits that were pressed, or an empty string."""
        return self._detail("digits")

    @property
    def terminator(self) -> str:
        """The digit that ended the input, or an empty string."""
        return self._detail("terminator")

    @property
    def text(self) -> str:
        """What was heard, or an empty string."""
        return self._detail("text")

    @property
    def confidence(self) -> float:
        """How sure the recogniser is, 0 to 100; 0 also means not scored."""
        found: float = number(self._details().get("confidence"), Percent, 0.0)
        return found

    def _details(self) -> dict[str, Any]:
        result = self.result
        details = result.get("params")
        return details if isinstance(details, dict) else result  # protocol 16.19: some examples are flat

    def _detail(self, key: str) -> str:
        value = self._details().get(key)
        return value if isinstance(value, str) else ""


class DetectEvent(CallEvent, frozen=True, kw_only=True):
    """A result of a detector; what counts is ``event``."""

    EVENT_TYPE: ClassVar[str] = "calling.call.detect"

    state: str = ""
    raw_detect: msgspec.Raw = msgspec.field(default=EMPTY, name="detect")

    @property
    def detect(self) -> dict[str, Any]:
        """The result: ``{"type": "machine" | "fax" | "digit", "params": {"event": …}}``."""
        return as_dict(self.raw_detect)

    @property
    def type(self) -> str:
        """The kind of detector: ``machine``, ``fax`` or ``digit``."""
        value = self.detect.get("type")
        return value if isinstance(value, str) else ""

    @property
    def event(self) -> str:
        """What was detected: ``HUMAN``, ``MACHINE``, ``READY``, ``CED``, a digit, ``finished`` and so on."""
        details = self.detect.get("params")
        value = details.get("event") if isinstance(details, dict) else None
        return value if isinstance(value, str) else ""

    @property
    def beep(self) -> bool:
        """Whether a beep was heard."""
        details = self.detect.get("params")
        return isinstance(details, dict) and details.get("beep") is True


class PayEvent(CallEvent, frozen=True, kw_only=True):
    """Progress of a payment (``for_`` names the field that is asked for), or its end (``result``).

    Card data come masked; ``params`` has every field as it came.
    """

    EVENT_TYPE: ClassVar[str] = "calling.call.pay"

    state: str = ""
    status_url: str = ""
    status_url_method: str = ""
    for_: str = msgspec.field(default="", name="for")
    error_type: str = ""
    attempt: str = ""
    security_code: str = ""
    expiration_date: str = ""
    result: str = ""
    payment_token: str = ""
    payment_confirmation_code: str = ""
    payment_error: str = ""
    payment_error_code: str = ""
    payment_connector_error_code: str = ""
    payment_connector_error_message: str = ""
    payment_card_security_code: str = ""
    payment_card_expiration_date: str = ""
    payment_method: str = ""
    payment_card_number: str = ""
    payment_card_type: str = ""
    payment_card_postal_code: str = ""

    @property
    def success(self) -> bool:
        """Whether the payment went through; False before its end."""
        return self.result == "success"
