"""Show the receptionist at work: 48 callers, 8 at a time, messages, an outbound call and a cut of the socket.

Everything runs in this process, on loopback: the sandbox plays SignalWire and the callers, whose numbers are invented.
Exit code 1 if anything was lost or left open, 130 at Ctrl-C.
"""

# ruff: noqa: E402 - Ctrl-C must end it without a traceback while the rest is being imported, too

from __future__ import annotations

import os
import signal
import sys


def leave(*_: object) -> None:
    """End at once: nothing outside this process knows of it."""
    if sys.stdout.isatty():
        os.write(sys.stdout.fileno(), b"\x1b[?25h\n")  # the cursor, which the live view hides
    os._exit(130)


signal.signal(signal.SIGINT, leave)

import time
from collections.abc import Callable

import gevent
from app import Receptionist
from loguru import logger
from show import Show

from relay_runtime import Message, RelayClient, RelayError, retrying
from relay_runtime.sandbox import Callee, Caller, Outcome, Run, Sandbox, Status

OFFICE = "+15550100002"
CAP = 8
ORDINARY = 34
BURST = CAP + 6
GAP = 0.25  # seconds from one ordinary caller to the next
TIME_LIMIT = 25.0


def ordinary_callers() -> list[Caller]:
    """Return callers of every kind, in turn."""
    kinds = [
        lambda c: c.hears("Press 1").waits(1).presses("1").hears("Sales will call").waits_for_hangup(),
        lambda c: c.hears("press 2").presses("2").hears("customer number").waits_for_hangup(),
        lambda c: c.hears("press 2").hears("did not hear you", timeout=30).waits_for_hangup(),
        lambda c: c.hangs_up_while_hearing("Welcome"),
        lambda c: c.hears("Press 1").presses("7").hears("no such department").waits_for_hangup(),
    ]
    return [kinds[n % len(kinds)](Caller(f"+155501001{n:02d}").dials("office")) for n in range(ORDINARY)]


def burst_callers() -> list[Caller]:
    """Return more callers than the cap lets in, all at once."""
    return [
        Caller(f"+155501002{n:02d}").dials("office").hears("Press 1").presses("1").waits_for_hangup()
        for n in range(BURST)
    ]


