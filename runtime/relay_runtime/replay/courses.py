"""How the operations of a recorded call went: lengths of prompts, and what only the network or the far end knew."""

from __future__ import annotations

from typing import Any, Final

from relay_runtime.recording.tokens import TOKEN
from relay_runtime.replay.story import Event, Request, Story
from relay_runtime.sandbox.calls.course import Course, Told

__all__ = ["INPUT", "SAME_MOMENT", "course_of", "ends_prompt", "is_last", "speed_of"]

INPUT: Final = frozenset({"digit", "speech"})
"""Results of a collection that somebody at the far end gave."""

SAME_MOMENT: Final = 0.05
"""Seconds: a prompt that ended so shortly before its answer was ended by it."""

_IDS: Final = frozenset({"call_id", "node_id", "control_id", "segment_id"})
_RUNNING: Final = frozenset(
    {"playing", "paused", "recording", "tapping", "streaming", "transcribing", "inProgress", "echoing", "collecting"}
)
_LONGER: Final = 1.0
"""Seconds that a prompt goes on, at least, behind what ended it early."""
_SOONEST: Final = 0.001
_SPEEDS: Final = 5.0, 40.0  # characters per second; what is outside is no speech


def course_of(story: Story, request: Request) -> Course | None:
    """Return how an operation went, for the sandbox to let it go like that; None: as the sandbox has it."""
    if not request.is_taken:
        return None
    if request.method in {"calling.play", "calling.play_and_collect"} and not _went_wrong(request):
        return _prompt(story, request)
    if request.method in {"calling.collect", "calling.play_and_collect"} and _is_simulated(story, request):
        return None
    return _told(story, request)


def is_last(event: Event) -> bool:
    """Tell whether an operation is over with an event."""
    body = event.body
    match event.kind:
        case "calling.call.detect":
            return _inside(body, "detect").get("event") in {"finished", "error"}
        case "calling.call.fax":
            return dict(body.get("fax") or {}).get("type") != "page"
        case "calling.call.queue":
            return body.get("status") in {"dequeue", "leave"}
        case "calling.call.collect":
            return body.get("state") != "collecting" and _result(event) != "start_of_input"
    return body.get("state") not in _RUNNING


def ends_prompt(event: Event) -> bool:
    """Tell whether a prompt is over with an event."""
    return event.kind == "calling.call.play" and event.body.get("state") == "finished"


def speed_of(story: Story) -> float | None:
    """Return the characters per second of speech in a recording, or None if it does not tell."""
    characters, seconds = 0, 0.0
    for request in story.requests:
        course = course_of(story, request) if request.method.startswith("calling.play") else None
        items = request.params.get("play")
        if course is None or course.seconds is None or course.at_least or not isinstance(items, list):
            continue
        if all(isinstance(item, dict) and item.get("type") == "tts" for item in items):
            characters += sum(_length(str(item["params"].get("text"))) for item in items)
            seconds += course.seconds
    speed = characters / seconds if seconds else 0.0
    return speed if _SPEEDS[0] <= speed <= _SPEEDS[1] else None


def _length(text: str) -> int:
    found = TOKEN.fullmatch(text)
    return int(found[3] or 0) if found is not None else len(text)


# Prompts


def _prompt(story: Story, request: Request) -> Course | None:
    """Return the length of a playback: its own, or a longer one if something ended it."""
    over = next((event for event in request.events if ends_prompt(event)), None)
    result = next((event for event in request.events if event.kind == "calling.call.collect"), None)
    if over is None:
        return None if result is None else _without_its_end(request, result)
    took = max(_SOONEST, over.at - request.at - _paused(request, over.line))
    cut_short = _is_ended_by_others(story, request, over)
    if result is not None and result.at - over.at < SAME_MOMENT and _result(result) in INPUT:
        cut_short = True
    return Course(seconds=took + _LONGER, at_least=True) if cut_short else Course(seconds=took)


