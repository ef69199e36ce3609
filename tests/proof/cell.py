"""One cell of the matrix: one call, one fault in one of its phases, and what must hold afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
from gevent.event import Event

from proof.faults import Fault
from proof.in_flight import InFlight
from proof.pace import Pace
from proof.phases import FOREVER, OTHER, STEP, THEM, US, Phase, Subject
from relay_actors.call.call import CallActor
from relay_actors.errors import CallEnded, ClientStopped, SessionLost
from relay_actors.kit import clock
from relay_actors.tree import Tree
from relay_runtime import RelayClient, RelayError, phone
from relay_runtime.sandbox import Callee, Caller, Run, Sandbox

__all__ = ["Cell", "Verdict"]

_LIMIT = 250.0  # seconds for a whole cell
_LATE_REPLY = 0.4  # seconds by which a reply is late when a fault that leaves the link up strikes meanwhile
_WINDOW = 200.0  # seconds for which the server keeps a session that is to be restored
_PATIENCE = 20.0  # seconds for which a caller behind the fault waits to be answered
_LOOKS = 0.1  # seconds between two looks at what nobody tells of
_PICKS_UP = 6  # line seconds from the fault to the moment in which a telephone that rings is picked up


@dataclass(frozen=True)
class Verdict:
    """What became of a cell.

    Attributes:
        outcome: ``served`` (the call's code ran to its end, and hung up), ``ended`` (the call ended otherwise),
            ``lost`` (with its session).
        seconds: from the fault to the end of the call.
        mistakes: what does not hold; empty in a cell that passes.
    """

    outcome: str
    seconds: float
    mistakes: tuple[str, ...]


class Next(CallActor):
    """The call after the fault."""

    def run(self) -> None:
        self.answer()
        self.wait_for_answered(STEP)


class Cell:
    """One cell; `play` plays it.

    Args:
        fault: what happens.
        phase: the phase of the call in which it does.
        restored: whether the server keeps the session for the client, if the link goes down.
        pace: how fast, and where.

    Attributes:
        subjects: the calls that the fault happened to; there must be one.
        client: the client under test.
        sandbox: its server.
    """

    client: RelayClient
    sandbox: Sandbox

    def __init__(self, fault: Fault, phase: Phase, *, restored: bool, pace: Pace) -> None:
        self.fault = fault
        self.phase = phase
        self.restored = restored
        self.pace = pace
        self.timing = pace.unhurried if fault.heavy else pace.timing
        self.subjects: list[Subject] = []
        self.mistakes: list[str] = []
        self.struck_at: float | None = None
        self.dialled = ""
        self._over = Event()
        self._served = Event()
        self._bystanders: list[gevent.Greenlet[..., Any]] = []
        self._runs: list[Run] = []

    def __str__(self) -> str:
        return f"{self.fault.name}, {self.phase.name}, {'restored' if self.restored else 'lost'}"

    # What programs and faults use

    @property
    def tree(self) -> Tree:
        """The actors of the client."""
        tree = self.client._actors.tree
        assert tree is not None
        return tree

    @property
    def over(self) -> bool:
        """Whether the call that the fault happens to has ended."""
        return self._over.is_set()

    def strike(self) -> None:
        """Let the fault happen, once."""
        if self.struck_at is not None or self.over:
            return
        self._be_struck()
        if self.fault.strike is not None:
            self.fault.strike(self)

    def strike_in_flight(self, method: str) -> None:
        """Have the fault happen when a command has been performed and its reply is on the way."""

        late = self.pace.seconds(_LATE_REPLY)

        def meanwhile(peer: Any) -> None:
            try:
                self.strike()
            except Exception as error:
                self._wrong(f"the fault failed: {error!r}")
            if self.fault.drops:  # the reply comes too late for the connection
                self._until(lambda: peer not in self.sandbox.exchange.peers, "the end of the connection")
            else:
                gevent.sleep(late)

        if self.fault.strike is None:
            self.strike()
        else:
            self.sandbox.faults.arms.append(InFlight(method=method, delay=late, meanwhile=meanwhile))

    def far_end_hangs_up(self) -> None:
        for call in self._calls():
            call.end("hangup", "inbound")

    def joins(self, call: Subject) -> None:
        """Count a call among those that the fault happens to."""
        self.subjects.append(call)
        self._served.set()
        self._watch(call)

    def _watch(self, call: Subject) -> None:
        """Wait from outside the call for what never comes, without a limit: the call's end must end the wait."""

        def wait() -> None:
            try:
                call.wait_for("calling.call.tap")
            except (CallEnded, SessionLost, ClientStopped):
                return
            self.mistakes.append("a wait for an event that never came returned")

        self._bystanders.append(gevent.spawn(wait))

    def _make_call(self, setup: Any) -> CallActor:
        return Next(setup) if self.over else Subject(setup, self)

    def _make_sandbox(self) -> Sandbox:
        return Sandbox(
            port=self.pace.port,
            control_port=None,
            time_scale=self.pace.line_scale,
            ping_interval=None if self.fault.heavy and self.pace.sockets else self.pace.ping_interval,
            ping_timeout=self.pace.ping_timeout,
            resume_window=self.pace.seconds(_WINDOW) if self.restored else 0.0,
            seed=7,
        )

    def _make_client(self) -> RelayClient:
        return RelayClient(
            project=self.sandbox.project,
            token=self.sandbox.token,
            contexts=["office"],
            host=self.sandbox.url,
            max_active_calls=1,
            call_actor=self._make_call,
            timing=self.timing,
        )

    # The play

    def play(self) -> Verdict:
        """Play the cell and check what must hold. Blocks the current greenlet for some seconds at most."""
        with self.pace.owned():
            self.sandbox = self._make_sandbox()
            with self.pace.reaching(self.sandbox), self.sandbox:
                self.client = self._make_client()
                try:
                    return self._play()
                finally:
                    gevent.killall(self._bystanders)
                    self.client.disconnect()

    def _play(self) -> Verdict:
        limit = self.pace.seconds(_LIMIT)
        try:
            with gevent.Timeout(limit, TimeoutError(f"the cell did not end within {limit:g} s")):
                return self._verdict()
        except Exception as error:
            stuck = [f"{subject.waits}" for subject in self.subjects]
            return Verdict("stuck", limit, (*self.mistakes, f"{type(error).__name__}: {error} {stuck}"))

    def _verdict(self) -> Verdict:
        self.sandbox.on_dial(OTHER, Callee().rings(1).answers())
        self.sandbox.on_dial(THEM, Callee().rings(FOREVER).answers())
        self.client.connect(timeout=self.pace.seconds(STEP))
        self._begin()
        self._over.wait()
        ended_at = clock.monotonic()
        self.sandbox.faults.calm()
        self.sandbox.faults.disarm()
        outcome = self._outcome()
        expected = self.fault.expected(self.phase.name, restored=self.restored)
        if outcome not in expected:
            self._wrong(f"the call was {outcome}, not {' or '.join(sorted(expected))}")
        if self.struck_at is None:
            self._wrong("the fault never struck")
        if self.fault.serves_on:
            self._check_service()
            self._check_link()
        self._check_ends()
        took = 0.0 if self.struck_at is None else ended_at - self.struck_at
        return Verdict(outcome, took, tuple(self.mistakes))

    def _begin(self) -> None:
        if self.fault.arm is not None:
            self.fault.arm(self)
        if self.fault.strike is None and not self.phase.outbound:
            self._be_struck()
        if self.phase.outbound:
            self._bystanders.append(gevent.spawn(self._dial))
            return
        self._runs.append(self.sandbox.place(self.phase.caller.dials("office")))
        self._bystanders.append(gevent.spawn(self._see_to_the_end))

    def _be_struck(self) -> None:
        self.struck_at = clock.monotonic()
        if self.fault.drops and not self.restored:
            for session in self.sandbox.sessions():
                session.authorization_state = "void:void"  # no login can restore it

    def _see_to_the_end(self) -> None:
        self._served.wait()
        for subject in self.subjects:  # of which there may be more meanwhile
            subject.actor_ref.join()
        self._over.set()

    def _dial(self) -> None:
        """Dial, strike while it rings, and write down what came of it."""
        if self.fault.strike is None:
            self._be_struck()
        self._bystanders.append(gevent.spawn(self._strike_while_it_rings))
        try:
            self.client.dial([[phone(THEM, from_number=US, timeout=2 * FOREVER)]], call_actor=self._make_call)
            self.dialled = "answered"
            self._see_to_the_end()
        except RelayError as error:
            self.dialled = type(error).__name__
            self._over.set()

    def _strike_while_it_rings(self) -> None:
        """Strike when it rings and the client knows: before, its dial is a command in flight. Then have it answered."""
        self._until(lambda: self.over or self._rings(), "a telephone that rings")
        self.strike()
        self.sandbox.exchange.ground.clock.after(_PICKS_UP, self._pick_up)

    def _rings(self) -> bool:
        if not any(call.state == "ringing" for call in self._calls()):
            return False
        stats = self.client.stats
        known = "calling.dial" in stats.command_seconds and stats.events["calling.call.state"] >= 2
        return known or self.fault.strike is None

    def _pick_up(self) -> None:
        for call in self._calls():
            if call.state == "ringing":
                call.winner = True
                call.answered()

    def _calls(self) -> list[Any]:
        return [run.call for run in self.sandbox.runs() if run.call is not None]

    def _until(self, condition: Callable[[], Any], what: str) -> None:
        pause = self.pace.seconds(_LOOKS)
        with gevent.Timeout(self.pace.seconds(_LIMIT) * 0.8, TimeoutError(f"{what} did not come")):
            while not condition():
                gevent.sleep(pause)

    # What must hold

    def _wrong(self, what: str) -> None:
        self.mistakes.append(what)

    def _outcome(self) -> str:
        if self.phase.outbound and self.dialled != "answered":
            return "lost" if self.dialled == SessionLost.__name__ else "ended"
        if self.client.stats.calls_ended["lost"]:
            return "lost"
        return "served" if all(subject.served for subject in self.subjects) else "ended"

    def _check_service(self) -> None:
        """The link is back, the slot is free: the next caller is served."""
        if self.fault.drops:  # it may be found out a little later
            self._until(lambda: self.client.stats.connections > 1, "another login")
        self._until(lambda: self.client.state == "connected", "the connection")
        for _ in range(3):  # a connection that is about to be found dead may cost one of them
            run = self.sandbox.place(Caller(THEM, patience=self.pace.seconds(_PATIENCE)).dials("office"))
            self._runs.append(run)
            if run.wait(self.pace.seconds(STEP)).answered:
                return
        self._wrong(f"no caller was served afterwards: {run.outcome}")

    def _check_link(self) -> None:
        """The fault did what it says: it took the link down, or left it up."""
        logins = self.client.stats.connections
        if (logins > 1) != self.fault.drops:
            self._wrong(f"{logins} login(s): the link {'stayed up' if self.fault.drops else 'went down'}")

    def _check_ends(self) -> None:
        stats, counters = self.client.stats, self.sandbox.counters
        self._until(lambda: counters.calls_up == 0, f"the end of the last of {counters.calls_up} calls")
        self._until(lambda: stats.calls_ended.total() >= stats.calls_admitted + stats.dials["answered"], "the counters")
        gevent.joinall(self._bystanders, timeout=self.pace.seconds(STEP))
        if any(not each.dead for each in self._bystanders):
            self._wrong("a wait from outside the call did not end")
        for each in self._bystanders:
            if each.exception is not None:
                self._wrong(f"what was to happen beside the call failed: {each.exception!r}")
        answered = stats.dials["answered"]
        if stats.calls_ended.total() != stats.calls_admitted + answered:
            self._wrong(f"{dict(stats.calls_ended)} ends of {stats.calls_admitted} + {answered} calls")
        if len(self.subjects) != (self.dialled == "answered" if self.phase.outbound else 1):
            self._wrong(f"the call was served {len(self.subjects)} times")
        if self.sandbox.errors:
            self._wrong(f"the sandbox failed: {self.sandbox.errors}")
        if any(run.outcome is None for run in self.sandbox.runs()):
            self._wrong("somebody is left on the line")
        for subject in self.subjects:
            self._check_subject(subject)

    def _check_subject(self, subject: Subject) -> None:
        if subject.ends != self.fault.farewell:
            self._wrong(f"on_ended was called {subject.ends} times")
        if not subject.finished:
            self._wrong("run() did not end")
        late = [f"{what} ({how}) by {beyond:g} s" for what, beyond, how in subject.waits if beyond > 0]
        if late:
            self._wrong(f"waits beyond their limit: {', '.join(late)}")
        repeated = [key for key, count in Counter(subject.seen).items() if count > 1]
        if repeated and not self.fault.repeats:
            self._wrong(f"handled twice: {repeated}")
