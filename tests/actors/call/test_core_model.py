"""Any interleaving of events, verbs, replies and ends: what was begun ends once, and on_ended is the last."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import gevent
from doubles.examples import examples
from doubles.frames import event, state
from doubles.hub import LIMIT, turns, until
from doubles.line import Line
from doubles.started import Started
from gevent.event import Event
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from relay_actors.call.call import CallActor
from relay_actors.call.messages import CallOver, SessionEnded
from relay_actors.errors import ClientStopped, RelayError, SessionLost
from relay_actors.timing import Timing
from relay_actors.wire.call_state import STATES

TIMING = Timing(request_timeout=LIMIT, call_linger=0.003)
SILENCE = [{"type": "silence", "params": {"duration": 1}}]


class Obedient(CallActor):
    """Its run() does what it is told, one thing after another; every piece of code counts itself."""

    def __init__(self, setup: Any) -> None:
        super().__init__(setup)
        self.orders: deque[Callable[[], object]] = deque()
        self.ordered = Event()
        self.story: list[str] = []
        self.running = 0
        self.most_running = 0
        self.leave = False

    def piece(self, name: str) -> None:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.story.append(name)
        gevent.sleep(0)
        self.running -= 1

    def run(self) -> None:
        while not self.leave:
            self._relay.wait_until(lambda: bool(self.orders) or self.leave, None)
            while self.orders:
                self.orders.popleft()()

    def order(self, what: Callable[[], object]) -> None:
        self.orders.append(what)
        self._relay.mailbox.wake()

    def on_event(self, each: Any) -> None:
        self.piece(each.event_type)

    def on_answered(self, _: Any) -> None:
        self.piece("answered")

    def on_ended(self, _: Any) -> None:
        self.piece("ended")


class CallAsModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.started = Started()
        self.line = Line(self.started, Obedient, TIMING)
        self.call = self.line.call
        self.begun = 0
        self.numbers = itertools.count()
        self.ended: Counter[int] = Counter()
        self.completed: Counter[int] = Counter()
        self.actions: dict[int, Any] = {}
        self.ids: list[str] = []
        self.over = False

    # What a program does

    def do(self, inside: bool, what: Callable[[], object]) -> None:
        """Have something done in the call's own code or outside it, and count its end."""
        self.begun += 1
        number = self.begun

        def counted() -> None:
            try:
                what()
            except (RelayError, ValueError):
                pass
            finally:
                self.ended[number] += 1

        if inside:
            self.call.order(counted)
        else:
            gevent.spawn(counted)

    @rule(inside=st.booleans(), kind=st.sampled_from(["play", "record"]), wait=st.booleans(), own=st.booleans())
    def action(self, inside: bool, kind: str, wait: bool, own: bool) -> None:
        number = next(self.numbers)
        self.actions[number] = None
        control_id = f"k{number}" if own or not self.ids else self.ids[-1]
        self.ids.append(control_id)

        def completed(_: Any) -> None:
            self.completed[number] += 1

        def act() -> None:
            options: dict[str, Any] = {"control_id": control_id, "on_completed": completed}
            try:
                action = self.call.play(SILENCE, **options) if kind == "play" else self.call.record(**options)
            except ValueError:  # the control_id is in use: nothing was begun
                del self.actions[number]
                raise
            self.actions[number] = action
            if wait:
                action.wait()

        self.do(inside, act)

    @rule(
        inside=st.booleans(), timeout=st.sampled_from([None, 0, 0.001]), kind=st.sampled_from(["*", "play", "record"])
    )
    def wait(self, inside: bool, timeout: float | None, kind: str) -> None:
        name = kind if kind == "*" else f"calling.call.{kind}"
        self.do(inside, lambda: self.call.wait_for(name, timeout=timeout))

    @rule(inside=st.booleans(), verb=st.sampled_from(["answer", "hangup", "wait_for_answered", "wait_for_ended"]))
    def verb(self, inside: bool, verb: str) -> None:
        self.do(inside, getattr(self.call, verb))

    @rule()
    def crash_in_a_listener(self) -> None:
        self.call.on("calling.call.echo", lambda _: 1 / 0)

    # What a server does

    @rule(names=st.lists(st.sampled_from(STATES[:4]), min_size=1, max_size=3))
    def states(self, names: list[str]) -> None:
        for name in names:
            self.call._relay.ref.offer(state(name))

    @rule(
        kind=st.sampled_from(["play", "record", "echo"]),
        name=st.sampled_from(["playing", "finished"]),
        pick=st.integers(0),
    )
    def progress(self, kind: str, name: str, pick: int) -> None:
        control_id = self.ids[pick % len(self.ids)] if self.ids else "none"
        self.call._relay.ref.offer(event(f"calling.call.{kind}", call_id="c1", control_id=control_id, state=name))

    @rule(method=st.sampled_from(["calling.play", "calling.record", "calling.answer", "calling.end"]))
    def withhold(self, method: str) -> None:
        self.line.board.withheld.add(method)

    @rule()
    def release(self) -> None:
        self.line.board.release()

    @rule()
    def lose(self) -> None:
        self.line.board.lose()

    @rule(code=st.sampled_from([404, 410, 500]))
    def refuse(self, code: int) -> None:
        self.line.board.answers["calling.play"] = RelayError(code, "no")

    @rule(count=st.integers(1, 6))
    def let_them_run(self, count: int) -> None:
        turns(count)

    # Ends

    @precondition(lambda self: not self.over)
    @rule(how=st.sampled_from(["ended", "session", "client", "pass"]))
    def end(self, how: str) -> None:
        self.over = True
        if how == "ended":
            self.call._relay.ref.offer(state("ended", end_reason="hangup"))
        elif how == "pass":
            self.do(True, self.call.pass_)
        else:
            error = SessionLost if how == "session" else ClientStopped
            self.line.core.ref.offer(SessionEnded(error))

    @rule()
    def end_again(self) -> None:
        if self.over:
            self.call._relay.ref.offer(state("ended", end_reason="busy"))
            self.call._relay.ref.offer(SessionEnded(ClientStopped))

    # What must hold

    @invariant()
    def user_code_runs_alone(self) -> None:
        assert self.call.most_running <= 1

    @invariant()
    def on_ended_is_told_once(self) -> None:
        assert self.call.story.count("ended") <= 1

    def teardown(self) -> None:
        try:
            self.ends_with_all_completed()
        finally:
            self.started.end()

    def ends_with_all_completed(self) -> None:
        self.line.board.release()
        self.line.board.answers.clear()
        self.call._relay.ref.offer(state("ended", end_reason="hangup"))
        self.call.leave = True
        self.call._relay.mailbox.wake()
        until(lambda: sum(self.ended.values()) == self.begun, "the end of all that was begun")
        self.line.closes()
        turns()
        assert set(self.ended.values()) <= {1}
        assert set(self.completed) == set(self.actions)
        assert set(self.completed.values()) <= {1}
        assert all(action is None or action.is_done for action in self.actions.values())
        assert self.call.story.count("ended") == 1
        assert self.call.story[-1] == "ended"
        assert self.call.most_running == 1
        assert len(self.line.subscription.of(CallOver)) <= 1
        assert not self.call._relay.operations
        assert not self.call._relay.waits


CallAsModel.TestCase.settings = settings(max_examples=examples(120), stateful_step_count=30, deadline=None)
TestCallAsModel = CallAsModel.TestCase
