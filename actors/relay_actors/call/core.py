"""The core of a call: its state, and what is open on it.

The core applies messages one by one; nothing in it blocks or runs code of the user, which is queued as jobs.
"""

from __future__ import annotations

import time
from sys import intern
from typing import Any, Final, cast

import gevent
from gevent.hub import get_hub
from loguru import logger

from relay_actors.call.actions import Action
from relay_actors.call.description import describe_call
from relay_actors.call.hooks import takes_event, without_hooks
from relay_actors.call.listeners import LAST_HOOK, CallListeners
from relay_actors.call.messages import (
    AddListener,
    CallClosed,
    CallHandedOff,
    CallOutlived,
    CallOver,
    CallSetup,
    CallVanished,
    DescribeCall,
    EndCode,
    HangupOverdue,
    LingerOver,
    OpenAction,
    OpenWait,
    SessionEnded,
    Wait,
)
from relay_actors.errors import GONE, LOCAL, CallEnded, CallGone, ClientStopped, CodeOverdue, RelayError
from relay_actors.kit.actor import log_crash
from relay_actors.kit.stack import stands_at
from relay_actors.telemetry.status import CallStatus
from relay_actors.wire import call_state
from relay_actors.wire.events import CallStateEvent, ConnectEvent, ReferEvent, RelayEvent, make_event
from relay_actors.wire.methods import NOT_ABOUT_THE_CALL

__all__ = ["CallCore"]

_KEPT_EVENTS: Final = 20
_LATE_EVENTS: Final = frozenset({"calling.call.record", "calling.call.transcribe", "calling.call.fax"})