def _without_its_end(request: Request, result: Event) -> Course:
    """Return the length of a prompt of which only the result of the collection is known."""
    took = result.at - request.at
    if _result(result) == "no_input":
        rules = request.params.get("collect")
        waited = rules.get("initial_timeout", 4) if isinstance(rules, dict) else 4
        return Course(seconds=max(_SOONEST, took - float(waited)))
    return Course(seconds=took + _LONGER, at_least=True)


def _paused(request: Request, before: int) -> float:
    """Return for how many seconds a playback stood still."""
    total, since = 0.0, None
    for event in request.events:
        if event.line < before and event.kind == "calling.call.play":
            if event.body.get("state") == "paused":
                since = event.at
            elif since is not None:
                total, since = total + event.at - since, None
    return total


def _went_wrong(request: Request) -> bool:
    """Tell whether a playback ended in another way than by being over."""
    states = [event.body.get("state") for event in request.events if event.kind == "calling.call.play"]
    return any(state not in {"playing", "paused", "finished"} for state in states) or (
        request.method == "calling.play_and_collect" and not _is_understood(request)
    )


def _is_understood(request: Request) -> bool:
    results = {_result(event) for event in request.events if event.kind == "calling.call.collect"}
    return results <= {*INPUT, "no_input", "start_of_input"}


def _is_simulated(story: Story, request: Request) -> bool:
    """Tell whether a collection gives its results by what the far end does."""
    if request.method == "calling.play_and_collect":
        return _is_understood(request)
    if request.params.get("start_input_timers") is True:
        return _is_understood(request)
    told = [event for event in request.events if event.kind == "calling.call.collect"]
    return all(
        _result(event) in {*INPUT, "start_of_input"} or _is_ended_by_others(story, request, event) for event in told
    )


def _result(event: Event) -> str:
    result = event.body.get("result")
    return str(result.get("type") or "") if isinstance(result, dict) else ""


# What is told


def _told(story: Story, request: Request) -> Course:
    """Return the events of an operation as they were told."""
    events: list[Told] = []
    before: Event | None = None
    for event in request.events:
        last = is_last(event) and event is request.events[-1]
        if last and _is_ended_by_others(story, request, event):
            return Course(events=tuple(events), ending=_fields(event))
        if story.is_too_late(event.line):
            break
        together = before is not None and story.come_together(before.line, event.line)
        at = events[-1].at if together else max(0.0, event.at - request.at)
        events.append(Told(at, _fields(event), last, event.kind))
        before = event
    return Course(events=_at_once(story, request, events))


def _at_once(story: Story, request: Request, events: list[Told]) -> tuple[Told, ...]:
    """Let what came with the reply come at once: what was between was the way of the frames."""
    if not events or request.replied is None:
        return tuple(events)
    first = request.events[0]
    if first.line > request.replied and not story.come_together(request.replied, first.line):
        return tuple(events)
    at = events[0].at
    return tuple(Told(0.0, told.fields, told.last, told.event_type) if told.at == at else told for told in events)


def _is_ended_by_others(story: Story, request: Request, event: Event) -> bool:
    """Tell whether the app, or the end of the call, ended an operation, which then did not end by itself."""
    stop = "calling.queue.leave" if request.method == "calling.queue.enter" else f"{request.method}.stop"
    if story.asked(stop, before=event.line, control_id=request.control_id):
        return True
    for method in ("calling.end", "calling.transfer"):
        if story.asked(method, before=event.line, call_id=request.call_id):
            return True
    return story.is_too_late(event.line)


def _fields(event: Event) -> dict[str, Any]:
    return {key: value for key, value in event.body.items() if key not in _IDS}


def _inside(body: dict[str, Any], name: str) -> dict[str, Any]:
    part = body.get(name)
    params = part.get("params") if isinstance(part, dict) else None
    return params if isinstance(params, dict) else {}
