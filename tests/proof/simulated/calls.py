"""The code of the simulated calls: each does some things by chance, and writes down what becomes of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import gevent

from proof.simulated.laws import Story
from relay_actors.call.call import CallActor
from relay_actors.kit import clock
from relay_runtime import ConnectionLost, NotConnected, RelayError, RelayTimeout, RequestTimeout, phone

if TYPE_CHECKING:
    from proof.simulated.play import Play

__all__ = ["CALLEES", "LAST", "US", "Hooked", "Talker", "number_of", "serve", "telephone"]

US = "+15550100099"
CALLEES = ("+15550120001", "+15550120002", "+15550120003", "+15550120004", "+15550120005")
"""Numbers that calls connect to, and that are dialled from within calls."""

LAST = 9_000_000
"""Numbers of items that come behind all others: these are served for sure."""

_TRIES = 30
_WORDS = "Thank you for calling. Your call is important to us, and somebody will be with you in a moment."

T = TypeVar("T")


class CrashedOnPurpose(Exception):
    """What code of the user raises."""


def telephone(number: int) -> str:
    """Return the telephone number by which an item is known again."""
    return f"+1777{number:07d}"


def number_of(telephone: object) -> int:
    """Return the item of a telephone number, or -1."""
    return int(telephone[5:]) if isinstance(telephone, str) and telephone.startswith("+1777") else -1


class Program:
    """What the code of a call does, whoever runs it: a class of calls or a handler.

    Args:
        play: the simulation.
        call: the call.
        number: the item that made it.
        by: what made it: empty for the item itself, or a call, whose own calls make no further ones.
    """

    def __init__(self, play: Play, call: Any, number: int, by: str = "") -> None:
        self.play = play
        self.books = play.books
        self.call = call
        self.chance = chance = random.Random(f"{play.schedule.seed}/{number}/code {by}")
        self.story = Story(number, call, call.call_id, call.direction == "inbound", clock.monotonic())
        self.things = chance.choices(_THINGS, _WEIGHTS, k=chance.randrange(1, 9))
        if by:
            self.things = [thing for thing in self.things if thing is not Program.dials]
        self.words = _WORDS[: chance.randrange(10, len(_WORDS))]
        play.begins(self.story)
        if chance.random() < 0.1:
            self.books.pending += 1
            gevent.spawn(self._wait_for_nothing)

    def _wait_for_nothing(self) -> None:
        """Wait from outside, without a limit, for what never comes: the end of the call must end it."""
        try:
            self.call.wait_for("calling.call.tap")
            self.books.wrong("waits end", "a wait for an event that never came returned")
        except RelayError:
            pass
        finally:
            self.books.pending -= 1

    def run(self) -> None:
        try:
            if self.story.inbound and (self.chance.random() < 0.97 or self.story.number >= LAST):
                self.step("answer", self.call.answer)
                self.awaits("answered", self.call.wait_for_answered)
            for thing in self.things:
                self.tries(thing)
            if self.chance.random() < 0.9:
                self.step("hangup", self.call.hangup)
                self.awaits("ended", self.call.wait_for_ended)
            else:  # the far end has to
                self.awaits("ended", self.call.wait_for_ended, 700.0)
            if self.chance.random() < 0.03:
                gevent.sleep(100.0)  # outlives its call, and is ended
        except BaseException:
            self.story.crashes = True
            raise
        finally:
            self.story.finished = True

    def tries(self, thing: Callable[[Program], None]) -> None:
        """Do something; now and then a command that the server refuses crashes the code."""
        try:
            thing(self)
        except RelayError as error:
            if not error.code or self.chance.random() < 0.2:
                raise

    def step(self, what: str, command: Callable[[], T]) -> T:
        """Send a command, again when its outcome is unknown."""
        for _ in range(_TRIES):
            try:
                return self.books.timed(what, self.play.timing.request_timeout, command)
            except (ConnectionLost, RequestTimeout):
                continue
            except NotConnected:
                if self.play.wire.away:
                    raise
                gevent.sleep(1.0)
        raise RelayTimeout(f"{what} did not work in {_TRIES} tries")

    def awaits(self, what: str, wait: Callable[[float], object], limit: float | None = None) -> bool:
        """Wait for something that a fault may have swallowed."""
        limit = self.chance.choice([5.0, 20.0, 60.0]) if limit is None else limit
        try:
            self.books.timed(what, limit, lambda: wait(limit))
        except RelayTimeout:
            return False
        return True

    def crashes(self, why: str) -> None:
        self.story.crashes = True
        raise CrashedOnPurpose(why)

    # What it does

    def speaks(self) -> None:
        self.awaits("play", self.step("play", lambda: self.call.play_tts(self.words)).wait)

    def speaks_a_little(self) -> None:
        speech = self.step("play", lambda: self.call.play_tts(self.words))
        gevent.sleep(self.chance.uniform(0, 3))
        if self.chance.random() < 0.5:
            self.step("pause", speech.pause)
            self.call.sleep(1.0)
            self.step("resume", speech.resume)
        self.step("stop", speech.stop)
        self.awaits("play", speech.wait)

    def asks(self) -> None:
        collect = {"digits": {"max": self.chance.randrange(1, 4)}, "initial_timeout": self.chance.choice([3, 10, 30])}
        prompt = self.step("ask", lambda: self.call.prompt_tts("Press 1. " + self.words, collect))
        self.awaits("ask", prompt.wait)

    def collects(self) -> None:
        collection = self.step(
            "collect", lambda: self.call.collect(digits={"max": 4, "terminators": "#"}, initial_timeout=8.0)
        )
        self.awaits("collect", collection.wait)

    def records(self) -> None:
        recording = self.step("record", self.call.record)
        self.call.sleep(self.chance.uniform(0.1, 20.0))
        self.step("stop", recording.stop)
        self.awaits("record", recording.wait)

    def does_both(self) -> None:
        done: list[Any] = []
        recording = self.step("record", lambda: self.call.record(on_completed=done.append))
        speech = self.step("play", lambda: self.call.play_tts(self.words, on_completed=done.append))
        self.awaits("play", speech.wait)
        self.step("stop", recording.stop)
        self.awaits("record", recording.wait)

    def detects(self) -> None:
        detector = self.step("detect", lambda: self.call.detect_answering_machine(timeout=10))
        self.awaits("detect", detector.wait)

    def connects(self) -> None:
        number = self.chance.choice(CALLEES)
        self.step("connect", lambda: self.call.connect([[phone(number, from_number=US, timeout=20)]]))
        settled = self.awaits(
            "connect",
            lambda limit: self.call.wait_for(
                "calling.call.connect", lambda event: event.connect_state != "connecting", limit
            ),
        )
        if settled:
            self.call.sleep(self.chance.uniform(0, 30))
        self.step("unbridge", self.call.disconnect)

    def dials(self) -> None:
        number = self.chance.choice(CALLEES)
        with_limit = self.play.timing.dial_timeout
        try:
            other = self.books.timed(
                "dial from a call",
                with_limit,
                lambda: self.call.client.dial([[phone(number, from_number=US, timeout=20)]], call_actor=self._other),
            )
        except RelayError:
            return
        self.call.sleep(1.0)
        try:
            other.hangup()
        except RelayError:
            pass

    def _other(self, setup: Any) -> CallActor:
        return Talker(setup, self.play, self.story.number, "call")

    def texts(self) -> None:
        message = self.step(
            "text", lambda: self.call.client.send_message(to_number="+15550130001", from_number=US, body="Hello")
        )
        self.awaits("delivery", message.wait)

    def sends_digits(self) -> None:
        self.step("send digits", lambda: self.call.send_digits("12#"))

    def holds(self) -> None:
        self.step("hold", self.call.hold)
        self.call.sleep(self.chance.uniform(0, 10))
        self.step("unhold", self.call.unhold)

    def rests(self) -> None:
        self.call.sleep(self.chance.uniform(0, 240))

    def rests_alone(self) -> None:
        gevent.sleep(self.chance.uniform(0, 20))

    def gives_up_early(self) -> None:
        with gevent.Timeout(0.5, False):
            self.step("play", lambda: self.call.play_tts(self.words)).wait(30)

    def fails(self) -> None:
        self.crashes("the code of a call fails")

    def fails_behind(self) -> None:
        def fail(_event: Any) -> None:
            raise CrashedOnPurpose("a callback fails")

        self.call.on("calling.call.play", fail)
        self.speaks()


_WEIGHTED: dict[Callable[[Program], None], float] = {
    Program.speaks: 8, Program.speaks_a_little: 4, Program.asks: 8, Program.collects: 3, Program.records: 4,
    Program.does_both: 3, Program.detects: 2, Program.connects: 3, Program.dials: 1, Program.texts: 2,
    Program.sends_digits: 1, Program.holds: 1, Program.rests: 16, Program.rests_alone: 3, Program.gives_up_early: 1,
    Program.fails: 1, Program.fails_behind: 0.5,
}  # fmt: skip
_THINGS, _WEIGHTS = list(_WEIGHTED), list(_WEIGHTED.values())


class Talker(CallActor):
    """A call with a program of its own; ``number`` is the item of a dial, None for who calls in."""

    def __init__(self, setup: Any, play: Play, number: int | None = None, by: str = "") -> None:
        super().__init__(setup)
        self.program = Program(play, self, number_of(self.from_number) if number is None else number, by)
        self.story = self.program.story

    def run(self) -> None:
        self.program.run()

    def on_event(self, event: Any) -> None:
        self.program.play.wire.handled(self.story, event)

    def on_ended(self, _event: Any) -> None:
        self.story.ends += 1

    def on_told(self, _value: Any) -> None:
        """Take a word of somebody who looks after the client."""


class Hooked(CallActor):
    """A call without `run`: one hook leads to the next."""

    def __init__(self, setup: Any, play: Play) -> None:
        super().__init__(setup)
        self.program = Program(play, self, number_of(self.from_number))
        self.story = self.program.story
        self.story.finished = True
        self.fails = self.program.chance.random() < 0.05

    def on_offer(self) -> None:
        self.program.step("answer", self.answer)

    def on_answered(self) -> None:
        self.program.step("ask", lambda: self.prompt_tts("Press 1.", {"digits": {"max": 1}, "initial_timeout": 5}))

    def on_collect(self) -> None:
        if self.fails:
            self.program.crashes("a hook fails")
        self.program.step("hangup", self.hangup)

    def on_event(self, event: Any) -> None:
        self.program.play.wire.handled(self.story, event)

    def on_ended(self, _event: Any) -> None:
        self.story.ends += 1

    def on_told(self, _value: Any) -> None:
        """Take a word of somebody who looks after the client."""


def serve(play: Play, call: Any) -> None:
    """Serve an inbound call as a function does."""
    program = Program(play, call, number_of(call.from_number))
    program.story.has_code = False
    program.story.ends = 1  # a function has no on_ended
    call.on("*", lambda event: play.wire.handled(program.story, event))
    program.run()
