"""What people at far ends did in a recorded call, and to which of the app's requests they did it.

A request is what an act is anchored to: keys and words come as long after the prompt or the collection that they
answered as they did, counted from its beginning, or from the end of the prompt if they came behind that; a hang-up as
long after the last thing that the app had asked for. So they stay where they were when what comes before takes longer
or shorter in today's code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

import msgspec

from relay_runtime.recording.tokens import TOKEN
from relay_runtime.replay.courses import INPUT, SAME_MOMENT, ends_prompt
from relay_runtime.replay.story import Event, Request, Story
from relay_runtime.sandbox.script.script import Script

__all__ = ["Act", "End", "Keys", "Speech", "acts_of", "steps_of"]

_GAP: Final = 0.3  # seconds between two keys, where nothing says when they were pressed
_MARGIN: Final = 0.05
_CHARACTERS_PER_SECOND: Final = 15.0
_SHORTEST: Final = 0.05


class Keys(msgspec.Struct, frozen=True):
    """A key is pressed."""

    key: str


class Speech(msgspec.Struct, frozen=True):
    """Somebody speaks, for so many seconds, and is understood with a confidence."""

    text: str
    seconds: float
    confidence: float


class End(msgspec.Struct, frozen=True):
    """The far end, or the network, ends the call."""

    reason: str
    source: str


class Act(msgspec.Struct, frozen=True):
    """Something that happens at the far end of a call.

    Attributes:
        call_id: the call, by its id in the recording.
        what: what happens.
        offset: seconds from its anchor.
        anchor: the place of the request that it is anchored to; None for the offer, or the beginning of the call.
        since: from what of the anchor the offset counts: ``request``, or the end of its ``prompt``.
        unanswered: whether the request had no reply yet.
    """

    call_id: str
    what: Keys | Speech | End
    offset: float
    anchor: int | None
    since: Literal["request", "prompt"] = "request"
    unanswered: bool = False


def steps_of(what: Keys | Speech, fill: Callable[[Any], Any]) -> Script:
    """Return what somebody does as the sandbox has it.

    Args:
        what: a key, or speech.
        fill: puts texts in the place of tokens.

    Raises:
        ValueError: it is no key of a telephone, or there is nothing to say.
    """
    if isinstance(what, Keys):
        return Script().presses(what.key)
    return Script().says(fill(what.text), what.seconds, what.confidence)


def acts_of(story: Story) -> list[Act]:
    """Return what happened at the far ends, in the order of the requests that it is anchored to."""
    acts = [act for request in story.requests for act in _answers(story, request)]
    calls = dict.fromkeys(event.call_id for event in story.events if event.kind == "calling.call.state")
    for call_id in calls:
        end = _end_of(story, call_id)
        if end is not None:
            acts.append(end)
    return acts


# Answers to prompts and collections


def _answers(story: Story, request: Request) -> Iterator[Act]:
    if request.method not in {"calling.collect", "calling.play_and_collect"}:
        return
    over = next((event for event in request.events if ends_prompt(event)), None)
    lower = request.at
    partial: list[tuple[float, str]] = []
    for event in request.events:
        result = event.body.get("result")
        if event.kind != "calling.call.collect" or not isinstance(result, dict):
            continue
        kind, given = result.get("type"), result.get("params")
        if event.body.get("final") is False or kind == "start_of_input":
            partial.append((event.at, str(given.get("digits", "")) if isinstance(given, dict) else ""))
            continue
        if kind in INPUT and isinstance(given, dict) and not story.is_too_late(event.line):
            prompt_end = over.at if over is not None and event.at - over.at >= SAME_MOMENT else None
            answer = _Answer(request, event, lower, prompt_end)
            yield from answer.keys(given, partial) if kind == "digit" else answer.speech(given, partial)
        lower, partial = event.at, []


class _Answer:
    """One input, and when it must have been given.

    Args:
        request: what it answers.
        event: its result.
        lower: when it can have begun at the earliest.
        prompt_end: when the prompt was over; None: there was none, or it was not over.
    """

    def __init__(self, request: Request, event: Event, lower: float, prompt_end: float | None) -> None:
        self._request = request
        self._event = event
        self._lower = lower
        self._prompt_end = prompt_end
        rules = request.params.get("collect", request.params)
        self._rules: dict[str, Any] = rules if isinstance(rules, dict) else {}

    def keys(self, given: dict[str, Any], partial: list[tuple[float, str]]) -> Iterator[Act]:
        """Give the keys, each at a time at which the same result comes at the same time."""
        rules = self._inner("digits")
        digits, terminator = str(given.get("digits") or ""), str(given.get("terminator") or "")
        pressed = digits + terminator
        if not pressed:
            return
        by_itself = bool(terminator) or len(digits) >= _number(rules.get("max"), len(digits))
        last = self._event.at - (0.0 if by_itself else _number(rules.get("digit_timeout"), 5.0))
        last = max(self._lower, last)
        first = self._first(last, len(pressed), partial)
        gap = (last - first) / max(1, len(pressed) - 1)
        known = {len(text): at for at, text in partial if text and digits.startswith(text)}
        for number, key in enumerate(pressed, 1):
            at = known.get(number, last if number == len(pressed) else first + gap * (number - 1))
            yield self._act(Keys(key), at)

    def _first(self, last: float, count: int, partial: list[tuple[float, str]]) -> float:
        """Return when the first key was pressed."""
        if partial:
            return min(last, partial[0][0])
        lower = self._lower if self._prompt_end is None else max(self._lower, self._prompt_end)
        first = max(lower, last - _GAP * (count - 1))
        return min(first, max(lower, self._latest()))

    def _latest(self) -> float:
        """Return until when input had to begin; the beginning of time if it had not to."""
        if self._request.method == "calling.collect" and self._request.params.get("start_input_timers") is not True:
            return float("inf")
        begun = self._request.at if self._prompt_end is None else self._prompt_end
        if self._request.method == "calling.play_and_collect" and self._prompt_end is None:
            return float("inf")
        return begun + _number(self._rules.get("initial_timeout"), 4.0) - _MARGIN

    def speech(self, given: dict[str, Any], partial: list[tuple[float, str]]) -> Iterator[Act]:
        """Give what was said, so that it is understood at the same time."""
        text = str(given.get("text") or "")
        if not text:
            return
        found = TOKEN.fullmatch(text)
        length = int(found[3] or 0) if found is not None else len(text)
        silence = _number(self._inner("speech").get("end_silence_timeout"), 1.0)
        end = max(self._lower + _SHORTEST, self._event.at - silence)
        lower = self._lower
        if self._prompt_end is not None:
            lower = max(lower, min(self._prompt_end, end - _SHORTEST))
        begin = partial[0][0] if partial else max(lower, end - length / _CHARACTERS_PER_SECOND)
        begin = min(begin, max(lower, self._latest()))
        confidence = _number(given.get("confidence"), 95.0)
        yield self._act(Speech(text, max(_SHORTEST, end - begin), confidence), begin)

    def _act(self, what: Keys | Speech, at: float) -> Act:
        request = self._request
        if self._prompt_end is not None and at > self._prompt_end:
            return Act(request.call_id, what, at - self._prompt_end, request.line, "prompt")
        return Act(request.call_id, what, max(0.0, at - request.at), request.line)

    def _inner(self, name: str) -> dict[str, Any]:
        rules = self._rules.get(name)
        return rules if isinstance(rules, dict) else {}


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


# Ends


def _end_of(story: Story, call_id: str) -> Act | None:
    """Return the end of a call by its far end or the network; None if the app, or its limit, ended it."""
    ended = next((each for each in story.states(call_id) if each.body.get("call_state") == "ended"), None)
    if ended is None or _is_ended_by_app(story, call_id, ended):
        return None
    reason, source = str(ended.body.get("end_reason") or "hangup"), str(ended.body.get("end_source") or "inbound")
    first = next(each for each in story.states(call_id) if each.body.get("call_state") in {"ending", "ended"})
    anchor = story.request_before(first.line)
    if anchor is None:
        offer = story.offer
        return Act(call_id, End(reason, source), first.at - (offer.at if offer is not None else 0.0), None)
    unanswered = anchor.replied is None or anchor.replied > first.line or story.is_too_late(anchor.replied)
    return Act(call_id, End(reason, source), first.at - anchor.at, anchor.line, unanswered=unanswered)


def _is_ended_by_app(story: Story, call_id: str, ended: Event) -> bool:
    if ended.body.get("end_reason") == "maxDuration" or ended.body.get("end_source") == "outbound":
        return True
    if story.asked("calling.end", before=ended.line, call_id=call_id):
        return True
    if call_id == story.call_id:
        return False
    # A leg ends with the call that it is connected to, by its own dial, or by the app.
    if not any(each.body.get("call_state") == "answered" for each in story.states(call_id)):
        return True
    main = next((each for each in story.states(story.call_id) if each.body.get("call_state") == "ending"), None)
    return story.asked("calling.disconnect", before=ended.line) or (main is not None and main.line < ended.line)
