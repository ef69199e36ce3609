"""Plays the people and the network of a recorded call, while today's code serves it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import gevent
from gevent.event import Event as Flag

from relay_actors.kit import clock
from relay_runtime.client.call_frames import event_in
from relay_runtime.recording.kept import ID_KEYS
from relay_runtime.recording.lines import Line
from relay_runtime.replay.acts import Act, End, acts_of, steps_of
from relay_runtime.replay.courses import course_of
from relay_runtime.replay.live_tokens import LiveTokens
from relay_runtime.replay.matching import Matching
from relay_runtime.replay.people import DIALS, address_of, devices_in, legs_of
from relay_runtime.replay.story import OPERATIONS, Request, Story
from relay_runtime.sandbox import Run, Sandbox
from relay_runtime.sandbox.calls.course import Course, Told

__all__ = ["Player"]

_NOT_PATCHED: Final = frozenset({"code", "message"})
_WITHHELD: Final = 1.0
"""Seconds: a request whose reply did not come in this time, in the recording, gets none."""


class _Asked:
    """A request of today's code that is known from the recording.

    Args:
        recorded: the recorded one.
        same: whether it asks the same.
    """

    def __init__(self, recorded: Request, *, same: bool) -> None:
        self.recorded = recorded
        self.same = same
        self.at = clock.monotonic()
        self.waiting: list[Act] = []  # for the reply
        self.prompted: list[Act] = []  # for the end of its prompt
        self.timers: list[gevent.Greenlet[..., Any]] = []

    def forget(self) -> None:
        """Do nothing more for it: another is the recorded one."""
        for timer in self.timers:
            timer.kill(block=False)
        self.waiting, self.prompted, self.timers = [], [], []


class Player:
    """Knows what was done at the far ends of a recorded call, and does it.

    `told` is for the frames of the call as they pass, and `foresight` for the sandbox.

    Args:
        story: the recorded call.
        tokens: what stands for its tokens.
        sandbox: where the call is played.

    Attributes:
        busy: how many acts have their time and were not done yet.
        changed: set whenever something happened.
        run: the far end of the call itself, once it is known.
    """

    def __init__(self, story: Story, tokens: LiveTokens, sandbox: Sandbox) -> None:
        self.busy = 0
        self.changed = Flag()
        self.run: Run | None = None
        self._story = story
        self._tokens = tokens
        self._sandbox = sandbox
        self._matching = Matching(story)
        self._acts: dict[int | None, list[Act]] = {}
        for act in acts_of(story):
            self._acts.setdefault(act.anchor, []).append(act)
        self._runs: dict[str, Run] = {}  # by the call's id in the recording
        self._recorded: dict[str, str] = {}  # from ids of calls now to those in the recording
        self._asked: dict[str, _Asked] = {}  # by the id of the frame
        self._operations: dict[tuple[str, str], _Asked] = {}  # by what the sandbox calls it, and its control_id
        self._by_line: dict[int, _Asked] = {}
        self._speaking: dict[str, gevent.Greenlet[..., Any]] = {}

    def know(self, run: Run) -> None:
        """Know the far end of a leg as it is made; for `Sandbox.watch`."""
        leg = run.script.facts.get("leg")
        if run.script.who == "callee" and leg:
            self._know(run, str(leg))

    def begin(self, run: Run) -> None:
        """Take the far end of the inbound call, which has been offered."""
        self._know(run, self._story.call_id)
        for act in self._acts.pop(None, ()):
            self._later(act, act.offset)

    def _know(self, run: Run, recorded: str) -> None:
        self._runs[recorded] = run
        self._recorded[run.call_id] = recorded
        if recorded == self._story.call_id:
            self.run = run

    # What passes

    def told(self, line: Line, frame: dict[str, Any]) -> None:
        """Take a frame of the call: masked, and as it passed."""
        method = frame.get("method")
        if line.direction == "out" and isinstance(method, str):
            self._request(line, frame, method)
        elif line.direction == "in" and method is None:
            asked = self._asked.pop(repr(frame.get("id")), None)
            if asked is not None:
                self._replied(asked)
        elif line.direction == "in":
            self._event(*event_in(frame))
        self.changed.set()

    def _request(self, line: Line, frame: dict[str, Any], method: str) -> None:
        params = line.frame.get("params")
        request = Request(0, line.at, method, params if isinstance(params, dict) else {})
        passed = frame.get("params")
        own = passed if isinstance(passed, dict) else {}
        recorded, same = self._matching.take(request, self._recorded.get(str(own.get("call_id") or ""), ""))
        if recorded is None:
            # So that each request has its arm, and the next one takes no other's. Whatever was sent has its arm, a
            # misspelled method too: `Sandbox.arm` would refuse it.
            self._sandbox.faults.arm(method, patch={})
            return
        before = self._by_line.get(recorded.line)
        if before is not None:
            before.forget()
        asked = self._by_line[recorded.line] = self._asked[repr(frame.get("id"))] = _Asked(recorded, same=same)
        if method in OPERATIONS:
            self._operations[OPERATIONS[method], str(own.get("control_id") or "")] = asked
        if method in DIALS:
            self._expect(recorded, frame)
        self._arm(recorded)
        self._schedule(asked)

    def _arm(self, recorded: Request) -> None:
        """Have the sandbox reply to the request that passes now as was replied to the recorded one."""
        fill, reply = self._tokens.filled, recorded.reply
        if any(act.unanswered for act in self._acts.get(recorded.line, ())):
            effect: dict[str, Any] = {"reply": {}, "withhold": True}  # the call is over before it comes to anything
        elif reply is None:
            late = self._story.recording.end.at - recorded.at > _WITHHELD
            effect = {"withhold": True} if late else {"patch": {}}
        elif "error" in reply:
            effect = {"error": fill(reply["error"])}
        elif recorded.is_taken:
            extra = {key: value for key, value in reply["result"].items() if key not in ID_KEYS | _NOT_PATCHED}
            effect = {"patch": fill(extra)}
        else:
            result = fill(reply.get("result") or {})
            effect = {"reply": {**result, **{key: f"{{{key}}}" for key in result if key in ID_KEYS}}}
        self._sandbox.faults.arm(recorded.method, **effect)

    def _expect(self, recorded: Request, frame: dict[str, Any]) -> None:
        """Say who answers the numbers that are dialled now: in their order those of the recorded request."""
        for device, leg in zip(devices_in(frame.get("params") or {}), legs_of(self._story, recorded), strict=False):
            address = address_of(device)
            if address:
                self._sandbox.on_dial(address, leg.callee())

    def _replied(self, asked: _Asked) -> None:
        waiting, asked.waiting = asked.waiting, []
        for act in waiting:
            self._later(act, max(0.0, asked.at + act.offset - clock.monotonic()), asked)

    def _event(self, kind: str, body: dict[str, Any]) -> None:
        if kind == "calling.call.play" and body.get("state") == "finished":
            asked = self._operations.get(("play_and_collect", str(body.get("control_id") or "")))
            if asked is not None:
                prompted, asked.prompted = asked.prompted, []
                for act in prompted:
                    self._later(act, act.offset, asked)

    # What the far ends do

    def _schedule(self, asked: _Asked) -> None:
        for act in self._acts.get(asked.recorded.line, ()):
            if act.since == "prompt":
                asked.prompted.append(act)
            elif act.unanswered or asked.recorded.reply is None:
                self._later(act, act.offset, asked)
            else:
                asked.waiting.append(act)

    def _later(self, act: Act, seconds: float, asked: _Asked | None = None) -> None:
        self.busy += 1
        timer = gevent.spawn_later(seconds, self._act, act)
        timer.link(self._done)
        if asked is not None:
            asked.timers.append(timer)

    def _done(self, _: object) -> None:
        self.busy -= 1
        self.changed.set()

    def _act(self, act: Act) -> None:
        run = self._runs.get(act.call_id)
        if run is None or run.call is None:
            return
        what = act.what
        if isinstance(what, End):
            run.call.end(what.reason, what.source)
        else:
            run.perform(steps_of(what, self._tokens.filled))

    def foresight(self, call_id: str, kind: str, control_id: str) -> Course | None:  # noqa: ARG002
        """Say how an operation goes; for `Exchange.foresight`."""
        asked = self._operations.get((kind, control_id))
        if asked is None:
            return None
        course = course_of(self._story, asked.recorded)
        if course is None or (course.events is None and not asked.same):
            return None  # another prompt lasts as long as it is
        return _filled(course, self._tokens.filled)


def _filled(course: Course, fill: Callable[[Any], Any]) -> Course:
    told = partial(_told, fill)
    events = None if course.events is None else tuple(map(told, course.events))
    return Course(seconds=course.seconds, at_least=course.at_least, events=events, ending=fill(dict(course.ending)))


def _told(fill: Callable[[Any], Any], told: Told) -> Told:
    return Told(told.at, fill(dict(told.fields)), told.last, told.event_type)