class Demo:
    """The sandbox, the client, and what became of everybody."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.client = RelayClient(
            project=sandbox.project,
            token=sandbox.token,
            host=sandbox.url,
            contexts=["office"],
            max_active_calls=CAP,
            call_actor=Receptionist,
            overload="busy",
        )
        self.client.on_message(self.reply)
        self.show = Show(sandbox, self.client)
        self.runs: list[Run] = []
        self.outcomes: list[Outcome] = []
        self.facts = dict.fromkeys(("message in", "message out", "outbound call"), "")
        self.on_the_line: list[Run] = []  # when the connection was cut
        self.offline = 0.0
        self.problems: list[str] = []

    def reply(self, message: Message) -> None:
        """Answer a text message."""
        self.show.tell(f'{message.from_number} writes "{message.body}", and gets an answer')
        answer = retrying(
            self.client.send_message,
            to_number=message.from_number,
            from_number=message.to_number,
            context="office",
            body=f"You wrote: {message.body}",
        )
        self.facts["message in"] = answer.wait(timeout=10).message_state

    def text(self) -> None:
        """Send a message and see it delivered."""
        sent = retrying(
            self.client.send_message,
            to_number="+15550100301",
            from_number=OFFICE,
            context="office",
            body="We are open.",
        )
        self.facts["message out"] = sent.wait(timeout=10).message_state
        self.show.tell('+15550100301 is sent the message "We are open."')

    def dial(self) -> None:
        """Call somebody, speak, hang up."""
        self.sandbox.on_dial("+15550100302", Callee().rings(1).answers().hears("reminder").waits_for_hangup())
        device = {"type": "phone", "params": {"from_number": OFFICE, "to_number": "+15550100302", "timeout": 20}}
        call = retrying(self.client.dial, [[device]], dial_timeout=15)
        retrying(lambda: call.play_tts("This is a reminder of your appointment.").wait(timeout=15))
        retrying(call.hangup)
        call.wait_for_ended(timeout=10)
        self.facts["outbound call"] = call.end_reason

    def guarded(self, name: str, step: Callable[[], object]) -> None:
        """Run a step; what it raises is a problem of the demo."""
        try:
            step()
        except (RelayError, TimeoutError) as error:
            self.problems.append(f"{name}: {error}")

    def place(self, callers: list[Caller], gap: float) -> None:
        """Let callers dial, ``gap`` seconds apart."""
        for caller in callers:
            self.runs.append(self.sandbox.place(caller))
            gevent.sleep(gap)

    def run(self) -> None:
        """Play the whole scene; returns when everybody is served, or after TIME_LIMIT seconds."""
        ordinary = ordinary_callers()
        tasks: list[gevent.Greenlet[..., None]] = [
            gevent.spawn(self.guarded, "outbound call", self.dial),
            gevent.spawn(self.guarded, "message out", self.text),
            gevent.spawn(self.place, ordinary[: ORDINARY // 2], GAP),
        ]
        self.sandbox.sends_message(from_number="+15550100303", to_number=OFFICE, body="Are you open?", context="office")
        gevent.joinall(tasks[2:])
        self.place(burst_callers(), 0.0)
        gevent.sleep(0.4)
        tasks.append(gevent.spawn(self.cut))
        self.place(ordinary[ORDINARY // 2 :], GAP)
        gevent.joinall(tasks, timeout=TIME_LIMIT)
        for run in self.runs:
            try:
                self.outcomes.append(run.wait(timeout=TIME_LIMIT))
            except TimeoutError as error:
                self.problems.append(str(error))

    def cut(self) -> None:
        """Cut the socket with calls in every phase, and see it come back."""
        session, logins, began = self.client.relay_protocol, self.client.stats.connections, time.monotonic()
        self.on_the_line = [run for run in self.runs if run.status is Status.ANSWERED and run.outcome is None]
        self.show.cut(len(self.on_the_line))
        self.sandbox.cut()
        while self.client.stats.connections == logins and time.monotonic() < began + TIME_LIMIT:
            gevent.sleep(0.01)
        self.offline = time.monotonic() - began
        if self.client.relay_protocol != session:
            self.problems.append("the session of before the cut was not resumed")
        self.show.resumed(self.offline, self.kept(), len(self.on_the_line))

    def kept(self) -> int:
        """Count the calls that the cut has done nothing to: they go on, or went as their callers wanted."""
        return sum(run.outcome is None or run.outcome.ok for run in self.on_the_line)

    def lost(self) -> int:
        """Count callers who were neither served by the book nor refused, and what did not work besides."""
        wrong = [o for o in self.outcomes if o.failure or o.status not in {Status.ANSWERED, Status.REFUSED}]
        missing = len(self.runs) - len(self.outcomes)
        unfinished = [fact for fact in self.facts.values() if not fact or "failed" in fact]
        for outcome in wrong:
            self.problems.append(f"call {outcome.call_id}: {outcome.status}, {outcome.failure or outcome.end_reason}")
        return len(wrong) + missing + len(unfinished)

    def left_open(self) -> int:
        """Count calls and operations that are still open in the sandbox after the client has gone."""
        return self.sandbox.counters.calls_up + self.sandbox.counters.actions_open

    def summary(self, seconds: float, lost: int, left_open: int) -> list[str]:
        """Return what happened, for somebody who has read nothing of it."""
        served, busy = Receptionist.outcomes, self.client.stats.calls_refused["busy"]
        return [
            "",
            f"What happened in these {seconds:.0f} seconds",
            f"  {len(self.runs):2d} people called a desk that speaks with {CAP} at a time. Of them",
            f"  {sum(served.values()):2d}   were answered, each by code of its own (app.py), one beside the other:",
            f"        {served['sales']} chose sales, {served['support']} support, {served['wrong key']} a key that "
            f"leads nowhere,",
            f"        {served['no input']} said nothing, {served['hung up early']} hung up in mid-sentence;",
            f"  {busy:2d}   came while {CAP} others were on the line, and heard the busy tone.",
            f"   1 time the connection was cut, with {len(self.on_the_line)} calls on the line. It was back after",
            f"       {self.offline:.1f} s. {self.kept()} of them were kept: their code went on where it stood.",
            "   1 message came in and was answered, 1 was sent, 1 person was called.",
            f"  {lost:2d} calls or messages were lost, {left_open} were left open.",
        ]


def main() -> int:
    logger.remove()  # the view has the screen to itself
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # whatever it is that reads it
    began = time.monotonic()
    with Sandbox(time_scale=0.2, message_step=1.0) as sandbox:
        demo = Demo(sandbox)
        demo.client.connect(timeout=10)
        scene = gevent.spawn(demo.run)
        demo.show.until(scene)
        scene.get()
        lost = demo.lost()
        demo.client.disconnect()
        left_open = demo.left_open()
        demo.show.close(demo.summary(time.monotonic() - began, lost, left_open))
    for problem in demo.problems:
        print(f"problem: {problem}")
    return 1 if lost or left_open or demo.problems else 0


if __name__ == "__main__":
    sys.exit(main())
