"""The code of a call's user: what of it is to run when, and what becomes of the call when it is over or crashes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from relay_actors.call.backlog import Backlog
from relay_actors.call.callbacks import Patience, call_back
from relay_actors.call.commands import hand_off
from relay_actors.call.core import CallCore
from relay_actors.call.engagements import TRANSFER, lives_by_itself, without
from relay_actors.call.hooks import Hooks
from relay_actors.call.listeners import Listeners
from relay_actors.call.messages import CallCrashed, Tell
from relay_actors.call.remedy import Remedy
from relay_actors.errors import CodeOverdue, RelayError
from relay_actors.kit import clock
from relay_actors.kit.crash_log import log_crash
from relay_actors.kit.fork import came_back
from relay_actors.kit.log import logger
from relay_actors.kit.user_code import refuse_result
from relay_actors.wire.call_state import ANSWERED, ENDING
from relay_actors.wire.events import CallStateEvent, RelayEvent

__all__ = ["Program"]


class Program:
    """Queues the code of one call.

    Args:
        core: the call's actor, which gets the program.
        call: the object that the user knows as the call.
        hooks: the code that its class has; None when it has none.

    Attributes:
        core: see above.
        call: see above; None once the actor has stopped and its code is through.
        hears: whether anybody is to be told of events.
    """

    __slots__ = ("_backlog", "_hooks", "_listeners", "_patience", "_remedy", "call", "core", "hears")

    def __init__(self, core: CallCore, call: Any, hooks: Hooks | None) -> None:
        self.core: Any = core
        self.call = call
        self._hooks = hooks
        self.hears = hooks is not None and hooks.any
        self._listeners: Listeners | None = None
        self._backlog: Backlog | None = None
        self._patience: Patience | None = None
        self._remedy: Remedy | None = None
        core.code = self
        core.ref.actor_class = type(call)

    def begin(self, behind: int) -> None:
        """Queue ``run`` behind so many hooks of what has happened already, and ``on_start`` before them."""
        hooks, core = self._hooks, self.core
        if hooks is None or core.facts.orphaned is not None:  # what an adopted call begins with is told later
            return
        if hooks.has_run:
            core.enqueue(self._main, self.call.run, hosting=True, at=behind)
        if hooks.has_start:
            core.enqueue(self.call.on_start, at=0)

    def go_on(self) -> None:
        """Queue what is to be done with a call that another process has left."""
        self.core.enqueue(self._go_on, hosting=True)

    def _main(self, run: Callable[[], object]) -> None:
        by_function = self._hooks is not None and self._hooks.by_function
        refuse_result(run(), run)
        came_back()
        self.finish(self.call.when_done, by_function=by_function)

    def _go_on(self) -> None:
        """Go on with a call that another process has left; one that is with somebody is let alone until it is free."""
        core, facts = self.core, self.core.facts
        if self._is_done() or facts.state == ENDING or self._is_passed_on():
            return
        self._wait_while(lambda: lives_by_itself(without(facts.engaged, TRANSFER)))
        if self._is_done():
            return
        if self._hooks is not None and self._hooks.has_adopted:
            self._main(self.call.on_adopted)
        else:
            self._remedied().follow(facts.orphaned or core.environment.when_crashed)

    def _is_passed_on(self) -> bool:
        """Give an offer back to routing: its process may have died before the server heard of its answer."""
        facts = self.core.facts
        if facts.direction == "outbound" or facts.has_been(ANSWERED):
            return False
        with suppress(RelayError):  # it is no offer any more
            hand_off(self.core, "calling.pass", {}, "passed")
        return self._is_done()

    def _is_done(self) -> bool:
        facts = self.core.facts
        return facts.over is not None or facts.hung_up

    def _wait_while(self, is_busy: Callable[[], bool]) -> None:
        """Wait while something keeps a call that is up; a transfer under way keeps it too, but not for ever.

        Its outcome may never be told, but the call's end would cut it off. Blocks the call's greenlet.
        """
        core, facts = self.core, self.core.facts
        deadline = clock.monotonic() + core.environment.timing.dial_timeout
        while not self._is_done() and (is_busy() or TRANSFER in facts.engaged):
            core.wait_until(lambda: self._is_done() or not is_busy(), None)
            remaining = deadline - clock.monotonic()
            if not core.wait_until(lambda: self._is_done() or is_busy() or TRANSFER not in facts.engaged, remaining):
                break

    def finish(self, when_done: str, *, by_function: bool) -> None:
        """Do what is due with a call whose code has returned. Blocks its worker until then.

        Args:
            when_done: ``hangup``, or ``leave`` for what is not to be hung up.
            by_function: whether a function served the call: what it has not touched is left to others, and while it
                listens to the call, the call is left as it is.
        """
        core, facts = self.core, self.core.facts
        if self._is_done():
            return
        if by_function and core.untouched:
            core.leave_to_others()
        elif when_done == "hangup":
            if by_function and self._listeners is not None:
                logger.bind(call_id=facts.call_id).info("call {} is left to its listeners", facts.call_id)
            else:
                self._hang_up_when_free(by_function=by_function)

    def _hang_up_when_free(self, *, by_function: bool) -> None:
        """Hang up once nothing keeps the call, and what is queued has run.

        Not in `_main`, which would hold a cell while ``run()`` lasts.
        """
        core, facts = self.core, self.core.facts
        engagements = partial(_engagements, core, every=by_function)
        kept = engagements()
        if kept:
            logger.bind(call_id=facts.call_id).info("call {} is left up for {}", facts.call_id, ", ".join(kept))

        def is_busy() -> bool:
            return bool(core.jobs_waiting) or any(each != TRANSFER for each in engagements())

        self._wait_while(is_busy)
        if not self._is_done():  # a callback may have hung up meanwhile
            self._remedied().hang_up("hangup")

    def _remedied(self) -> Remedy:
        if self._remedy is None:
            self._remedy = Remedy(self.core)
        return self._remedy

    # What is told to listeners and hooks

    def add_listener(self, event_type: str, handler: Callable[[Any], object]) -> None:
        """Have ``handler(event)`` queued at each event of a type, ``*`` for all."""
        if self._listeners is None:
            self._listeners = Listeners()
        self._listeners.add(event_type, partial(call_back, self.core, handler))
        self.hears = True

    def queue_callback(self, function: Callable[..., object], *args: Any) -> None:
        """Queue a callback of the user, whose crash ends nothing else."""
        self._look_after(function)
        self.core.enqueue(call_back, self.core, function, *args)

    def _look_after(self, callback: Callable[..., object]) -> None:
        """Have it told when a callback waits for long."""
        core = self.core
        limit = core.environment.timing.callback_patience
        if not core.is_open and limit is not None:
            if self._patience is None:
                self._patience = Patience(core, limit)
            self._patience.watch(callback)

    def tell(self, event: RelayEvent, *, vital: bool) -> None:
        """Queue what is to be called with an event; a vital one is never dropped."""
        if self._listeners is not None:
            for listener in self._listeners.of(event.event_type):
                self._look_after(listener)
                self._queue(listener, (event,), event, vital=vital)
        if self._hooks is None or not self._hooks.any:
            return
        if isinstance(event, CallStateEvent) and event.call_id not in ("", self.core.call_id):
            return
        for hook, args in self._hooks.of(self.call, event):
            self._queue(hook, args, event, vital=vital)

    def told(self, message: Tell) -> None:
        """Queue ``on_told`` with what the call is told, and answer that it is; or why it is not."""
        core, hooks = self.core, self._hooks
        run = None if hooks is None else hooks.told(self.call, message.value)
        if core.facts.over is not None:
            message.answer.fail(core.ended_error())
        elif run is None:
            kind = core.facts.kind
            why = f"{kind} is no CallActor class with on_told(self, value), so call {core.call_id} can't be told"
            message.answer.fail(TypeError(why))
        else:
            core.enqueue(run[0], *run[1])
            message.answer.resolve(None)

    def _queue(self, handler: Callable[..., object], args: tuple[Any, ...], event: RelayEvent, *, vital: bool) -> None:
        """Have an event handled later; when the code is too far behind, only what its lane allows."""
        core = self.core
        waiting, limit = core.jobs_waiting, core.environment.timing.events_waiting
        if not waiting or waiting < limit:
            core.enqueue(handler, *args)
            return
        if self._backlog is None:
            self._backlog = Backlog(core.call_id, limit, core.environment.link.stats, core.enqueue)
        self._backlog.take(handler, args, event, waiting=waiting, vital=vital)

    def say_goodbye(self) -> bool:
        """Queue the last hook, once; return whether there is one."""
        hooks, self._hooks = self._hooks, None  # nothing is told after it
        last = None if hooks is None else hooks.last(self.call, self.core.facts.last_state)
        if last is None:
            return False
        self.core.enqueue(last[0], *last[1])
        return True

    # A crash, and the end

    def crashed(self, error: BaseException) -> Callable[[], object] | None:
        """Log a crash and tell the observer; return what is to be done about it, which may block, or None."""
        core, facts = self.core, self.core.facts
        if facts.over is not None and isinstance(error, RelayError | CodeOverdue):
            return None  # the call's end reached code that did not catch it: the usual way out
        name = type(error).__name__
        log_crash(error, "{} crashed in call {}: {}", facts.kind, facts.call_id, name, call_id=facts.call_id)
        if core.environment.observer is not None:
            core.environment.observer.call_crashed(facts, error)
        remedy = self._remedied()
        again, facts.crashed = facts.crashed, True
        if not again:
            core.environment.subscription.offer(CallCrashed(facts.call_id))
        if facts.over is not None or facts.hung_up:
            return None
        if remedy.failed:
            core.give_up(error)  # the last resort: it sends the hang-up and waits for nothing
            return None
        if remedy.under_way:
            return None
        if again:
            return partial(remedy.hang_up, "error")
        return partial(remedy.follow, self.call.when_crashed or core.environment.when_crashed)

    def stands_elsewhere(self) -> tuple[str, str] | None:
        """Return what code does that is run elsewhere, and where it stands; None when there is none."""
        stands: Callable[[], tuple[str, str] | None] | None = getattr(self.call, "_relay__stands", None)
        return None if stands is None else stands()

    def let_go(self) -> None:
        """Let go of the call and its actor: both die without the garbage collector."""
        if self._patience is not None:
            self._patience.stop()
        self.call = self.core = self._hooks = self._listeners = self._backlog = self._patience = self._remedy = None
        self.hears = False


def _engagements(core: CallCore, *, every: bool) -> list[str]:
    """Return what a call is engaged in: what needs no code, and operations under way.

    Args:
        core: the call's actor.
        every: whether those count that only listen to the call, such as a recording.
    """
    operations = () if core.operations is None else core.operations.all()
    under_way = [each.METHOD for each in operations if not each.is_done and (every or not each.BACKGROUND)]
    return [*core.facts.engaged, *under_way]
