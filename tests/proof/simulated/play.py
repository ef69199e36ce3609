"""Plays a simulation: traffic and faults in virtual time, and a look at every law after each call and at the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import gevent
from gevent.exceptions import LoopExit

from proof.leaks import census
from proof.simulated.calls import Hooked, Talker, serve
from proof.simulated.ending import judge_end, judge_open
from proof.simulated.faults import strike
from proof.simulated.laws import Books, Broken, Story, Violation
from proof.simulated.left import alive, judge_left_over, quiet_log, sweep
from proof.simulated.schedule import Item, Schedule
from proof.simulated.traffic import begin, prepare
from proof.simulated.wire import Wire
from relay_actors.kit import clock
from relay_runtime import RelayClient, RelayError
from relay_runtime.client import way
from relay_runtime.sandbox import Sandbox
from relay_runtime.testing import in_process
from relay_runtime.testing.virtual import VirtualTimeOver, virtual_time

__all__ = ["CONTEXT", "Play", "Verdict", "play"]

CONTEXT = "office"
_LOOK = 10.0  # virtual seconds between two looks at what is open
_STOP = 20.0  # virtual seconds that the end of a client may take
_LIMIT = 1e7


@dataclass(frozen=True)
class Verdict:
    """What came of a simulation.

    Attributes:
        seed, calls: what was asked for.
        items: how many things happened.
        violations: laws that do not hold; empty when all do.
        digest: a hash over all frames and outcomes: two runs that are alike have the same.
        virtual, call_seconds, cpu: seconds: of virtual time, of calls, of the processor.
        counts: what happened, by name.
        most: the most calls that were served at a time.
    """

    seed: int
    calls: int
    items: int
    violations: tuple[Violation, ...]
    digest: str
    virtual: float
    call_seconds: float
    cpu: float
    counts: Counter[str] = field(default_factory=Counter)
    most: int = 0


class Play:
    """A simulation that is being played.

    Attributes:
        schedule: what happens in it.
        books: what was begun, and what does not hold.
        wire: what goes over the wire.
        sandbox, client: both sides.
        restarting: whether the server is down in the course of a restart.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.books = Books()
        setting = schedule.setting
        self.timing = setting.client["timing"]
        self.wire = Wire(self.books, self.timing, lenient_contexts=setting.client["leave_at"] is not None)
        self.sandbox = Sandbox(port=None, any_credentials=True, seed=schedule.seed, **setting.sandbox)
        self.cap = setting.client["max_active_calls"]
        self.restarting = False
        self._kills: list[float] = []
        self._spawned: list[Any] = []
        self.client = self._made_client()

    def _made_client(self) -> RelayClient:
        # No guard of the hub: it looks at the machine's time, which is none of the simulation's.
        client = RelayClient(
            project="project",
            token="token",
            host="sandbox.invalid",
            contexts=[CONTEXT],
            hub_guard=None,
            call_actor=None if self.schedule.setting.handler else self._make,
            **self.schedule.setting.client,
        )
        client.tap.watch(self.wire.see)
        client.on_change(self.wire.changes)
        client.on_message(lambda message: self.books.outcomes.update(["message received"]))
        client.on_task(lambda task: self.books.outcomes.update(["task received"]))
        if self.schedule.setting.handler:
            client.on_call(partial(serve, self))
        self.wire.wanted = lambda: client.contexts
        return client

    def _make(self, setup: Any) -> Any:
        """Make the code of an inbound call: every fifth one is served by hooks alone."""
        return (Hooked if sum(setup.facts.call_id.encode()) % 5 == 0 else Talker)(setup, self)

    # What calls, traffic and faults use

    def begins(self, story: Story) -> None:
        """Note a call that is served, and look whether it may be."""
        books = self.books
        books.begin(story)
        if story.inbound:
            active = sum(
                each.inbound and not each.call.is_ended and not self.wire.told_of_end(each.call_id)
                for each in books.open.values()
            )
            if active > self.cap:
                books.wrong("cap holds", f"{active} calls are active, and {self.cap} may be")

    def spawn(self, work: Callable[..., object], *args: Any) -> None:
        """Have something happen beside everything else."""
        self._spawned.append(gevent.spawn(work, *args))

    def may_kill(self, most: int) -> bool:
        """Whether one more actor of the client may be killed now."""
        now = clock.monotonic()
        self._kills = [at for at in self._kills if at > now - 35.0]
        if len(self._kills) >= most:
            return False
        self._kills.append(now)
        return True

    def restart_server(self, memory: bool, down_for: float) -> None:
        """Restart the server. Blocks until it is up."""
        self.restarting = True
        try:
            self.sandbox.restart(memory=memory, down_for=down_for)
        finally:
            self.restarting = False

    def leave(self, drain: float | None, pause: float) -> None:
        """Have the client stop, and come back after a pause of some seconds."""
        if self.wire.away:
            raise LookupError
        self.wire.away = True
        self.spawn(self._leave, drain, pause)

    def _leave(self, drain: float | None, pause: float) -> None:
        if drain is None:
            self.books.timed("disconnect", _STOP, self.client.disconnect)
        else:
            self.books.timed("drain", drain + _STOP, lambda: self.client.drain(drain))
        gevent.sleep(pause)
        self.come()

    def come(self) -> None:
        """Have the client connect. Blocks until it has."""
        while True:
            self.wire.forget_session()
            try:
                self.books.timed("connect", 60.0 + _STOP, lambda: self.client.connect(60.0))
                break
            except RelayError:
                gevent.sleep(1.0)
        self.wire.away = False

    def hang_up(self, call_id: str) -> None:
        """Have an operator hang a call up, until the server has heard of that."""
        for _ in range(30):
            try:
                self.client.hangup_call(call_id)
                return
            except RelayError as error:
                if error.code:
                    return
                gevent.sleep(1.0)

    def change_contexts(self, more: bool) -> None:
        """Have the client want another context too, or no more."""
        change = self.client.receive if more else self.client.unreceive
        with suppress(RelayError):
            self.books.timed("contexts", 2 * self.timing.request_timeout, lambda: change(["others"]))

    # The play

    def run(self, items: Iterable[Item]) -> None:
        """Let things happen, and see all to its end. Blocks the current greenlet; stops at the first violation.

        Raises:
            Broken: a law does not hold.
        """
        self.come()
        prepare(self)
        looking = gevent.spawn(self._look)
        try:
            for item in items:
                self._rest(item.at - clock.monotonic())
                if item.is_fault:
                    strike(self, item.kind, item.chance())
                else:
                    begin(self, item)
            judge_end(self, self._spawned)
        finally:
            looking.kill()

    def _rest(self, seconds: float) -> None:
        if seconds > 0:
            gevent.sleep(seconds)
        self.check()

    def check(self) -> None:
        """Stop when a law does not hold.

        Raises:
            Broken: one does not.
        """
        if self.books.violations:
            raise Broken

    def _look(self) -> None:
        while True:
            gevent.sleep(_LOOK)
            judge_open(self)
            self.wire.look_at_state()
            self.wire.forget_old()
            self._spawned = [each for each in self._spawned if not each.dead]

    def end(self) -> None:
        """End the client and the sandbox. Blocks for some virtual seconds."""
        self.wire.away = True
        try:
            self.client.disconnect()
        finally:
            gevent.killall(self._spawned)
            self.sandbox.stop()


