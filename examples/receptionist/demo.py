"""Show the receptionist at work: 48 callers, a cap, messages, an outbound call and a cut of the socket.

Everything runs in this process, on loopback: the sandbox plays SignalWire and the callers. Exit code 1 if anything was
lost or left open.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import gevent
from app import Receptionist
from loguru import logger
from rich.console import Console
from rich.live import Live
from rich.table import Table

from relay_runtime import Message, RelayClient, RelayError, retrying
from relay_runtime.sandbox import Callee, Caller, Outcome, Run, Sandbox, Status

OFFICE = "+15550100002"
CAP = 8
ORDINARY = 34
BURST = CAP + 6
TIME_LIMIT = 25.0


def ordinary_callers() -> list[Caller]:
    """Return callers of every kind, in turn."""
    kinds = [
        lambda c: c.hears("Press 1").presses("1").hears("Sales will call").waits_for_hangup(),
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
        self.runs: list[Run] = []
        self.outcomes: list[Outcome] = []
        self.facts: dict[str, str] = {"message in": "waiting", "message out": "waiting", "outbound call": "waiting"}
        self.problems: list[str] = []

    def reply(self, message: Message) -> None:
        """Answer a text message."""
        answer = retrying(
            self.client.send_message,
            to_number=message.from_number,
            from_number=message.to_number,
            context="office",
            body=f"You wrote: {message.body}",
        )
        self.facts["message in"] = f"answered, {answer.wait(timeout=10).message_state}"

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

    def dial(self) -> None:
        """Call somebody, speak, hang up."""
        self.sandbox.on_dial("+15550100302", Callee().rings(1).answers().hears("reminder").waits_for_hangup())
        device = {"type": "phone", "params": {"from_number": OFFICE, "to_number": "+15550100302", "timeout": 20}}
        call = retrying(self.client.dial, [[device]], dial_timeout=15)
        retrying(lambda: call.play_tts("This is a reminder of your appointment.").wait(timeout=15))
        retrying(call.hangup)
        call.wait_for_ended(timeout=10)
        self.facts["outbound call"] = f"answered, spoken to, {call.end_reason}"

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
            gevent.spawn(self.place, ordinary[: ORDINARY // 2], 0.12),
        ]
        self.sandbox.sends_message(from_number="+15550100303", to_number=OFFICE, body="Are you open?", context="office")
        gevent.joinall(tasks[2:])
        self.place(burst_callers(), 0.0)
        gevent.sleep(0.4)
        self.sandbox.cut()  # the socket dies with calls in every phase
        self.place(ordinary[ORDINARY // 2 :], 0.12)
        gevent.joinall(tasks, timeout=TIME_LIMIT)
        for run in self.runs:
            try:
                self.outcomes.append(run.wait(timeout=TIME_LIMIT))
            except TimeoutError as error:
                self.problems.append(str(error))

    # Showing it

    def live_table(self) -> Table:
        """Return the view of this moment."""
        stats, counters = self.client.stats, self.sandbox.counters
        table = Table(title=f"receptionist on {self.sandbox.url}", title_justify="left", min_width=56)
        table.add_column("now")
        table.add_column("", justify="right")
        for name, value in (
            ("connection", self.client.state),
            ("callers", len(self.runs)),
            ("calls up", counters.calls_up),
            ("served", sum(Receptionist.outcomes.values())),
            ("refused (busy)", stats.calls_refused["busy"]),
            ("logins", stats.connections),
            *self.facts.items(),
        ):
            table.add_row(name, str(value))
        return table

    def lost(self) -> int:
        """Count callers who were neither served by the book nor refused, and what did not work besides."""
        wrong = [o for o in self.outcomes if o.failure or o.status not in {Status.ANSWERED, Status.REFUSED}]
        missing = len(self.runs) - len(self.outcomes)
        unfinished = [fact for fact in self.facts.values() if fact == "waiting" or "failed" in fact]
        for outcome in wrong:
            self.problems.append(f"call {outcome.call_id}: {outcome.status}, {outcome.failure or outcome.end_reason}")
        return len(wrong) + missing + len(unfinished)

    def left_open(self) -> int:
        """Count calls and operations that are still open in the sandbox after the client has gone."""
        return self.sandbox.counters.calls_up + self.sandbox.counters.actions_open

    def summary(self, seconds: float, lost: int, left_open: int) -> Table:
        """Return the table of the end."""
        stats = self.client.stats
        table = Table(title=f"summary after {seconds:.1f} s", title_justify="left", min_width=56)
        table.add_column("what")
        table.add_column("count", justify="right")
        table.add_row("offered", str(stats.calls_offered))
        table.add_row("answered", str(sum(outcome.answered for outcome in self.outcomes)))
        for outcome, count in sorted(Receptionist.outcomes.items()):
            table.add_row(f"  {outcome}", str(count))
        table.add_row("refused as busy (cap of 8)", str(stats.calls_refused["busy"]))
        table.add_row("message in", self.facts["message in"])
        table.add_row("message out", self.facts["message out"])
        table.add_row("outbound call", self.facts["outbound call"])
        table.add_row("reconnects", str(stats.connections - 1))
        table.add_row("left open", str(left_open))
        table.add_row("[bold]lost", f"[bold]{lost}")
        return table


def main() -> int:
    logger.remove()  # the live view has the screen to itself
    console = Console()
    began = time.monotonic()
    with Sandbox(time_scale=0.1, message_step=1.0) as sandbox:
        demo = Demo(sandbox)
        demo.client.connect(timeout=10)
        scene = gevent.spawn(demo.run)
        with Live(demo.live_table(), console=console, refresh_per_second=8, transient=True) as live:
            while not scene.ready():
                live.update(demo.live_table())
                gevent.sleep(0.1)
        scene.get()
        lost = demo.lost()
        demo.client.disconnect()
        left_open = demo.left_open()
        console.print(demo.summary(time.monotonic() - began, lost, left_open))
    for problem in demo.problems:
        console.print(f"problem: {problem}", markup=False)
    return 1 if lost or left_open or demo.problems else 0


if __name__ == "__main__":
    sys.exit(main())
