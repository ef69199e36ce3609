"""Callers and callees: scripts for the far end of a call, built by chaining.

A script is immutable: every method returns a new one, so one script can be performed on many calls at once.
Seconds of what a person does (``waits``, ``rings``, the gap between keys) are line seconds, multiplied by the
sandbox's ``time_scale``; time limits on the other side (``timeout``, ``patience``) are real seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from math import inf
from typing import Any, ClassVar, Final, Literal, Self

from relay_runtime.sandbox.script.steps import (
    HangsUp,
    Hears,
    HearsDigits,
    Presses,
    Says,
    Step,
    Texts,
    Waits,
    WaitsForHangup,
)

__all__ = ["Callee", "Caller", "Script"]

_KEYS: Final = re.compile(r"[0-9*#A-Da-d]+")

GiveUp = Literal["abandoned", "cancel"]
Verdict = Literal["answered", "busy", "decline", "noAnswer", "notFound", "error"]


@dataclass(frozen=True, kw_only=True)
class Script:
    """What the far end does once the call is answered.

    Attributes:
        steps: what it does, in order.
        facts: what only the far end knows, for detectors and the like.
        patience: real seconds to wait for an answer; None takes the sandbox's setting.
        abandons_after: line seconds without an answer after which it gives up; None: ``patience`` alone counts.
        gives_up_with: the end reason of a call that it has given up on.
    """

    who: ClassVar[str] = "caller"
    """What texts about a script call the person."""

    steps: tuple[Step, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    patience: float | None = None
    abandons_after: float | None = None
    gives_up_with: GiveUp = "abandoned"

    def __repr__(self) -> str:
        told = ", then ".join(step.describe() for step in self.steps)
        return f"<{type(self).__name__}: {told or 'stays on the line'}>"

    def _then(self, step: Step) -> Self:
        return replace(self, steps=(*self.steps, step))

    def _knows(self, **facts: Any) -> Self:
        return replace(self, facts={**self.facts, **facts})

    def hears(self, text: str, timeout: float | None = 10.0) -> Self:
        """Wait until ``text`` has been said or its URL is played, wherever in a prompt; case does not matter.

        Each ``hears`` looks at what was heard after the one before it.

        Args:
            text: a part of the words, or of the URL.
            timeout: real seconds after which the script fails and hangs up; None waits for as long as the call.
        """
        return self._then(Hears(_filled("hears", text), limit=timeout))

    def hears_digits(self, digits: str, timeout: float | None = 10.0) -> Self:
        """Wait until the client has sent these digits (``calling.send_digits``)."""
        return self._then(HearsDigits(_keys(digits), limit=timeout))

    def presses(self, digits: str, gap: float = 0.1) -> Self:
        """Press keys (0-9 * # A-D), with ``gap`` line seconds from one to the next."""
        return self._then(Presses(_keys(digits), _seconds("gap", gap)))

    def says(self, text: str, seconds: float | None = None, confidence: float = 95.0) -> Self:
        """Speak.

        Args:
            text: what is said.
            seconds: line seconds that it takes; None: as long as the text is.
            confidence: how well it is understood, from 0 to 100.
        """
        given = None if seconds is None else _seconds("says", seconds)
        return self._then(Says(_filled("says", text), given, _seconds("confidence", confidence)))

    def waits(self, seconds: float) -> Self:
        """Do nothing for so many line seconds."""
        return self._then(Waits(_seconds("waits", seconds)))

    def hangs_up(self) -> Self:
        """Hang up."""
        return self._then(HangsUp())

    def hangs_up_while_hearing(self, text: str, timeout: float | None = 10.0) -> Self:
        """Hang up in mid-prompt, as soon as ``text`` has been said."""
        return self.hears(text, timeout).hangs_up()

    def waits_for_hangup(self, timeout: float | None = 30.0) -> Self:
        """Stay until the other side hangs up; fail and hang up after ``timeout`` real seconds."""
        return self._then(WaitsForHangup(limit=timeout))

    def texts(self, body: str, to_number: str, context: str) -> Self:
        """Send a text message from this number."""
        return self._then(Texts(body, to_number, context))

    def is_human(self) -> Self:
        """Let answering-machine detectors find a person."""
        return self._knows(machine=False)

    def is_machine(self, beep_after: float | None = 5.0) -> Self:
        """Let answering-machine detectors find a machine, ready after so many line seconds; None: never."""
        return self._knows(machine=True, beep_after=beep_after)

    def is_unknown(self) -> Self:
        """Let answering-machine detectors reach no conclusion."""
        return self._knows(machine=None)

    def is_fax(self, pages: int = 1, error: str | None = None) -> Self:
        """Be a fax machine: with tones to detect, and so many pages to send or receive.

        Args:
            pages: pages that this machine sends when it is asked to.
            error: a text with which a transmission fails after its pages.
        """
        return self._knows(fax=True, pages=pages, fax_error=error)

    def pays(self, result: str = "success", **fields: str) -> Self:
        """Let a payment end with this ``result``, with extra fields in its event."""
        return self._knows(pays=result, pay_fields=fields)

    def refers(self, state: str = "success") -> Self:
        """Let a SIP REFER of this call end in this state."""
        return self._knows(refer=state)


@dataclass(frozen=True, repr=False)
class Caller(Script):
    """Somebody who calls in.

    Attributes:
        number: the number they call from.
        to_number: the number they have dialled.
        context: the context that the call arrives on; `dials` says it.
        kind: the type of their device, ``phone`` or ``sip``.
        headers: the SIP headers of the call, as pairs of name and value.
    """

    number: str = "+15550100001"
    _: KW_ONLY
    to_number: str = "+15550100099"
    context: str = ""
    kind: str = "phone"
    headers: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse a caller without a number."""
        _filled("Caller", self.number)

    def dials(self, context: str, to_number: str = "+15550100099", patience: float | None = None) -> Self:
        """Say which context the call arrives on, what number was dialled, and how patient the caller is.

        Args:
            context: the context.
            to_number: the number dialled.
            patience: real seconds to wait for an answer; None takes the sandbox's setting.
        """
        return replace(self, context=_filled("dials", context), to_number=to_number, patience=patience)

    def abandons(self, after: float, reason: GiveUp = "abandoned") -> Self:
        """Give up, if there is no answer in so many line seconds."""
        return replace(self, abandons_after=_seconds("abandons", after), gives_up_with=reason)

    def over_sip(self, headers: Iterable[tuple[str, str]] = ()) -> Self:
        """Call from a SIP address, with these headers."""
        return replace(self, kind="sip", headers=tuple(headers))

    def device(self) -> dict[str, Any]:
        """Return the device object of the call."""
        keys = ("from", "to") if self.kind == "sip" else ("from_number", "to_number")
        params: dict[str, Any] = dict(zip(keys, (self.number, self.to_number), strict=True))
        if self.headers:
            params["headers"] = [{"name": name, "value": value} for name, value in self.headers]
        return {"type": self.kind, "params": params}


@dataclass(frozen=True, repr=False, kw_only=True)
class Callee(Script):
    """Somebody who is called; without a verdict they answer.

    Attributes:
        ring_seconds: line seconds for which it rings before what follows.
        verdict: what becomes of the dial.
    """

    who: ClassVar[str] = "callee"
    """What texts about a script call the person."""

    ring_seconds: float = 0.0
    verdict: Verdict = "answered"

    def rings(self, seconds: float) -> Self:
        """Let it ring for so many line seconds before what follows."""
        return replace(self, ring_seconds=_seconds("rings", seconds))

    def answers(self) -> Self:
        """Answer; the steps of the script follow."""
        return replace(self, verdict="answered")

    def is_busy(self) -> Self:
        """Be busy."""
        return replace(self, verdict="busy")

    def declines(self) -> Self:
        """Refuse the call."""
        return replace(self, verdict="decline")

    def never_answers(self) -> Self:
        """Let it ring until the dialling side gives up."""
        return replace(self, verdict="noAnswer")

    def does_not_exist(self) -> Self:
        """Be a number that is not in use."""
        return replace(self, verdict="notFound")

    def fails(self) -> Self:
        """Let the network fail."""
        return replace(self, verdict="error")


def _keys(digits: str) -> str:
    if not isinstance(digits, str) or not _KEYS.fullmatch(digits):
        raise ValueError(f"a telephone has the keys 0-9 * # A-D; {digits!r} is none or has others")
    return digits


def _filled(where: str, text: str) -> str:
    if not isinstance(text, str) or not text:
        raise ValueError(f"{where} needs a text that is not empty, not {text!r}")
    return text


def _seconds(where: str, seconds: float) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < inf:
        raise ValueError(f"{where} needs a number of seconds from 0, not {seconds!r}")
    return seconds
