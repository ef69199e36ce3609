"""A script being performed on a call, and its outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from gevent.event import Event

from relay_runtime.sandbox.ground.clock import now
from relay_runtime.sandbox.ground.ground import Ground
from relay_runtime.sandbox.ground.line import Listener
from relay_runtime.sandbox.ground.watchers import Watchers
from relay_runtime.sandbox.script.performance import Performance
from relay_runtime.sandbox.script.performer import Performer
from relay_runtime.sandbox.script.script import Script
from relay_runtime.sandbox.script.steps import Step
from relay_runtime.sandbox.script.transcript import Entry, transcript_text

if TYPE_CHECKING:
    from relay_runtime.sandbox.calls.call import Call

__all__ = ["Outcome", "Run", "ScriptFailed", "Status"]


class Status(StrEnum):
    """What became of a call, seen from its far end."""

    WAITING = "waiting"  # offered or ringing
    ANSWERED = "answered"
    REFUSED = "refused"  # the client ended it before an answer
    PASSED = "passed"  # the client passed it, and nobody else took it
    UNROUTED = "unrouted"  # nobody had subscribed to the context
    ABANDONED = "abandoned"  # the caller gave up before an answer
    LOST = "lost"  # the client's session was over before an answer
    TRANSFERRED = "transferred"  # the client handed it to another application
    UNANSWERED = "unanswered"  # a dialled number that was busy, declined, did not answer ...


class ScriptFailed(AssertionError):
    """A script was not performed to its end; the text says which step failed, and what happened on the call.

    Args:
        outcome: how the call went.

    Attributes:
        outcome: see above.
    """

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"{outcome.failure}\nthe call, with its seconds:\n{transcript_text(outcome.transcript, 3)}")
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call went, seen from its far end.

    Attributes:
        status: what became of it.
        end_reason: why it ended.
        end_source: which side ended it: ``inbound`` is the far end, ``outbound`` the client.
        failure: the step of the script that did not happen, or None.
        heard: what the far end heard, in order: words as far as they were said, URLs of audio.
        digits: the keys that the far end pressed.
        transcript: everything with its time.
        call_id: the call.
        number: the far end's number.
        seconds: real seconds from placing to the end.
    """

    status: Status
    end_reason: str
    end_source: str
    failure: str | None
    heard: tuple[str, ...]
    digits: str
    transcript: tuple[Entry, ...] = field(repr=False)
    call_id: str
    number: str = field(repr=False)
    seconds: float

    @property
    def answered(self) -> bool:
        """Whether the call was answered."""
        return self.status is Status.ANSWERED

    @property
    def ok(self) -> bool:
        """Whether no step of the script failed; a call that was never answered had none to do."""
        return self.failure is None

    def check(self) -> Self:
        """Return the outcome if it is `ok`.

        Raises:
            ScriptFailed: an `AssertionError`: the script failed; the text has the failure and the transcript.
        """
        __tracebackhide__ = True
        if not self.ok:
            raise ScriptFailed(self)
        return self


