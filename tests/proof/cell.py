"""One cell of the matrix: one call, one fault in one of its phases, and what must hold afterwards."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent
from msgspec import structs

from proof.faults import Fault
from proof.in_flight import InFlight
from proof.phases import FOREVER, OTHER, STEP, THEM, US, Phase, Subject
from relay_actors.call.call import CallActor
from relay_actors.errors import CallEnded, ClientStopped, SessionLost
from relay_actors.timing import Timing
from relay_actors.tree import Tree
from relay_runtime import RelayClient, RelayError, phone
from relay_runtime.sandbox import Callee, Caller, Run, Sandbox

__all__ = ["Cell", "Verdict"]

_LIMIT = 25.0  # seconds for a whole cell
_LATE_REPLY = 0.04  # seconds by which a reply is late when a fault that leaves the link up strikes meanwhile
_PICKS_UP = 6  # line seconds from the fault to the moment in which a telephone that rings is picked up

TIMING = Timing(
    request_timeout=1.0,
    connect_timeout=1.0,
    probe_idle=0.3,
    probe_timeout=0.8,
    backoff_first=0.01,
    backoff_limit=0.05,
    call_linger=0.3,
    dial_timeout=2 * STEP,
    close_timeout=0.2,
    stop_timeout=0.5,
)
_UNHURRIED = structs.replace(TIMING, request_timeout=_LIMIT, probe_idle=_LIMIT)


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

    Attributes:
        subjects: the calls that the fault happened to; there must be one.
        client: the client under test.
        sandbox: its server.
    """

    def __init__(self, fault: Fault, phase: Phase, *, restored: bool) -> None:
        self.fault = fault
        self.phase = phase
        self.restored = restored
        self.timing = _UNHURRIED if fault.heavy else TIMING
        self.subjects: list[Subject] = []
        self.mistakes: list[str] = []
        self.struck_at: float | None = None
        self.over = False
        self.dialled = ""
        self._bystanders: list[gevent.Greenlet[..., Any]] = []
        self._runs: list[Run] = []
        self.sandbox = Sandbox(
            time_scale=0.01,
            control_port=None,
            ping_interval=None if fault.heavy else 0.2,
            ping_timeout=2.0,
            resume_window=20.0 if restored else 0.0,
            seed=7,
        )
        self.client = RelayClient(
            project=self.sandbox.project,
            token=self.sandbox.token,
            contexts=["office"],
            host="ws://127.0.0.1:1",  # replaced in play, when the port is known
            max_active_calls=1,
            call_actor=self._make_call,
            timing=self.timing,
        )

    def __str__(self) -> str:
        return f"{self.fault.name}, {self.phase.name}, {'restored' if self.restored else 'lost'}"

    # What programs and faults use

    @property
    def tree(self) -> Tree:
        """The actors of the client."""
        tree = self.client._actors.tree
        assert tree is not None
        return tree

    def strike(self) -> None:
        """Let the fault happen, once."""
        if self.struck_at is not None or self.over:
            return
        self.struck_at = time.monotonic()
        if self.fault.drops and not self.restored:
            for session in self.sandbox.sessions():
                session.authorization_state = "void:void"  # no login can restore it
        if self.fault.strike is not None:
            self.fault.strike(self)

    def strike_in_flight(self, method: str) -> None:
        """Have the fault happen when a command has been performed and its reply is on the way."""

        def meanwhile(peer: Any) -> None:
            self.strike()
            if self.fault.drops:  # the reply comes too late for the connection
                self._until(lambda: peer not in self.sandbox.exchange.peers, "the end of the connection")
            else:
                gevent.sleep(_LATE_REPLY)

        if self.fault.strike is None:
            self.strike()
        else:
            self.sandbox.faults.arms.append(InFlight(method=method, delay=_LATE_REPLY, meanwhile=meanwhile))

    def far_end_hangs_up(self) -> None:
        for call in self._calls():
            call.end("hangup", "inbound")

    def watch(self, call: Subject) -> None:
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

    # The play

    def play(self) -> Verdict:
        """Play the cell and check what must hold. Blocks the current greenlet for some seconds at most."""
        try:
            with gevent.Timeout(_LIMIT, TimeoutError(f"the cell did not end within {_LIMIT:g} s")):
                return self._play()
        except Exception as error:
            stuck = [f"{subject.waits}" for subject in self.subjects]
            return Verdict("stuck", _LIMIT, (*self.mistakes, f"{type(error).__name__}: {error} {stuck}"))
        finally:
            gevent.killall(self._bystanders)
            self.client.disconnect()
            self.sandbox.stop()

    def _play(self) -> Verdict:
        self.sandbox.on_dial(OTHER, Callee().rings(1).answers())
        self.sandbox.on_dial(THEM, Callee().rings(FOREVER).answers())
        self.sandbox.start()
        self._connect()
        self._begin()
        self._until(lambda: self.over, "the end of the call")
        ended_at = time.monotonic()
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
        return Verdict(outcome, ended_at - (self.struck_at or ended_at), tuple(self.mistakes))

    def _connect(self) -> None:
        self.client = RelayClient(
            project=self.sandbox.project,
            token=self.sandbox.token,
            contexts=["office"],
            host=self.sandbox.url,
            max_active_calls=1,
            call_actor=self._make_call,
            timing=self.timing,
        )
        self.client.connect(timeout=STEP)

    def _begin(self) -> None:
        if self.fault.arm is not None:
            self.fault.arm(self)
        if self.fault.strike is None and not self.phase.outbound:
            self.struck_at = time.monotonic()
            self._void_session()
        if self.phase.outbound:
            self._bystanders.append(gevent.spawn(self._dial))
            return
        self._runs.append(self.sandbox.place(self.phase.caller.dials("office")))
        self._bystanders.append(gevent.spawn(self._see_to_the_end))

    def _void_session(self) -> None:
        if self.fault.drops and not self.restored:
            for session in self.sandbox.sessions():
                session.authorization_state = "void:void"

    def _see_to_the_end(self) -> None:
        while not (self.subjects and all(subject.actor_stopped.is_set() for subject in self.subjects)):
            gevent.sleep(0.002)
        self.over = True

    def _dial(self) -> None:
        """Dial, strike while it rings, and write down what came of it."""
        if self.fault.strike is None:
            self.struck_at = time.monotonic()
            self._void_session()
        self._bystanders.append(gevent.spawn(self._strike_while_it_rings))
        try:
            self.client.dial([[phone(THEM, from_number=US, timeout=2 * FOREVER)]], call_actor=self._make_call)
            self.dialled = "answered"
            self._see_to_the_end()
        except RelayError as error:
            self.dialled = type(error).__name__
            self.over = True

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
        end = time.monotonic() + _LIMIT - 5
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"{what} did not come")
            gevent.sleep(0.002)

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
            run = self.sandbox.place(Caller(THEM, patience=2.0).dials("office"))
            self._runs.append(run)
            if run.wait(STEP).answered:
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
        gevent.joinall(self._bystanders, timeout=STEP)
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
        late = [f"{what} ({how}) by {beyond:.2f} s" for what, beyond, how in subject.waits if beyond > 0]
        if late:
            self._wrong(f"waits beyond their limit: {', '.join(late)}")
        repeated = [key for key, count in Counter(subject.seen).items() if count > 1]
        if repeated and not self.fault.repeats:
            self._wrong(f"handled twice: {repeated}")
