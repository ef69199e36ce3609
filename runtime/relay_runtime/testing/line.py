"""A line that a test holds: the far end of one call, driven step by step from the test's own greenlet.

Every method that says what happens on the line blocks the current greenlet until it has happened, and returns the line.
What is expected and does not happen raises `LineFailure`, and leaves the call as it is. Times are seconds of the clock
that the test runs by. The steps are those of `relay_runtime.sandbox.Script`, under the same names.
"""

# `__tracebackhide__` has pytest show the line of the test, and no frame of the kit.

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Self

import gevent
from gevent.event import Event

from relay_runtime.sandbox.script.run import Outcome, Run, Status
from relay_runtime.sandbox.script.script import Script
from relay_runtime.sandbox.script.steps import Step
from relay_runtime.sandbox.script.transcript import Entry
from relay_runtime.testing.failure import LineFailure
from relay_runtime.testing.happened import nobody_there, what_happened
from relay_runtime.testing.seconds import checked_seconds
from relay_runtime.testing.switchboard import NO_CODE, FarEnd, Switchboard

__all__ = ["Line"]

_DO: Final = Script()
_PATIENCE: Final = 10.0


class Line:
    """One call, as the person at its far end has it.

    Args:
        board: the switchboard that it is connected by.
        far_end: the far end of the call; None while there is none.
    """

    def __init__(self, board: Switchboard, far_end: FarEnd | None = None) -> None:
        self._board = board
        self._far_end = far_end

    def __repr__(self) -> str:
        state = "waits to be dialled" if self._far_end is None else f"{self.call_id} {self.status}"
        return f"<{type(self).__name__} {state}>"

    # What is known of it; never blocks

    @property
    def call_id(self) -> str:
        """The id of the call, which the app's call has too."""
        return self._here().run.call_id

    @property
    def number(self) -> str:
        """The number of this end."""
        return self._here().run.number

    @property
    def status(self) -> Status:
        """What became of the call so far."""
        return self._here().run.status

    @property
    def outcome(self) -> Outcome | None:
        """How the call went; None while it is not over."""
        return self._here().run.outcome

    @property
    def heard(self) -> tuple[str, ...]:
        """What was heard so far, in order: words as far as they were said, URLs of audio."""
        return self._here().performer.heard

    @property
    def transcript(self) -> tuple[Entry, ...]:
        """What has happened so far, oldest first."""
        return self._here().run.transcript

    # What a person hears

    def hears(self, text: str, within: float = _PATIENCE) -> Self:
        """Wait until ``text`` has been said, or its URL is played; case does not matter.

        It looks at what was heard behind the last ``hears`` that came true, also when the call is over.

        Args:
            text: a part of the words, or of the URL.
            within: seconds to wait at most.

        Raises:
            ValueError: the text is empty, or the seconds are none.
            LineFailure: it was not heard in this time, or the call is over without it.
        """
        __tracebackhide__ = True
        return self._happens(_DO.hears(text, None).steps[0], within)

    def hears_digits(self, digits: str, within: float = _PATIENCE) -> Self:
        """Wait until the app has sent these digits (``calling.send_digits``); arguments and errors as for `hears`."""
        __tracebackhide__ = True
        return self._happens(_DO.hears_digits(digits, None).steps[0], within)

    def does_not_hear(self, text: str, during: float) -> Self:
        """Listen for a time, in which ``text`` is not heard to its end.

        Args:
            text: as for `hears`; what was heard behind the last `hears` counts as well.
            during: seconds to listen. A call that is over, or ends meanwhile, is not listened to any longer.

        Raises:
            ValueError: the text is empty, or the seconds are none.
            LineFailure: it was heard.
        """
        __tracebackhide__ = True
        step = _DO.hears(text, None).steps[0]
        far_end = self._reached(checked_seconds("during", during))
        if self._performed(far_end, step, during):
            raise self._failure(f"not to {step.describe()} for {during:g} s", "it was heard")
        return self

    def hears_busy(self, within: float = _PATIENCE) -> Self:
        """Wait until the app refuses the call as busy; see `is_refused`."""
        __tracebackhide__ = True
        return self.is_refused(within, reason="busy")

    # What a person does

    def presses(self, digits: str, gap: float = 0.1, within: float = _PATIENCE) -> Self:
        """Press keys (0-9 * # A-D).

        Args:
            digits: the keys.
            gap: seconds from one to the next.
            within: seconds to wait for an answer first, if there was none yet.

        Raises:
            ValueError: there is no such key, or the seconds are none.
            LineFailure: the call was not answered, or is over.
        """
        __tracebackhide__ = True
        return self._acts(_DO.presses(digits, gap).steps[0], within)

    def says(self, text: str, within: float = _PATIENCE) -> Self:
        """Speak, for as long as the text takes; ``within`` and errors as for `presses`."""
        __tracebackhide__ = True
        return self._acts(_DO.says(text).steps[0], within)

    def waits(self, seconds: float) -> Self:
        """Do nothing for a time, also while nobody has answered.

        Raises:
            ValueError: the seconds are none.
            LineFailure: the call was over before.
        """
        __tracebackhide__ = True
        step = _DO.waits(seconds).steps[0]
        run = self._reached(_PATIENCE).run
        self._until(run, lambda: False, seconds * self._board.sandbox.settings.time_scale)
        if run.outcome is not None:
            raise self._failure(f"to {step.describe()}")
        return self

    def hangs_up(self) -> Self:
        """Hang up; before an answer, give up. Without effect on a call that is over."""
        __tracebackhide__ = True
        self._reached(_PATIENCE).run.hang_up()
        return self

    def hangs_up_while_hearing(self, text: str, within: float = _PATIENCE) -> Self:
        """Hang up in mid-prompt, as soon as ``text`` has been said; arguments and errors as for `hears`."""
        __tracebackhide__ = True
        return self.hears(text, within).hangs_up()

    def texts(self, body: str, to_number: str, context: str) -> Self:
        """Send a text message from this number.

        Raises:
            LineFailure: nobody has subscribed to the context.
        """
        __tracebackhide__ = True
        run = self._reached(_PATIENCE).run
        run.note(run.who, f"texts {body!r}")
        sent = self._board.sandbox.sends_message(
            from_number=run.number, to_number=to_number, body=body, context=context
        )
        if sent is None:
            contexts = self._board.contexts()
            raise self._failure(f"to send a text message to the context {context!r}", nobody_there(context, contexts))
        return self

    # What becomes of the call

    def is_answered(self, within: float = _PATIENCE) -> Self:
        """Wait until the call is answered.

        Args:
            within: seconds to wait at most.

        Raises:
            ValueError: the seconds are none.
            LineFailure: it was not, in this time.
        """
        __tracebackhide__ = True
        return self._becomes("to be answered", lambda end: end.performer.begun, within)

    def is_hung_up_on(self, within: float = 30.0, reason: str | None = None) -> Self:
        """Wait until the other side ends the call, after its answer.

        Args:
            within: seconds to wait at most.
            reason: the end reason that it is to have, such as ``hangup`` or ``error``; None takes any, but for that of
                a crash that the test does not expect.

        Raises:
            ValueError: the seconds are none.
            LineFailure: it was not in this time, or the call has ended in another way.
        """
        __tracebackhide__ = True

        def hung_up(end: FarEnd, ended: Outcome) -> bool:
            return end.performer.begun and (ended.end_source == "outbound" or ended.end_reason == "maxDuration")

        return self._ends("to be hung up on", hung_up, reason, within)

    def waits_for_hangup(self, within: float = 30.0) -> Self:
        """Wait until the other side ends the call: the step of scripts; see `is_hung_up_on`."""
        __tracebackhide__ = True
        return self.is_hung_up_on(within)

    def is_refused(self, within: float = _PATIENCE, reason: str | None = None) -> Self:
        """Wait until the app ends the call before an answer; arguments and errors as for `is_hung_up_on`."""
        __tracebackhide__ = True

        return self._ends("to be refused", lambda _, ended: ended.status is Status.REFUSED, reason, within)

    def is_passed_on(self, within: float = _PATIENCE) -> Self:
        """Wait until the app has passed the call on, and nobody else takes it; errors as for `is_answered`."""
        __tracebackhide__ = True
        return self._becomes("to be passed on", lambda end: end.run.status is Status.PASSED, within)

    def is_transferred(self, within: float = _PATIENCE) -> Self:
        """Wait until the app has handed the call to another application; errors as for `is_answered`."""
        __tracebackhide__ = True
        return self._becomes("to be transferred", lambda end: end.run.status is Status.TRANSFERRED, within)

    def is_unrouted(self, within: float = _PATIENCE) -> Self:
        """Wait until it is known that nobody has subscribed to the context; errors as for `is_answered`."""
        __tracebackhide__ = True
        return self._becomes("to reach nobody", lambda end: end.run.status is Status.UNROUTED, within)

    def stops_ringing(self, within: float = _PATIENCE) -> Self:
        """Wait until a call that the app has dialled is over without an answer; errors as for `is_answered`."""
        __tracebackhide__ = True
        return self._becomes("to stop ringing", lambda end: end.run.status is Status.UNANSWERED, within)

    def app_crashes(self, kind: type[BaseException] = Exception, within: float = _PATIENCE) -> BaseException:
        """Wait until the app's code crashes in this call, and return what it raised; the test has expected it then.

        Args:
            kind: the class of the error.
            within: seconds to wait at most.

        Raises:
            ValueError: the seconds are none.
            LineFailure: it did not crash, in this time.
        """
        __tracebackhide__ = True
        run = self._reached(checked_seconds("within", within)).run
        crash = self._board.crashes.wait(run.call_id, kind, within)
        if crash is None:
            raise self._failure(f"to see the app's code raise {kind.__name__} within {within:g} s")
        return crash.error

    # How it is done

    def _here(self) -> FarEnd:
        if self._far_end is None:
            raise LineFailure("a call", "nobody has dialled this number yet")
        return self._far_end

    def _reached(self, within: float) -> FarEnd:  # noqa: ARG002 (who waits to be dialled waits so long)
        """Return the far end of the call. Blocks until there is one."""
        self._board.check_open()
        return self._here()

    def _happens(self, step: Step, within: float) -> Self:
        """Wait until a step has happened."""
        __tracebackhide__ = True
        far_end = self._reached(checked_seconds("within", within))
        if not self._performed(far_end, step, within):
            raise self._failure(f"to {step.describe()} within {within:g} s")
        return self

    def _acts(self, step: Step, within: float) -> Self:
        """Take a step that takes its own time, once the call is answered."""
        __tracebackhide__ = True
        far_end = self._reached(checked_seconds("within", within))
        answered = self._until(far_end.run, lambda: far_end.performer.begun, within)
        if not answered or not self._performed(far_end, step, None):
            raise self._failure(f"to {step.describe()}")
        return self

    def _performed(self, far_end: FarEnd, step: Step, within: float | None) -> bool:
        performance = far_end.performer.perform((step,))
        try:
            performance.wait(within)
        finally:
            performance.withdraw()
        return performance.done

    def _becomes(self, wanted: str, condition: Callable[[FarEnd], bool], within: float) -> Self:
        """Wait until something holds of the far end."""
        __tracebackhide__ = True
        far_end = self._reached(checked_seconds("within", within))
        if not self._until(far_end.run, lambda: condition(far_end), within):
            raise self._failure(f"{wanted} within {within:g} s")
        return self

    def _ends(self, wanted: str, ending: Callable[[FarEnd, Outcome], bool], reason: str | None, within: float) -> Self:
        """Wait until the call has ended in a way, and by a reason."""
        __tracebackhide__ = True
        end = self._reached(checked_seconds("within", within))
        run = end.run
        if self._until(run, lambda: run.outcome is not None and ending(end, run.outcome), within):
            assert run.outcome is not None
            if self._ends_by(run.outcome, reason):
                return self
            instead = what_happened(run, self._board.contexts(), "with the reason {}")
            raise self._failure(
                f"{wanted} within {within:g} s{_by(reason) or ' with another reason than error'}", instead
            )
        raise self._failure(f"{wanted} within {within:g} s{_by(reason)}")

    def _ends_by(self, ended: Outcome, reason: str | None) -> bool:
        """Tell whether a call has ended by a reason; None is any but a crash that nobody expects."""
        if reason is None and ended.end_reason == "error":
            return not self._board.crashes.unexpected(ended.call_id)
        return reason in {None, ended.end_reason}

    def _failure(self, expected: str, instead: str = "") -> LineFailure:
        """Return what is to be raised when something did not come true."""
        __tracebackhide__ = True
        run, board = self._here().run, self._board
        where = board.stands(run.call_id) or ("" if run.outcome else NO_CODE)
        return LineFailure(
            f"the {run.who} {expected}",
            instead or what_happened(run, board.contexts()),
            where=where,
            crash="\n".join(crash.text for crash in board.crashes.unexpected(run.call_id)),
            transcript=run.transcript,
        )

    def _until(self, run: Run, condition: Callable[[], bool], within: float) -> bool:
        """Wait until something holds, or the call is over; return whether it holds."""
        changed = Event()
        end = run.watch(lambda _: changed.set())
        try:
            with gevent.Timeout(within, False):  # type: ignore[arg-type]  # the stubs know no False
                while not condition() and run.outcome is None:
                    changed.clear()
                    changed.wait()
        finally:
            end()
        return condition()


def _by(reason: str | None) -> str:
    return f" with the reason {reason}" if reason else ""