def play(schedule: Schedule, only: Iterable[int] | None = None, lines: list[str] | None = None) -> Verdict:
    """Play a simulation, or those items of it with the numbers ``only``. Blocks the current greenlet.

    Args:
        schedule: what happens.
        only: numbers of items; None for all.
        lines: gets the lines of the chronicle.
    """
    items = schedule.only(only)
    began = time.process_time()
    before, others = census(), alive()
    with virtual_time(seed=schedule.seed, limit=_LIMIT) as owned:
        playing = Play(schedule)
        playing.books.chronicle.tail = lines
        with quiet_log(playing.books), _reaching(playing), playing.wire.watched(), playing.sandbox:
            try:
                playing.run(items)
            except Broken:
                pass
            except (LoopExit, VirtualTimeOver) as error:
                playing.books.wrong("waits end", f"everybody waits for what never comes: {error!r}")
            finally:
                playing.end()
        if not playing.books.violations:
            judge_left_over(playing.books, before)
        if playing.books.violations:
            sweep(others)
        virtual = owned.now()
    books = playing.books
    return Verdict(
        schedule.seed, schedule.calls, len(items), tuple(books.violations), books.chronicle.digest, virtual,
        books.call_seconds, time.process_time() - began, books.outcomes + books.faults,
        books.most,
    )  # fmt: skip


@contextmanager
def _reaching(playing: Play) -> Iterator[None]:
    def connect(url: str, **options: Any) -> Any:
        playing.wire.tries()
        return in_process.connect(playing.sandbox, url, **options)

    with way.reach(connect):
        yield
