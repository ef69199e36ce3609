"""A call's commands, and waits for its events: what blocks. Any greenlet may do so, and only that one is blocked."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from relay_actors.call.actions import Action
from relay_actors.call.core import CallCore
from relay_actors.call.messages import CallHandedOff, CallVanished, OpenAction, OpenWait
from relay_actors.call.waits import Wait
from relay_actors.errors import GONE, LOCAL, CallEnded, CallGone, RelayError, RelayTimeout
from relay_actors.kit.offload import run_in_thread
from relay_actors.wire.checks import check_params
from relay_actors.wire.events import CallStateEvent, RelayEvent, make_event
from relay_actors.wire.methods import NOT_ABOUT_THE_CALL

__all__ = ["await_event", "await_state", "begin", "hand_off", "hang_up", "invoke", "offload", "sleep"]

A = TypeVar("A", bound=Action)
T = TypeVar("T")

# Types of no event: the end of the call ends the wait, and nothing else.
_OFFLOADED = "offloaded work"
_SLEPT = "a sleep"


def invoke(
    call: CallCore, method: str, params: dict[str, Any], *, names: dict[str, str] | None = None
) -> dict[str, Any]:
    """Check the params of a verb that is no action, send it, and return the reply.

    Args:
        call: the call.
        method: the method on the wire.
        params: its params by their names on the wire.
        names: the names by which the caller knows them, where they differ.

    Raises:
        ValueError: a param is out of what the server accepts; nothing was sent.
        CallEnded: the call has ended; nothing was sent.
        CallGone: the server does not know the call.
        RelayError: see `CallCore.command`.
    """
    call.refuse_elsewhere()
    params = check_params(method, params, names)
    if call.facts.over is not None:
        raise call.ended_error()
    try:
        return call.command(method, params)
    except RelayError as error:
        # 404 may also be about what the verb names: a conference, a queue, a device (protocol 12).
        if error.code == 410 or (error.code == 404 and method not in NOT_ABOUT_THE_CALL):
            raise _vanished(call, error) from error
        raise


def begin(call: CallCore, action: A, params: dict[str, Any], *, names: dict[str, str] | None = None) -> A:
    """Check the params of an action, open it, send its command, and return it when the reply is there.

    On a call that is over, or gone, the action ends at once with `CallEnded` or `CallGone`. Arguments as for `invoke`.

    Raises:
        ValueError: a param is out of what the server accepts, or another operation of the call has this control_id.
        RelayError: see `CallCore.command`.
    """
    call.refuse_elsewhere()
    params = check_params(action.METHOD, params, names)
    if call.operations is not None and action.control_id in call.operations:
        raise ValueError(f"control_id {action.control_id!r} is in use by another operation of this call")
    if call.inside or call.facts.over is not None or not call.ref.offer(OpenAction(action)):
        call.open_action(action)
    if action.is_done:
        return action
    try:
        action.reply = call.command(action.METHOD, {"control_id": action.control_id, **params})
    except RelayError as error:
        if error.code not in GONE:
            call.close_action(action, error)
            raise
        call.close_action(action, _vanished(call, error))
    except Exception as error:  # a param has no JSON form: nothing was sent, and no event will end it
        call.close_action(action, RelayError(LOCAL, f"{action.METHOD} was not sent: {type(error).__name__}"))
        raise
    return action


def hang_up(call: CallCore, reason: str) -> dict[str, Any]:
    """End a call and return the reply; an empty dict for a call that is over already. Errors as for `invoke`."""
    try:
        reply = invoke(call, "calling.end", {"reason": reason})
    except CallEnded:
        return {}
    call.expect_end(reason)
    if call.facts.over is None:  # otherwise the router knows, and may have forgotten it
        call.environment.apart.add(call.facts.call_id)
    return reply


def hand_off(call: CallCore, method: str, params: dict[str, Any], outcome: str) -> dict[str, Any]:
    """Give a call to somebody else and return the reply: its waits end with `CallEnded`. Errors as for `invoke`.

    Args:
        call: the call.
        method: the method on the wire.
        params: its params.
        outcome: what the call is from then on, in one word: its ``end_reason``.
    """
    reply = invoke(call, method, params)
    call.note(CallHandedOff(outcome))
    return reply


def await_event(call: CallCore, wait: Wait, timeout: float | None) -> RelayEvent:
    """Return the event that a wait is for; errors as for `Call.wait_for`."""
    call.refuse_elsewhere()
    if not call.note(OpenWait(wait)):
        raise call.ended_error()
    event: RelayEvent = _outcome(call, wait, timeout, "no {}")
    return event


def _outcome(call: CallCore, wait: Wait, timeout: float | None, missed: str) -> Any:
    """Return what an open wait brings, and forget the wait.

    Args:
        call: the call.
        wait: the wait.
        timeout: seconds to wait at most; None waits as long as call and session last.
        missed: what is said when the time is over, with a place for the type of the event.

    Raises:
        RelayTimeout: the time is over.
        Exception: whatever the wait ends with.
    """
    try:
        if not call.wait_for_future(wait.future, timeout):
            raise RelayTimeout(f"{missed.format(wait.event_type)} within {timeout:g} s")
        return wait.future.get()
    except BaseException:
        wait.future.resolve(None)  # it takes no event any more, and is forgotten with the next
        raise


def sleep(call: CallCore, seconds: float) -> None:
    """Wait for a time; see `Call.sleep`."""
    call.refuse_elsewhere()
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        raise ValueError(f"seconds is {seconds!r}; accepted is a number of seconds from 0")
    wait = Wait(_SLEPT, None)
    if not call.note(OpenWait(wait)):
        raise call.ended_error()
    try:
        if call.wait_for_future(wait.future, seconds):
            wait.future.get()
    finally:
        wait.future.resolve(None)


def offload(call: CallCore, work: Callable[[], T], timeout: float | None) -> T:
    """Run work on a thread and return its result; see `Call.offload`."""
    call.refuse_elsewhere()
    wait = Wait(_OFFLOADED, None)
    run_in_thread(work, wait.future)
    if call.facts.over is None:
        call.note(OpenWait(wait))
    result: T = _outcome(call, wait, timeout, "the offloaded work did not end")
    return result


def await_state(call: CallCore, state: str, timeout: float | None) -> CallStateEvent:
    """Wait until a call is in a state, or has been; return the event of its newest state. See `Call.wait_for`."""
    call.refuse_elsewhere()
    facts = call.facts
    if not facts.has_been(state):
        wait = Wait(CallStateEvent.EVENT_TYPE, lambda _: facts.has_been(state))
        try:
            await_event(call, wait, timeout)
        except CallEnded:
            if not facts.has_been(state):
                raise
    last = facts.last_state
    if last is not None:
        return last
    made = make_event(CallStateEvent.EVENT_TYPE, {"call_id": facts.call_id, "call_state": facts.state})
    assert isinstance(made, CallStateEvent)
    return made


def _vanished(call: CallCore, error: RelayError) -> CallGone:
    """Note that the server does not know a call any more."""
    message = CallVanished(error.code, error.message)
    call.note(message)
    return message.error()
