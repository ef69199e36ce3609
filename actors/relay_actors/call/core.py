"""The actor of a call: it applies what happens to the call, and sends the call's commands.

Messages are applied one by one; nothing in that blocks or runs code of the user, which is queued as jobs. Only
`CallCore.command` blocks: it is called from greenlets, the call's own or others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from relay_actors.call import messages
from relay_actors.call.actions import Action
from relay_actors.call.code import Code
from relay_actors.call.description import describe_call
from relay_actors.call.engagements import TELLING, told_by
from relay_actors.call.exchange import command, engage, is_still_up
from relay_actors.call.facts import pack_time
from relay_actors.call.operations import OpenOperations
from relay_actors.call.record import log_end, outcome
from relay_actors.call.setup import CallSetup
from relay_actors.call.waits import LATE_EVENTS, OpenWaits, Wait
from relay_actors.errors import CallEnded, CallGone, ClientStopped, CodeOverdue, RelayError
from relay_actors.kit import clock
from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.fork import spawn
from relay_actors.kit.log import logger
from relay_actors.kit.stack import stands_at
from relay_actors.kit.timer import Timer
from relay_actors.kit.turns import TurnActor
from relay_actors.telemetry.status import CallStatus
from relay_actors.wire import call_state
from relay_actors.wire.events import CallStateEvent, RelayEvent, make_event

__all__ = ["CallCore"]


class CallCore(TurnActor):
    """A call as an actor: what is known of it, and what is open on it.

    Attributes:
        facts: what is known of the call.
        environment: what is around it.
        code: the code of its user.
        commands: how many commands wait for their reply; None before the first.
        operations: the operations that are open; None before the first.
        waits: the waits that are open, and what was kept for the next; None while there are none.
    """

    __slots__ = (
        "_outlived",
        "_timer",
        "code",
        "commands",
        "environment",
        "facts",
        "operations",
        "waits",
    )

    code: Code

    def __init__(self, setup: CallSetup, kind: str) -> None:
        super().__init__()
        self.facts = facts = setup.facts
        self.environment = setup.environment
        facts.kind = kind
        facts.states = (facts.state,)
        facts.times = pack_time(clock.monotonic())
        self.operations: OpenOperations | None = None
        self.waits: OpenWaits | None = None
        self.commands: int | None = None
        self._timer: Timer | None = None  # runs while the end is awaited after our hang-up, or late results after it
        self._outlived = False

    def __repr__(self) -> str:
        return repr(self.facts)

    __str__ = __repr__

    @property
    def call_id(self) -> str:
        """The call's id."""
        return self.facts.call_id

    @property
    def face(self) -> Any:
        """The call as its user knows it; the actor itself once that is gone."""
        call = self.code.call
        return self if call is None else call

    def begin(self, history: tuple[RelayEvent, ...]) -> None:
        """Apply what happened to the call before it is launched, and queue its code. Never blocks."""
        behind = 0  # the hooks of the first event: the rest of what happened is for a call whose code has begun
        for number, event in enumerate(history):
            self._apply(event)
            if number == 0:
                behind = self.jobs_waiting
        self.code.begin(behind)

    command = command
    is_still_up = is_still_up

    @property
    def untouched(self) -> bool:
        """Whether the call is an offer that nothing was done about."""
        return self.commands is None and self.facts.direction != "outbound"

    def leave_to_others(self) -> None:
        """Give up an offer that nobody here has touched: it is not ours to end. For a while it may still be taken."""
        self.facts.left = True
        self.environment.link.ledger.forget_call(self.facts.call_id)
        self.environment.subscription.offer(messages.OfferLeft(self.facts.call_id))
        self._start_timer(messages.OfferExpired(), self.environment.timing.dial_timeout)

    def take_up(self) -> None:
        """Have an offer that was left to others after all."""
        self.facts.left = False
        self._stop_timer()
        self.environment.subscription.offer(messages.OfferTaken(self.facts.call_id))

    def leave_hangup(self, reason: str) -> None:
        """Leave it to the router to end the call, for sure."""
        self.environment.subscription.offer(messages.HangUp(self.facts.call_id, self.facts.node_id, reason))

    def note(self, message: Any) -> bool:
        """Apply a message: at once in the call's own code, so that its next verb knows, else by mail if it lives."""
        if self.inside:
            self.on_receive(message)
            return True
        return self.ref.offer(message)

    def expect_end(self, reason: str) -> None:
        """Note that the server has taken our hang-up: the end is on its way, and is not waited for for ever."""
        self.facts.hung_up = True
        if self.facts.over is None and self._timer is None and not self.mailbox.closed:
            self._start_timer(messages.HangupOverdue(reason), self.environment.timing.call_linger)

    def _start_timer(self, message: Any, seconds: float) -> None:
        self._timer = Timer()
        self._timer.send_after(seconds, self.ref, message)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # Applying messages

    def _handle(self, item: Any) -> None:
        if isinstance(item, RelayEvent):
            self._apply(item)  # what most of the mail is
        else:
            super()._handle(item)

    def on_receive(self, message: Any) -> Any:
        """Apply one message to the call's state. The runtime calls this."""
        if isinstance(message, RelayEvent):
            return self._apply(message)
        apply = _APPLY.get(type(message))
        if apply is not None:
            return apply(self, message)
        logger.warning("{} got an unexpected {}", self, type(message).__name__)
        return None

    def _apply(self, event: RelayEvent) -> None:
        facts = self.facts
        expected = vital = False
        if isinstance(event, CallStateEvent):
            if event.call_id in ("", facts.call_id) and not self._advance(event):
                return  # repeated, or a step backwards: redelivered events are handled once
            expected = vital = True  # the newest state is kept in any case
        else:
            if type(event) in TELLING:
                engage(self, told_by(event, facts.engaged))
            if self.operations is not None:
                expected, vital = self.operations.tell(event, self._enqueue)
                if vital and not self.operations:
                    self.operations = None  # most calls have none most of the time
        taken = self.waits is not None and self.waits.tell(event)
        if self.environment.behind:
            expected = taken or self.commands is None or isinstance(event, CallStateEvent)
        elif not self.commands:
            expected = True
        if not expected:
            self._opened_waits().keep(event)
        if self.code.hears:
            self.code.tell(event, vital=vital)
        if facts.over is None and facts.state == call_state.ENDED:
            assert isinstance(event, CallStateEvent)
            reason = call_state.end_reason(event.end_reason)
            why = f"the call has ended: {reason or 'no reason given'}"
            self._end(CallEnded(why, reason=reason, source=event.end_source))

    def _advance(self, event: CallStateEvent) -> bool:
        facts, environment = self.facts, self.environment
        state: str | None = event.call_state
        if state not in call_state.TRANSITIONS[facts.state]:
            try:
                state = call_state.advance(facts.state, event.call_state)
            except ValueError as error:
                environment.throttle.warning("call {}: {}", facts.call_id, error, call_id=facts.call_id)
                return False
        if state is None:
            return False
        facts.enter(state)
        if state == call_state.ANSWERED:
            side = "outbound" if facts.direction == "outbound" else "inbound"
            environment.link.stats.calls_answered[side] += 1
            environment.link.ledger.note_answered(facts.call_id)
        if environment.observer is not None:
            environment.observer.call_changed(facts)
        facts.note_state(event)
        return True

    def _enqueue(self, function: Callable[..., object], *args: Any) -> None:
        """Have a callback of the user run, when the call's actor has stopped too."""
        if self.mailbox.closed:
            spawn(self._run_job, function, args, False)  # no turn will come
            return
        self.code.queue_callback(function, *args)
        self.mailbox.wake()

    def open_action(self, action: Action) -> None:
        """Give an action the events that are its own; on a call that is over it ends at once."""
        if self.facts.over is not None:
            self.close_action(action, self.ended_error())
            return
        if self.operations is None:
            self.operations = OpenOperations()
        self.operations.open(action, self._enqueue)

    def close_action(self, action: Action, error: RelayError) -> None:
        """End an action without an event."""
        (self.operations or OpenOperations()).close(action, error, self._enqueue)

    def open_wait(self, wait: Wait) -> None:
        """Open a wait, unless what came before ends it, or the end of the call does."""
        facts = self.facts
        if self._opened_waits().satisfy(wait, facts.last_state):
            return
        if facts.over is not None and not (self._timer is not None and wait.event_type in LATE_EVENTS):
            wait.future.fail(self.ended_error())
            return
        self._opened_waits().add(wait)

    def _opened_waits(self) -> OpenWaits:
        if self.waits is None:
            self.waits = OpenWaits()
        return self.waits

    def _describe(self) -> CallStatus:
        operations = () if self.operations is None else self.operations.all()
        elsewhere, mail, jobs = self.code.stands_elsewhere(), len(self.mailbox), len(self._jobs or ())
        return describe_call(self.facts, self._worker, operations, mailbox=mail, jobs=jobs, elsewhere=elsewhere)

    # The end

    def ended_error(self) -> RelayError:
        """Return a fresh exception that says how the call ended."""
        over = self.facts.over
        return ClientStopped("the call's actor has stopped") if over is None else over.renewed()

    def _end_untold(
        self,
        message: messages.CallVanished
        | messages.CallHandedOff
        | messages.HangupOverdue
        | messages.OfferExpired
        | messages.SessionEnded,
    ) -> None:
        """End the call for a reason that no event of the server tells."""
        facts = self.facts
        if facts.over is not None:
            return
        over = message.error()
        facts.state = call_state.ENDED
        reason = outcome(over)
        self.environment.subscription.offer(messages.CallOver(facts.call_id, reason))
        body = {"call_id": facts.call_id, "node_id": facts.node_id, "call_state": "ended", "end_reason": reason}
        event = cast("CallStateEvent", make_event(CallStateEvent.EVENT_TYPE, body))
        facts.note_state(event)
        facts.over = over
        if isinstance(over, CallEnded) and self.waits is not None:
            self.waits.tell(event)  # a lost session is no end to report: its waits raise
        if self.code.hears:
            self.code.tell(event, vital=True)
        self._end(over)

    def _end_session(self, message: messages.SessionEnded) -> None:
        self._end_untold(message)
        self._end_late()  # nothing comes late from a session that is gone

    def _end(self, over: RelayError) -> None:
        """End everything that is open, but for what may still bring a late result."""
        self.facts.over = over
        log_end(self.facts, over)
        self._stop_timer()
        self._end_open(late=isinstance(over, CallEnded) and not isinstance(over, CallGone))
        if self.operations or self.waits:
            self._start_timer(messages.LingerOver(), self.environment.timing.call_linger)
        self.mailbox.wake()  # have a turn look whether the actor can close

    def _end_open(self, *, late: bool) -> None:
        facts = self.facts
        if self.operations is not None:
            told = facts.last_state if isinstance(facts.over, CallEnded) else None
            self.operations.end(self.ended_error, self._enqueue, last_state=told, late=late)
        if self.waits is not None:
            self.waits.end(self.ended_error, late=late)

    def _end_late(self, _: messages.LingerOver | None = None) -> None:
        """Stop waiting for late results."""
        if self.facts.over is not None and self._timer is not None:
            self._stop_timer()
            self._end_open(late=False)
            self.mailbox.wake()

    def _end_code(self, _: messages.EndCode) -> None:
        """End code that outlives the call: at first by an exception, and the whole actor if that was not enough."""
        facts = self.facts
        if facts.over is None or self._timer is not None or self._worker is None:
            return  # late results may still come, and their code with them; this is asked again
        where = stands_at(self._worker)
        logger.bind(call_id=facts.call_id).warning(
            "the code of call {} outlives the call and is ended; it stood at {}", facts.call_id, where
        )
        if self._outlived:
            self._kill()
            return
        self._outlived = True
        self.environment.subscription.offer(messages.CallOutlived(facts.call_id))
        self.interrupt_code(CodeOverdue(f"call {facts.call_id} is over"))

    def on_idle(self) -> None:
        """Say goodbye, then close the actor, when its call is over and nothing is open. The runtime calls this."""
        if self.facts.over is None or self.operations or self.waits:
            return
        if not self.code.say_goodbye():
            self._terminate(None)

    def on_crash(self, error: BaseException) -> Callable[[], object] | None:
        """Return what is done about a crash of the call's code. The runtime calls this."""
        return self.code.crashed(error)

    def give_up(self, error: BaseException) -> None:
        """Stop the actor at once; the router is left to hang up."""
        self._terminate(error)

    def on_failure(self, *args: Any) -> None:
        """Log the failure. The runtime calls this."""
        log_crash(args[1], "the actor of call {} failed", self.call_id, call_id=self.call_id)

    def _actor_loop_teardown(self) -> None:
        """End what is open when the actor stops, in whatever way; a call that is still up is hung up."""
        facts = self.facts
        self._stop_timer()
        if facts.over is None:
            facts.over = ClientStopped("the call's actor has stopped")
            log_end(facts, facts.over)
            if not facts.hung_up and not facts.left:
                self.leave_hangup("error")
        self._end_open(late=False)
        self.environment.subscription.offer(messages.CallClosed(facts.call_id))
        if self._worker is None:
            self.code.let_go()  # or else when the code that still runs is through: it is the call's until then
        super()._actor_loop_teardown()

    def on_code_over(self) -> None:
        """Let go of the code. The runtime calls this."""
        self.code.let_go()

    def on_undelivered(self, message: Any, reply_to: Any) -> None:
        """End what was opened too late for the actor to see it. The runtime calls this."""
        if isinstance(message, messages.OpenAction | messages.OpenWait):
            self.on_receive(message)
        elif isinstance(message, messages.Tell):
            message.answer.fail(self.ended_error())
        else:
            super().on_undelivered(message, reply_to)


_APPLY: dict[type, Callable[[CallCore, Any], object]] = {
    messages.OpenAction: lambda core, message: core.open_action(message.action),
    messages.OpenWait: lambda core, message: core.open_wait(message.wait),
    messages.AddListener: lambda core, message: core.code.add_listener(message.event_type, message.handler),
    messages.CallVanished: CallCore._end_untold,
    messages.CallHandedOff: CallCore._end_untold,
    messages.HangupOverdue: CallCore._end_untold,
    messages.OfferExpired: lambda core, message: core._end_untold(message) if core.facts.left else None,
    messages.SessionEnded: CallCore._end_session,
    messages.LingerOver: CallCore._end_late,
    messages.EndCode: CallCore._end_code,
    messages.GoOn: lambda core, _: core.code.go_on(),
    messages.CatchUp: lambda _core, _message: None,
    messages.Tell: lambda core, message: core.code.told(message),
    messages.DescribeCall: lambda core, _: core._describe(),
}
"""From a message's type to what it does."""
