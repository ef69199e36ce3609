"""What waits: for events, for states, for a time, for work on a thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from relay_actors.call.commands import await_event, await_state, offload, sleep
from relay_actors.call.verbs.base import Verbs
from relay_actors.call.waits import Predicate, Wait
from relay_actors.kit.user_code import checked_function, refuse_unrunnable
from relay_actors.wire import call_state
from relay_actors.wire.checks import check_event_type
from relay_actors.wire.events import CallStateEvent, RelayEvent

__all__ = ["Waiting"]

T = TypeVar("T")


class Waiting(Verbs):
    """Waits. Each blocks the current greenlet; in the call's own code, hooks and callbacks run meanwhile."""

    __slots__ = ()

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
        check_event_type(event_type)
        if predicate is not None:
            checked_function(predicate, "predicate")
        return await_event(self._relay, Wait(event_type, predicate), timeout)

    def sleep(self, seconds: float) -> None:
        """Do nothing for a while. Unlike in `gevent.sleep`, the call's hooks and callbacks run meanwhile.

        Args:
            seconds: 0 or more.

        Raises:
            ValueError: ``seconds`` is no such number.
            CallEnded: the call ended meanwhile, or had.
            SessionLost: the connection came back without the session.
        """
        sleep(self._relay, seconds)

    def offload(self, function: Callable[..., T], *args: Any, timeout: float | None = None, **kwargs: Any) -> T:
        """Run ``function(*args, **kwargs)`` on a thread and return its result: work that would block everybody.

        Waits as `wait_for` does: in the call's own code hooks run meanwhile. Ten pieces of work run at once, the others
        wait for their turn; what nobody waits for any more when its turn comes is not begun. Work that has begun goes
        on to its end, and its result is dropped. Also for clean-up: on a call that is over, its result is waited for.

        The function runs outside of the call, which belongs to another thread and refuses this one, as the client does;
        but `RelayClient.tell` may be called there.

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
            raise TypeError(f"function is {type(function).__name__}; accepted is a function")
        refuse_unrunnable(function, "function")
        return offload(self._relay, partial(function, *args, **kwargs), timeout)

    def wait_for_ringing(self, timeout: float | None = None) -> CallStateEvent:
        """Wait until the call rings; returns at once if it has rung. See `wait_for`."""
        return await_state(self._relay, call_state.RINGING, timeout)

    def wait_for_answered(self, timeout: float | None = None) -> CallStateEvent:
        """Wait until the call is answered; returns at once if it was. See `wait_for`."""
        return await_state(self._relay, call_state.ANSWERED, timeout)

    def wait_for_ending(self, timeout: float | None = None) -> CallStateEvent:
        """Wait until the call is ending or has ended. See `wait_for`."""
        return await_state(self._relay, call_state.ENDING, timeout)

    def wait_for_ended(self, timeout: float | None = None) -> CallStateEvent:
        """Wait until the call has ended, and return the event that said so. See `wait_for`."""
        return await_state(self._relay, call_state.ENDED, timeout)
