"""Waiting for events of a call, and listening to them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from relay_actors.call.core import CallCore
from relay_actors.call.messages import AddListener, OpenWait, Predicate, Wait
from relay_actors.errors import CallEnded, RelayTimeout
from relay_actors.kit.offload import run_in_thread
from relay_actors.wire import call_state
from relay_actors.wire.events import CallStateEvent, RelayEvent, make_event

__all__ = ["Waits"]

T = TypeVar("T")

_OFFLOADED: Final = "offloaded work"  # the type of no event: the end of the call ends the wait, and nothing else


class Waits(CallCore):
    """The waits of a call; each may be called from any greenlet and blocks only that one."""

    def on(self, event_type: str, handler: Callable[[Any], object]) -> None:
        """Call ``handler(event)`` with each event of this call of a type (``*`` for all). Never blocks.

        The handler runs in the call's greenlet, as hooks do, and may use the call's verbs.
        """
        if not callable(handler):
            raise TypeError(f"handler must be callable, not {type(handler).__name__}")
        if self.inside:
            self._add_listener(event_type, handler)
        else:
            self.ref.offer(AddListener(event_type, handler))

    def wait_for(self, event_type: str, predicate: Predicate | None = None, timeout: float | None = None) -> RelayEvent:
        """Wait for the next event of a type and return it.

        What came while the last verb waited for its reply counts as next, and so does, if there is a predicate, the
        state that the call is in: states are told once.

        Args:
            event_type: the type on the wire, such as ``calling.call.play``; ``*`` for any.
            predicate: called with each event of the type; the wait ends at the first for which it is true. It must not
                block.
            timeout: seconds to wait at most; None waits as long as call and session last.

        Raises:
            RelayTimeout: the time is over.
            CallEnded: the call ended first.
            SessionLost: the connection came back without the session.
        """
        wait = Wait(event_type, predicate)
        if self.inside:
            self._open_wait(wait)
        elif not self.ref.offer(OpenWait(wait)):
            raise self._ended_error()
        try:
            if not self.wait_for_future(wait.future, timeout):
                raise RelayTimeout(f"no {event_type} within {timeout:g} s")
            event: RelayEvent = wait.future.get()
        except BaseException:
            wait.future.resolve(None)  # it takes no event any more, and is forgotten with the next
            raise
        return event

    def offload(self, function: Callable[..., T], *args: Any, timeout: float | None = None, **kwargs: Any) -> T:
        """Run ``function(*args, **kwargs)`` on a thread and return its result: work that would block everybody.

        Waits as `wait_for` does: in the call's own code hooks run meanwhile. Ten pieces of work run at once, the others
        wait for their turn; what nobody waits for any more when its turn comes is not begun. Work that has begun goes
        on to its end, and its result is dropped. Also for clean-up: on a call that is over, its result is waited for.

        The function runs outside of the call: it must not use the call or the client, which belong to their own thread.

        Args:
            function: what to run: a database driver, a library that blocks, a long computation.
            args: its arguments.
            timeout: seconds to wait at most, the wait for a thread included; None waits as long as the call lasts. An
                argument of the function that has this name goes in by `functools.partial`.
            kwargs: its keyword arguments.

        Raises:
            RelayTimeout: the time is over.
            CallEnded: the call ended first.
            SessionLost: the connection came back without the session.
            Exception: whatever the function raised.
        """
        if not callable(function):
            raise TypeError(f"function must be callable, not {type(function).__name__}")
        wait = Wait(_OFFLOADED, None)
        run_in_thread(partial(function, *args, **kwargs), wait.future)
        if self._over is None:
            if self.inside:
                self._open_wait(wait)
            else:
                self.ref.offer(OpenWait(wait))
        try:
            if not self.wait_for_future(wait.future, timeout):
                raise RelayTimeout(f"the offloaded work did not end within {timeout:g} s")
            result: T = wait.future.get()
        except BaseException:
            wait.future.resolve(None)  # work that has not begun is not begun any more
            raise
        return result

    def wait_for_ringing(self, timeout: float | None = None) -> RelayEvent:
        """Wait until the call rings; returns at once if it has rung. See `wait_for`."""
        return self._wait_for_state(call_state.RINGING, timeout)

    def wait_for_answered(self, timeout: float | None = None) -> RelayEvent:
        """Wait until the call is answered; returns at once if it was. See `wait_for`."""
        return self._wait_for_state(call_state.ANSWERED, timeout)

    def wait_for_ending(self, timeout: float | None = None) -> RelayEvent:
        """Wait until the call is ending or has ended. See `wait_for`."""
        return self._wait_for_state(call_state.ENDING, timeout)

    def wait_for_ended(self, timeout: float | None = None) -> RelayEvent:
        """Wait until the call has ended, and return the event that said so. See `wait_for`.

        Raises:
            RelayTimeout: the time is over; the call goes on.
        """
        return self._wait_for_state(call_state.ENDED, timeout)

    def _wait_for_state(self, state: str, timeout: float | None) -> RelayEvent:
        if not self._passed(state):
            try:
                return self.wait_for(
                    CallStateEvent.EVENT_TYPE,
                    lambda event: event.call_id in {"", self.call_id} and self._passed(state),
                    timeout,
                )
            except CallEnded:
                if not self._passed(state):
                    raise
        if self._last_state is not None:
            return self._last_state
        return make_event(CallStateEvent.EVENT_TYPE, {"call_id": self.call_id, "call_state": self._state})

    def _passed(self, state: str) -> bool:
        """Whether the call is in a state, or has been; ``ending`` counts as passed when it was skipped."""
        if state == call_state.ENDING:
            return self._state in {call_state.ENDING, call_state.ENDED}
        if state == call_state.RINGING and call_state.ANSWERED in self._seen:
            return True
        return state in self._seen or (state == call_state.ENDED and self._over is not None)