class Run:
    """A script at the far end of one call.

    Args:
        script: what the far end does.
        ground: what it stands on.
        number: the far end's number, when the script does not name it.

    Attributes:
        script: see above.
        number: see above.
        status: what became of the call so far.
        failure: the step of the script that did not happen, or None.
        outcome: how the call went; None until it is over.
        call_id: the call.
        call: the call; None once it is over.
        performer: who performs the script; None once the call is over, which it outlives for who holds it.
    """

    def __init__(self, script: Script, ground: Ground, number: str = "") -> None:
        self.script = script
        self._ground = ground
        self.number = number or getattr(script, "number", "")
        self.status = Status.WAITING
        self.failure: str | None = None
        self.outcome: Outcome | None = None
        self.call_id = ""
        self.call: Call | None = None
        self.performer: Performer | None = None
        self._transcript: list[Entry] = []
        self._watchers: Watchers[Entry | None] = Watchers()
        self._began = now()
        self._over = Event()

    def __repr__(self) -> str:
        return f"<Run {self.call_id or '-'} {self.status}>"

    @property
    def who(self) -> str:
        """The name of the far end in transcripts."""
        return self.script.who

    @property
    def transcript(self) -> tuple[Entry, ...]:
        """What has happened so far, oldest first."""
        return tuple(self._transcript)

    def wait(self, timeout: float = 10.0) -> Outcome:
        """Return the outcome once the call is over; blocks the calling greenlet.

        Args:
            timeout: real seconds to wait at most.

        Raises:
            TimeoutError: the call is not over by then; the text says what it waits for.
        """
        if not self._over.wait(timeout) or self.outcome is None:
            doing = f"; the script waits to {self.performer.doing}" if self.performer else ""
            raise TimeoutError(f"call {self.call_id} is still {self.status} after {timeout} s{doing}")
        return self.outcome

    def perform(self, *steps: Script | Step) -> Performance:
        """Have the far end take further steps, behind those that are there; it begins when the call is answered.

        A step that does not happen in its ``timeout`` ends the performance, and the call goes on. Never blocks.

        Args:
            steps: scripts, such as ``Caller().hears("Goodbye").hangs_up()``, of which the steps count; or single steps.

        Returns:
            What one can wait for; on a call that is over it has failed.
        """
        taken = tuple(each for given in steps for each in (given.steps if isinstance(given, Script) else (given,)))
        if self.performer is not None:
            return self.performer.perform(taken)
        performance = Performance(taken, None)
        performance.end(f"the call is over ({self.outcome.end_reason if self.outcome else self.status})")
        return performance

    def answer(self) -> bool:
        """Have the far end take the call that rings there; return False if none does. Never blocks.

        Whether its script would have answered does not count: ``Callee().never_answers()`` rings until this is called.
        """
        pick_up = None if self.call is None else self.call.pick_up
        if pick_up is None:
            return False
        pick_up()
        return True

    def hang_up(self) -> None:
        """Have the far end put the phone down now, answered or not. Without effect on a call that is over."""
        if self.performer is not None:
            self.performer.hang_up()

    def watch(self, told: Callable[[Entry | None], object]) -> Callable[[], None]:
        """Have ``told(entry)`` called with each line of the transcript as it comes; return what ends that.

        ``told(None)`` says that the call is over and the outcome there; nothing comes behind it. It is called in the
        greenlets of the sandbox, and must neither block nor raise.
        """
        return self._watchers.add(told)

    def listen(self, told: Listener) -> None:
        """Have ``told(sound, change)`` called with each sound that the far end hears, and with what becomes of it.

        It is called in the greenlets of the sandbox, and must neither block nor raise. There is one who listens.
        """
        if self.call is not None:
            self.call.line.listener = told

    def note(self, who: str, what: str) -> None:
        """Write a line into the transcript."""
        entry = Entry(now() - self._began, who, what)
        self._transcript.append(entry)
        self._watchers.tell(entry)

    def made(self, call: Call) -> None:
        """Take the call whose far end this is."""
        self.call, self.call_id = call, call.call_id
        self.performer = Performer(self, call)

    def placed(self) -> None:
        """Begin to wait for an answer, with the patience the script has."""
        if self.performer is not None:
            self.performer.waits_for_answer()

    def answered(self, call: Call) -> None:
        """Begin the script: the call is answered."""
        self.status = Status.ANSWERED
        counters = self._ground.counters
        if call.direction == "inbound":
            counters.answered += 1
        else:
            counters.dialed_answered += 1
        self.note("client" if call.direction == "inbound" else self.who, "answers")
        if self.performer is not None:
            self.performer.begin()

    def ended(self, call: Call) -> None:
        """Close the books: the call is over."""
        source = {"inbound": self.who, "outbound": "client"}.get(call.end_source, "network")
        self.note(source, f"ends the call: {call.end_reason}")
        self._settle(call)
        performer, self.performer = self.performer, None
        if performer is not None:
            performer.call_over()
        if self.failure is not None:
            self._ground.counters.failed_scripts += 1
        heard = () if performer is None else performer.heard
        self.outcome = self._outcome(call, heard)
        self.call = None
        self._over.set()
        self._watchers.tell(None)
        self._watchers.clear()

    def _settle(self, call: Call) -> None:
        """Decide what became of a call that was never answered, and count it."""
        counters = self._ground.counters
        if self.status is Status.WAITING:
            if call.direction == "outbound":
                self.status = Status.UNANSWERED
            elif call.end_source == "outbound":
                self.status = Status.REFUSED
            else:
                self.status = Status.ABANDONED if call.end_source == "inbound" else Status.LOST
        if call.direction == "inbound":
            counters.ended += 1
            counters.refused += self.status is Status.REFUSED
            counters.passed += self.status is Status.PASSED
            counters.unrouted += self.status is Status.UNROUTED
            counters.abandoned += self.status is Status.ABANDONED

    def _outcome(self, call: Call, heard: tuple[str, ...]) -> Outcome:
        return Outcome(
            status=self.status,
            end_reason=call.end_reason,
            end_source=call.end_source,
            failure=self.failure,
            heard=heard,
            digits=call.line.pressed,
            transcript=self.transcript,
            call_id=call.call_id,
            number=self.number,
            seconds=now() - self._began,
        )
