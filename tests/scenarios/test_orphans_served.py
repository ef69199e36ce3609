"""Callers of a worker that was killed: adopted and served on to the end, or left in peace where they are served."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from proof.orphans import Lag
from proof.orphans_crew import CREWS, LIMIT, Crew, until
from proof.orphans_judge import Judge, Witness

from relay_runtime.sandbox import Callee, Caller, Run, Sandbox
from relay_runtime.sandbox.calls.session import Session

pytestmark = [pytest.mark.scenario, pytest.mark.proof, pytest.mark.timeout(300)]

_CALLERS = 500  # of the worker that is killed; as many are the other's
_ENGAGED = 50
_RESUMED_WITHIN = 0.2  # seconds, beyond what the machine itself is late
_PEACE = 3.0  # seconds for which nobody may touch what is served at the server
_WORKERS = CREWS[0]
_TALKS = """
from relay_runtime import CallActor, RelayClient

class Order(CallActor):
    def run(self):
        self.answer()
        self.wait_for_answered(60)
        number = self.from_number[-4:]
        self.memo = {"number": number, "reason": "busy" if int(number) % 3 == 0 else "hangup"}
        self.play_tts("Hold the line.").wait(60)
        self.wait_for_ended()

    def on_adopted(self):
        number = self.memo["number"]
        digits = {"digits": {"max": 1}, "initial_timeout": 600}
        choice = self.prompt_tts(f"Order {number}. Press a key.", digits).wait(60)
        self.play_tts(f"Order {number}, you pressed {choice.digits}.").wait(60)
        self.hangup(self.memo["reason"])

client = RelayClient(contexts=["office"], max_active_calls=5000, call_actor=Order)
"""
_IS_SERVED_ELSEWHERE = """
from relay_runtime import CallActor, RelayClient, phone

class Engaged(CallActor):
    def run(self):
        self.answer()
        self.wait_for_answered(60)
        self.memo = {"number": self.from_number[-4:]}
        if self.context == "bridged":
            self.connect([[phone("+15550120001", from_number="+15550100099")]])
        else:
            self.queue_enter("waiting", wait_time=100_000)
        self.wait_for_ended()

    def on_adopted(self):
        self.play_tts(f"Welcome back, {self.memo['number']}.").wait(60)
        self.hangup()

client = RelayClient(contexts=["bridged", "queued"], max_active_calls=5000, call_actor=Engaged)
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    room: dict[str, Any] = {"journal_frames": 200_000, "journal_bytes": 2**28}
    with Sandbox(time_scale=0.05, control_port=None, ping_interval=None, resume_window=600.0, **room) as sandbox:
        yield sandbox


@pytest.fixture
def witness() -> Iterator[Witness]:
    witness = Witness()
    with witness.watching():
        yield witness


def of(tmp_path: Path, sandbox: Sandbox, app: str) -> Crew:
    path = tmp_path / "app.py"
    path.write_text(app)
    return Crew(_WORKERS, sandbox, random.Random(7), f"{path}:client")


def killed(crew: Crew, sandbox: Sandbox, witness: Witness) -> tuple[Session, float]:
    """Kill a worker; return its session once somebody has resumed it, and the seconds beyond the machine's own lag."""
    judge = Judge(sandbox, witness)
    began, end = time.time(), time.monotonic() + LIMIT
    assert crew.kill(), "nobody is left to adopt"
    lag = Lag(crew)
    while not [session for session in judge.orphaned() if session.logins > 1]:
        assert time.monotonic() < end, f"nobody has resumed the session of the dead:\n{crew.log[-3000:]}"
        judge.look(None)
        lag.look_again()
    (session,) = judge.orphaned()
    login = session.journal.requests("signalwire.connect")[-1]
    return session, login["at"] - began - lag.seconds()


def test_500_callers_of_a_killed_worker_are_adopted_and_served_on_to_the_end(
    tmp_path: Path, sandbox: Sandbox, witness: Witness
) -> None:
    with of(tmp_path, sandbox, _TALKS) as crew:
        runs = []
        for number in range(2 * _CALLERS):
            script = Caller(f"+1555010{number:04}").dials("office", patience=LIMIT)
            script = script.hears(f"Order {number:04}", 4 * LIMIT).presses("7")
            runs.append(sandbox.place(script.hears("you pressed 7", LIMIT).waits_for_hangup(LIMIT)))
            if number % 20 == 0:
                gevent.sleep(0.01)
        until(lambda: all(held(run) for run in runs), lambda: "not everybody was told to hold the line")
        session, seconds = killed(crew, sandbox, witness)
        theirs = [run for run in runs if run.call is not None and run.call.session is session]
        assert len(theirs) == _CALLERS
        for run in theirs:
            outcome = run.wait(2 * LIMIT)
            reason = "busy" if int(outcome.number[-4:]) % 3 == 0 else "hangup"
            assert outcome.ok, outcome.transcript
            assert (outcome.end_source, outcome.end_reason) == ("outbound", reason)
            assert "Hold the line." in outcome.heard
        assert all(run.outcome is None for run in runs if run not in theirs), "a call of the living was ended"
        assert session.logins == 2
        assert seconds <= _RESUMED_WITHIN


def held(run: Run) -> bool:
    """Whether the call's code waits, and all that it had to do is done."""
    return run.call is not None and bool(run.call.line.heard) and not run.call.actions


def test_50_bridged_and_50_queued_callers_of_a_killed_worker_are_left_in_peace_until_they_are_free(
    tmp_path: Path, sandbox: Sandbox, witness: Witness
) -> None:
    sandbox.on_dial("+15550120001", Callee().answers().waits_for_hangup(10 * LIMIT))
    with of(tmp_path, sandbox, _IS_SERVED_ELSEWHERE) as crew:
        runs = [
            sandbox.place(
                caller.dials(context, patience=LIMIT).hears("Welcome back", 4 * LIMIT).waits_for_hangup(LIMIT)
            )
            for number in range(2 * _ENGAGED)
            for context in ("bridged", "queued")
            for caller in [Caller(f"+1555010{number:04}")]
        ]
        until(lambda: all(engaged(run) for run in runs), lambda: "not everybody is bridged or in the queue")
        session, _ = killed(crew, sandbox, witness)
        theirs = [run for run in runs if run.call is not None and run.call.session is session]
        assert len(theirs) == 2 * _ENGAGED
        gevent.sleep(_PEACE)
        assert [run for run in theirs if not engaged(run) or touched(run, session, witness)] == []
        for run in theirs:
            free(run)
        for run in theirs:
            outcome = run.wait(LIMIT)
            assert outcome.ok, outcome.transcript
            assert f"Welcome back, {outcome.number[-4:]}." in outcome.heard
            assert (outcome.end_source, outcome.end_reason) == ("outbound", "hangup")
        assert session.logins == 2


def engaged(run: Run) -> bool:
    call = run.call
    if call is None:
        return False
    return bool(call.actions) if call.context == "queued" else call.bridge is not None and call.bridge.peer is not None


def touched(run: Run, session: Session, witness: Witness) -> bool:
    """Whether a command has come for the call since its session was resumed."""
    return witness.first(run.call_id, session)[0] == session.logins


def free(run: Run) -> None:
    """Let the other party of the bridge hang up, or the queue let the caller go."""
    assert run.call is not None
    if run.call.bridge is not None and run.call.bridge.peer is not None:
        run.call.bridge.peer.end("hangup", "inbound")
    for action in list(run.call.actions.values()):
        action.stop()
