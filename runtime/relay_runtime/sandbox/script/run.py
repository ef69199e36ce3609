"""A script being performed on a call, and its outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from gevent.event import Event

from relay_runtime.sandbox.ground.clock import now
from relay_runtime.sandbox.ground.ground import Ground
from relay_runtime.sandbox.script.performer import Performer
from relay_runtime.sandbox.script.script import Script

if TYPE_CHECKING:
    from relay_runtime.sandbox.calls.call import Call

__all__ = ["Entry", "Outcome", "Run", "Status"]


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


class Entry(NamedTuple):
    """A line of a transcript.

    Attributes:
        at: real seconds since the call was placed.
        who: ``caller``, ``callee``, ``client`` or ``network``.
        what: what happened.
    """

    at: float
    who: str
    what: str


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


class Run:
    """A script at the far end of one call.

    Args:
        script: what the far end does.
        ground: what it stands on.
        number: the far end's number, when the script does not name it.
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
        self._transcript: list[Entry] = []
        self._began = now()
        self._over = Event()
        self._performer: Performer | None = None

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
            doing = f"; the script waits to {self._performer.doing}" if self._performer else ""
            raise TimeoutError(f"call {self.call_id} is still {self.status} after {timeout} s{doing}")
        return self.outcome

    def note(self, who: str, what: str) -> None:
        """Write a line into the transcript."""
        self._transcript.append(Entry(now() - self._began, who, what))

    def placed(self, call: Call) -> None:
        """Begin to wait for an answer, with the patience the script has."""
        self._performer = Performer(self, call)
        self._performer.waits_for_answer()

    def answered(self, call: Call) -> None:
        """Begin the script: the call is answered."""
        self.status = Status.ANSWERED
        counters = self._ground.counters
        if call.direction == "inbound":
            counters.answered += 1
        else:
            counters.dialed_answered += 1
        self.note("client" if call.direction == "inbound" else self.who, "answers")
        if self._performer is None:
            self._performer = Performer(self, call)
        self._performer.begin()

    def ended(self, call: Call) -> None:
        """Close the books: the call is over."""
        source = {"inbound": self.who, "outbound": "client"}.get(call.end_source, "network")
        self.note(source, f"ends the call: {call.end_reason}")
        self._settle(call)
        if self._performer is not None:
            self._performer.call_over()
            self._performer = None
        if self.failure is not None:
            self._ground.counters.failed_scripts += 1
        self.outcome = self._outcome(call)
        self.call = None
        self._over.set()

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

    def _outcome(self, call: Call) -> Outcome:
        return Outcome(
            status=self.status,
            end_reason=call.end_reason,
            end_source=call.end_source,
            failure=self.failure,
            heard=tuple(sound.words for sound in call.line.heard if sound.kind not in {"silence", "digits"}),
            digits=call.line.pressed,
            transcript=self.transcript,
            call_id=call.call_id,
            number=self.number,
            seconds=now() - self._began,
        )