class CallCore(CallListeners):
    """The state of a call and what is open on it."""

    __slots__ = (
        "_actions",
        "_begun",
        "_linger",
        "_outlived",
        "_waits",
    )

    def __init__(self, setup: CallSetup) -> None:
        super().__init__(setup)
        self._actions: dict[str, Action] | None = None
        self._waits: list[Wait] | None = None
        self._begun = False
        self._linger: Any = None
        self._outlived = False

    # Sending

    def invoke(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send a verb that is no action. As `command`, but a call that is gone is told apart.

        Raises:
            CallEnded: the call has ended; nothing was sent.
            CallGone: the server does not know the call.
        """
        if self._over is not None:
            raise self._ended_error()
        try:
            return self.command(method, params)
        except RelayError as error:
            # 404 may also be about what the verb names: a conference, a queue, a device (protocol 12).
            if error.code == 410 or (error.code == 404 and method not in NOT_ABOUT_THE_CALL):
                raise self._vanished(error) from error
            raise

    def start_action(self, action: Action, params: dict[str, Any]) -> None:
        """Open an action and send its command. Blocks the current greenlet until the reply.

        On a call that is over, or gone, the action ends at once with `CallEnded` or `CallGone`.

        Raises:
            ValueError: another operation of the call has this control_id.
        """
        if self._actions and action.control_id in self._actions:
            raise ValueError(f"control_id {action.control_id!r} is in use by another operation of this call")
        if self.inside or self._over is not None or not self.ref.offer(OpenAction(action)):
            self._open_action(action)
        if action.is_done:
            return
        try:
            action.reply = self.command(action.METHOD, {"control_id": action.control_id, **params})
        except RelayError as error:
            if error.code not in GONE:
                self._close_action(action, error)
                raise
            self._close_action(action, self._vanished(error))

    def _vanished(self, error: RelayError) -> CallGone:
        """Note that the server does not know the call any more."""
        self._note(CallVanished(error.code, error.message))
        return CallGone(error.code, error.message)

    def hand_off(self, reason: str) -> None:
        """Let go of a call that is somebody else's from now on; its waits end with `CallEnded`. Never blocks."""
        self._note(CallHandedOff(reason))

    def _note(self, message: CallVanished | CallHandedOff) -> None:
        """Apply what a reply means: at once in the call's own code, so that its next verb knows, else by mail."""
        if self.inside:
            self.on_receive(message)
        else:
            self.ref.offer(message)

    # The core: applying messages. Nothing here blocks or runs code of the user.

    def _handle(self, item: Any) -> None:
        if self._begun and isinstance(item, RelayEvent):
            self._apply(item)  # what most of the mail is
        else:
            super()._handle(item)

    def on_receive(self, message: Any) -> CallStatus | None:
        """Apply one message to the call's state. The runtime calls this."""
        match message:
            case RelayEvent():
                self._apply(message)
            case OpenAction():
                self._open_action(message.action)
            case OpenWait():
                self._open_wait(message.wait)
            case AddListener():
                self._add_listener(message.event_type, message.handler)
            case CallVanished():
                self._end(CallGone(message.code, message.message), None)
            case SessionEnded():
                self._end(message.error(), None)
                self._end_late()  # nothing comes late from a session that is gone
            case CallHandedOff() | HangupOverdue():
                self._end(message.error(), None)
            case LingerOver():
                self._end_late()
            case EndCode():
                self._end_code()
            case DescribeCall():
                return describe_call(self, self._worker, self._actions or {}, len(self._jobs or ()))
        if not self._begun:
            self._begun = True
            self.on_begin()
        return None

    def on_begin(self) -> None:
        """Queue the call's first code. Does nothing for a call without code of its own."""

    def _apply(self, event: RelayEvent) -> None:
        expected = vital = False
        if isinstance(event, CallStateEvent):
            if event.call_id in {"", self.call_id} and not self._advance(event):
                return  # repeated, or a step backwards: redelivered events are handled once
            expected = vital = True  # the newest state is kept in any case
        elif isinstance(event, ConnectEvent):
            self._bridge = event.connect_state
        elif isinstance(event, ReferEvent):
            self._refer_under_way = event.state == "inProgress"
        elif self._actions:
            expected, vital = self._tell_actions(event)
        if self._commands and not expected:
            self._keep(event)
        if self._waits:
            self._tell_waits(event)
        if self._listeners:
            self._tell_listeners(self._listeners, event, vital)
        if type(self) not in without_hooks:
            self._tell_hooks(event, vital)
        if self._over is None and self._state == call_state.ENDED:
            assert isinstance(event, CallStateEvent)
            reason = call_state.end_reason(event.end_reason)
            self._end(
                CallEnded(f"the call has ended: {reason or 'no reason given'}", reason=reason, source=event.end_source),
                event,
            )

    def _advance(self, event: CallStateEvent) -> bool:
        state: str | None = event.call_state
        if state not in call_state.TRANSITIONS[self._state]:
            try:
                state = call_state.advance(self._state, event.call_state)
            except ValueError as error:
                logger.warning("call {}: {}", self.call_id, error)
                return False
        if state is None:
            return False
        self._state = state = intern(state)
        self._seen = (*self._seen, state)
        self._times = (*self._times, time.monotonic())
        setup = self._setup
        if state == call_state.ANSWERED:
            side = "outbound" if setup.direction == "outbound" else "inbound"
            setup.link.stats.calls_answered[side] += 1
        if setup.observer is not None:
            setup.observer.call_changed(self)
        self._note_state(event)
        return True

    def _keep(self, event: RelayEvent) -> None:
        """Keep an event that may have overtaken the reply to the command that caused it (law 5)."""
        self._kept = [*(self._kept or ())[-_KEPT_EVENTS:], event]

    def _tell_actions(self, event: RelayEvent) -> tuple[bool, bool]:
        """Give an event to the action it belongs to, by its control_id or its type.

        Returns:
            Whether there is one, and whether the event ended it.
        """
        assert self._actions is not None
        if event.control_id:
            action = self._actions.get(event.control_id)
            concerned = [] if action is None else [action]
        else:
            concerned = [action for action in self._actions.values() if event.event_type in action.CLOSED_BY]
        last = False
        for action in concerned:
            if action.apply(event):
                last = True
                del self._actions[action.control_id]
            if action.is_done:
                self._complete(action)
        return bool(concerned), last

    def _tell_waits(self, event: RelayEvent) -> None:
        """Give an event to those who wait for it."""
        self._waits = [wait for wait in self._waits or () if not wait.offer(event)]

    def _open_action(self, action: Action) -> None:
        if self._over is not None:
            action.abort(self._ended_error())
            self._complete(action)
            return
        if self._actions is None:
            self._actions = {}
        if self._actions.setdefault(action.control_id, action) is not action:
            action.abort(RelayError(LOCAL, f"control_id {action.control_id!r} is in use by another operation"))
            self._complete(action)
        elif action.is_done:  # its command failed before this message arrived
            del self._actions[action.control_id]

    def _close_action(self, action: Action, error: RelayError) -> None:
        if self._actions is not None and self._actions.get(action.control_id) is action:
            del self._actions[action.control_id]
        action.abort(error)
        self._complete(action)

    def _complete(self, action: Action) -> None:
        completion = action.completion()
        if completion is None:
            return
        if self.mailbox.closed:
            gevent.spawn(self._run_job, completion[0], completion[1:], False)  # no turn will come
            return
        self.enqueue(*completion)
        self.mailbox.wake()

    def _open_wait(self, wait: Wait) -> None:
        if self._fits_already(wait):
            return
        if self._over is not None and not (self._linger is not None and wait.event_type in _LATE_EVENTS):
            wait.future.fail(self._ended_error())
            return
        self._waits = [each for each in self._waits or () if not each.future.done()]
        self._waits.append(wait)

    def _fits_already(self, wait: Wait) -> bool:
        """Give a wait what came before it could be opened.

        That is an event that came while the last command waited for its reply, or, for a wait with a predicate, the
        state that the call is in: a state is told once, so that nothing would ever end the wait.
        """
        for event in self._kept or ():
            if event.event_type == wait.event_type and wait.offer(event):
                self._kept = [other for other in self._kept or () if other is not event]
                return True
        state = self._last_state
        return (
            wait.predicate is not None
            and state is not None
            and state.event_type == wait.event_type
            and wait.offer(state)
        )

    # The end

    def _ended_error(self) -> RelayError:
        """Return a fresh exception that says how the call ended."""
        return ClientStopped("the call's actor has stopped") if self._over is None else self._over.renewed()

    def _end(self, over: RelayError, event: CallStateEvent | None) -> None:
        """End everything that is open, but for what may still bring a late result."""
        if self._over is not None:
            return
        self._over = over
        self._forget_hangup()
        if event is None:
            self._state = call_state.ENDED
            reason = self.end_reason or ("stopped" if isinstance(over, ClientStopped) else "lost")
            self._setup.subscription.offer(CallOver(self.call_id, reason))
            body = {"call_id": self.call_id, "node_id": self.node_id, "call_state": "ended", "end_reason": reason}
            event = cast("CallStateEvent", make_event(CallStateEvent.EVENT_TYPE, body))
            self._note_state(event)
            if isinstance(over, CallEnded):
                self._tell_waits(event)  # a lost session is no end to report: its waits raise
            if self._listeners:
                self._tell_listeners(self._listeners, event, vital=True)
            self._tell_hooks(event, vital=True)
        late = isinstance(over, CallEnded) and not isinstance(over, CallGone)
        self._abort_open(late=late)
        if self._actions or self._waits:
            self._linger = get_hub().loop.timer(self._setup.timing.call_linger)
            self._linger.start(self.ref.offer, LingerOver())
        self.mailbox.wake()  # have a turn look whether the actor can close

    def _abort_open(self, *, late: bool) -> None:
        for action in list((self._actions or {}).values()):
            if late and action.LATE:
                continue
            if isinstance(self._over, CallEnded) and self._last_state is not None:
                action.call_ended(self._last_state)
            self._close_action(action, self._ended_error())
        waits, self._waits = self._waits or [], None
        for wait in waits:
            if not (late and wait.event_type in _LATE_EVENTS):
                wait.future.fail(self._ended_error())
        self._waits = [wait for wait in waits if not wait.future.done()]

    def _end_late(self) -> None:
        """Stop waiting for late results."""
        if self._linger is None:
            return
        self._linger.close()
        self._linger = None
        self._abort_open(late=False)
        self.mailbox.wake()

    def _end_code(self) -> None:
        """End code that outlives the call: at first by an exception, and the whole actor if that was not enough."""
        if self._over is None or self._linger is not None or self._worker is None:
            return  # late results may still come, and their code with them; this is asked again
        where = stands_at(self._worker)
        logger.bind(call_id=self.call_id).warning(
            "the code of call {} outlives the call and is ended; it stood at {}", self.call_id, where
        )
        if self._outlived:
            self._kill()
            return
        self._outlived = True
        self._setup.subscription.offer(CallOutlived(self.call_id))
        self.interrupt_code(CodeOverdue(f"call {self.call_id} is over"))

    def on_idle(self) -> None:
        """Say goodbye, then close the actor, when its call is over and nothing is open. The runtime calls this."""
        if self._over is None or self._actions or any(not wait.future.done() for wait in self._waits or ()):
            return
        last = not self._farewell and hasattr(self, LAST_HOOK)
        self._farewell = True
        if last:
            self.enqueue(getattr(self, LAST_HOOK), *((self._last_state,) if takes_event(self, LAST_HOOK) else ()))
        else:
            self._terminate(None)

    def on_failure(self, *args: Any) -> None:
        """Log the failure. The runtime calls this."""
        log_crash(args[1], "the actor of call {} failed", self.call_id, call_id=self.call_id)

    def _actor_loop_teardown(self) -> None:
        """End what is open when the actor stops, in whatever way; a call that is still up is hung up."""
        if self._linger is not None:
            self._linger.close()
            self._linger = None
        self._forget_hangup()
        if self._over is None:
            self._over = ClientStopped("the call's actor has stopped")
            if not self._hung_up:
                self.leave_hangup("error")
        self._abort_open(late=False)
        self._setup.subscription.offer(CallClosed(self.call_id))
        self._listeners = None  # they are methods of the call, most often: a call dies without the garbage collector
        super()._actor_loop_teardown()

    def on_undelivered(self, message: Any, reply_to: Any) -> None:
        """End what was opened too late for the actor to see it. The runtime calls this."""
        if isinstance(message, OpenAction | OpenWait):
            self.on_receive(message)
        else:
            super().on_undelivered(message, reply_to)
