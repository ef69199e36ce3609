"""What of a recorded call can't be played again, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from relay_runtime.recording.reading import Recording
from relay_runtime.replay.acts import End, acts_of, steps_of
from relay_runtime.replay.courses import course_of, speed_of
from relay_runtime.replay.live_tokens import LiveTokens
from relay_runtime.replay.people import DIALS, caller_of, devices_in, legs_of
from relay_runtime.replay.story import OPERATIONS, Story

__all__ = ["NotReplayable", "check_replayable", "check_verbatim"]

_FROM_OUTSIDE: Final = {
    "calling.ai": "what an AI agent hears, says and does is not known",
    "calling.amazon_bedrock": "what an AI agent hears, says and does is not known",
    "calling.ai_sidecar": "what an AI agent hears and does is not known",
    "calling.live_transcribe": "what is spoken beside prompts and collections is not known",
    "calling.live_translate": "what is spoken beside prompts and collections is not known",
    "calling.bind_digit": "which keys set it off is not known",
    "calling.join_room": "what others in the room do is not known",
    "signalwire.execute": "it is a request of an older protocol",
    "calling.begin": "it is a request of an older protocol",
}
_NO_DEVICES: Final = frozenset({"call", "queue", "stream"})
_KNOWN_DEVICES: Final = frozenset({"phone", "sip"})


class NotReplayable(ValueError):
    """A recording can't be played again; the text says why.

    Args:
        reasons: each reason.

    Attributes:
        reasons: see above.
    """

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(f"the recording can't be played again: {'; '.join(reasons)}")
        self.reasons = reasons


_LONGEST: Final = 12 * 3600
"""Seconds: each hour of a call costs a third of a second, for the pings alone."""


def check_replayable(story: Story) -> None:
    """Do nothing if the people of a recording can be derived from it.

    Raises:
        NotReplayable: they can't; with all the reasons.
    """
    reasons = tuple(dict.fromkeys((*_general(story.recording), *_beginning(story), *_requests(story))))
    if reasons:
        raise NotReplayable(reasons)
    try:
        _derive(story)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise NotReplayable((f"a frame of it is none of the protocol ({error})",)) from None


def _derive(story: Story) -> None:
    """Derive all that a replay does, before anything of it is done."""
    tokens = LiveTokens(story.recording.frames)
    if story.offer is not None:
        caller_of(story.offer, tokens)
    speed_of(story)
    for act in acts_of(story):
        if not isinstance(act.what, End):
            steps_of(act.what, tokens.filled)
    for request in story.requests:
        if request.method in DIALS:
            legs_of(story, request)
        tokens.filled(request.reply)
        if request.method in OPERATIONS:
            course_of(story, request)


def check_verbatim(story: Story) -> None:
    """Do nothing if a recording can be served as it is.

    Raises:
        NotReplayable: it can't; with all the reasons.
    """
    reasons = tuple(dict.fromkeys((*_general(story.recording), *_beginning(story))))
    if reasons:
        raise NotReplayable(reasons)


def _general(recording: Recording) -> Iterator[str]:
    yield from recording.not_replayable
    if recording.end.at > _LONGEST:
        yield f"it lasts {recording.end.at / 3600:,.0f} hours; what lasts longer than {_LONGEST // 3600} is not played"
    if not recording.end.whole and not recording.not_replayable:
        yield f"it does not have the whole call (it ends since the recording was {recording.end.end})"


def _beginning(story: Story) -> Iterator[str]:
    if story.recording.header.direction == "inbound":
        offer = story.offer
        if offer is None:
            yield "it has no offer of the call"
            return
        device = offer.body.get("device")
        kind = str(device.get("type")) if isinstance(device, dict) else "unknown"
        if kind not in _KNOWN_DEVICES:
            yield f"the call came from a device of type {kind}, and callers of a replay are of type phone or sip"
    elif not any(request.method == "calling.dial" for request in story.requests):
        yield "it has neither the offer of a call nor a dial"


def _requests(story: Story) -> Iterator[str]:
    for request in story.requests:
        for method, why in _FROM_OUTSIDE.items():
            if request.is_taken and (request.method == method or request.method.startswith(f"{method}_")):
                yield f"{request.method}: {why}"
        if request.method == "calling.connect" and request.is_taken:
            kinds = sorted({str(device.get("type")) for device in devices_in(request.params)} & _NO_DEVICES)
            if kinds:
                yield f"calling.connect to a device of type {', '.join(kinds)}: what the other side does is not known"
        if request.method == "calling.join_conference" and _has_company(story):
            yield "calling.join_conference: others were in the conference, and what they do is not known"


def _has_company(story: Story) -> bool:
    calls = {event.call_id for event in story.events if event.kind.startswith("calling.conference") and event.call_id}
    return bool(calls - {story.call_id})
