"""The other side of the chaos run, in a process of its own: a sandbox, its people, and the storm.

It talks over stdin and stdout, a line of JSON each: first its address; ``begin`` lets people call and the storm blow;
``calm`` ends both, and is answered by the books when everybody has hung up; ``call`` places one caller, answered by how
it ended.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections import Counter
from contextlib import suppress
from typing import Any

import gevent
from gevent.fileobject import FileObject

from proof.nuisances import send_odd_numbers
from relay_runtime.sandbox import Callee, Caller, Run, Sandbox

__all__ = ["CALLEES", "People", "main"]

US = "+15550100099"
CALLEES = {
    "+15550120001": Callee().rings(4).answers().hears("This is", 60).waits(20).waits_for_hangup(timeout=60),
    "+15550120002": Callee().rings(2).answers().waits(10).hangs_up(),
    "+15550120003": Callee().is_busy(),
    "+15550120004": Callee().never_answers(),
    "+15550120005": Callee().declines(),
    "+15550120006": Callee().rings(1).answers().is_machine(beep_after=3).waits_for_hangup(timeout=60),
}
_METHODS = (
    "calling.answer", "calling.play", "calling.play_and_collect", "calling.record", "calling.end", "calling.dial",
    "calling.connect", "messaging.send", "signalwire.ping",
)  # fmt: skip
_EVENTS = ("calling.call.state", "calling.call.play", "calling.call.record", "calling.call.receive", "messaging.state")
_QUIET = 20.0  # seconds for everybody to hang up when the storm is over


class People:
    """Callers, senders of messages, and the faults that happen to their calls.

    Args:
        sandbox: where they are.
        seed: seeds all that is by chance.
        calls: calls a second.
        every: seconds between two faults of the storm.
    """

    def __init__(self, sandbox: Sandbox, seed: int, *, calls: float, every: float) -> None:
        self._sandbox = sandbox
        self._chance = random.Random(seed)
        self._calls = calls
        self._every = every
        self._working: list[gevent.Greenlet[..., Any]] = []
        self._restarting: list[gevent.Greenlet[..., Any]] = []
        self.faults: Counter[str] = Counter()
        for number, callee in CALLEES.items():
            sandbox.on_dial(number, callee)

    def begin(self) -> None:
        """Let them call, and the storm blow."""
        self._sandbox.faults.storm(self._every)
        self._working = [gevent.spawn(work) for work in (self._dial_in, self._text_in, self._harm)]

    def _dial_in(self) -> None:
        """Place calls at even distances, those too that are late."""
        due = time.monotonic()
        while True:
            due += self._chance.expovariate(self._calls)
            gevent.sleep(max(0.0, due - time.monotonic()))
            self._sandbox.place(self._caller())

    def _caller(self) -> Caller:
        chance = self._chance
        caller = Caller(f"+1555{chance.randrange(10**7):07d}").dials("office")
        match chance.randrange(6):
            case 0:
                return caller.abandons(chance.uniform(0.1, 1.0))
            case 1:
                return caller.hears("Press 1", 60).presses("1").waits_for_hangup(timeout=60)
            case 2:
                return caller.hangs_up_while_hearing("Press", 60)
            case 3:
                return caller.waits(chance.uniform(10, 60)).hangs_up()
            case 4:
                return (
                    caller.says("Good morning, is anybody there?").waits(20).presses("12#").waits_for_hangup(timeout=60)
                )
        return caller.waits_for_hangup(timeout=60)

    def _text_in(self) -> None:
        while True:
            gevent.sleep(self._chance.expovariate(self._calls / 5))
            self._sandbox.sends_message(from_number="+15550130001", to_number=US, body="Hello", context="office")

    def _harm(self) -> None:
        """Harm single requests and events, the way for a while, and the server, besides what the storm does."""
        chance = self._chance
        while True:
            gevent.sleep(chance.expovariate(1 / self._every))
            kind = chance.choices(
                ["request", "event", "way", "calm way", "flood", "odd numbers", "restart", "restart without memory"],
                [8, 8, 2, 2, 1, 2, 1, 0.5],
            )[0]
            self.faults[kind] += 1
            self._harm_by(kind)

    def _harm_by(self, kind: str) -> None:
        chance, sandbox = self._chance, self._sandbox
        if kind == "request":
            effects: list[dict[str, Any]] = [
                {"withhold": True}, {"delay": 0.2}, {"events_first": True}, {"duplicate": True}, {"cut": "before"},
                {"cut": "during"}, {"cut": "after"}, {"truncate": True}, {"patch": {"code": 200}},
                {"reply": {"code": "503", "message": "no"}},
            ]  # fmt: skip
            sandbox.arm(chance.choice(_METHODS), **chance.choice(effects))
        elif kind == "event":
            effects = [
                {"delay": 0.2}, {"duplicate": True}, {"again": True}, {"cut": "before"}, {"cut": "after"},
                {"truncate": True},
            ]  # fmt: skip
            sandbox.arm_event(chance.choice(_EVENTS), **chance.choice(effects))
        elif kind == "way":
            sandbox.faults.disturb(jitter=0.02, duplicate=0.2, reorder=0.2, slow_reader=0.0005)
        elif kind == "calm way":
            sandbox.faults.disturb()
        elif kind == "flood":
            with suppress(LookupError):  # nobody is connected
                sandbox.faults.malform("ping_flood")
        elif kind == "odd numbers":
            live = [run.call_id for run in sandbox.runs() if run.outcome is None]
            for call_id in chance.sample(live, min(10, len(live))):
                with suppress(LookupError):
                    send_odd_numbers(sandbox, call_id)
        elif all(each.dead for each in self._restarting):
            memory = kind == "restart"
            self._restarting = [gevent.spawn(sandbox.restart, memory=memory, down_for=chance.uniform(0.0, 0.3))]

    def calm(self) -> dict[str, Any]:
        """End storm and calls; return the books. Blocks until everybody has hung up, or 20 s are over."""
        gevent.killall(self._working)
        gevent.joinall(self._restarting)
        faults = self.faults + Counter(self._sandbox.faults.history)
        self._sandbox.faults.calm()
        self._sandbox.faults.disarm()
        end = time.monotonic() + _QUIET
        while self._sandbox.counters.calls_up and time.monotonic() < end:
            gevent.sleep(0.01)
        left = [_story(run) for run in self._sandbox.runs() if run.outcome is None]
        errors = [repr(error) for error in self._sandbox.errors]
        return {**self._sandbox.counters.as_dict(), "faults": faults, "on_the_line": left, "errors": errors}

    def one_more(self) -> str:
        """Place one caller; return its status when the call is over."""
        return self._sandbox.place(Caller("+15550100001").dials("office").waits(1).hangs_up()).wait(10).status


def _story(run: Run) -> str:
    """Tell what happened to somebody who is still on the line."""
    call = run.call
    if call is None:
        return repr(run)
    session = call.session
    story = ", ".join(f"{each.at:.2f} {each.who} {each.what}" for each in run._transcript)
    age = time.monotonic() - call.began
    kin = f"parent={call.parent} bridge={call.bridge} winner={call.winner} age={age:.1f}"
    return f"{call.call_id} {call.direction} {call.state} tag={call.tag} {kin} {session}: {story}"


def main() -> None:
    """Serve until stdin is closed."""
    options = json.loads(sys.argv[1])
    # In real life a telephone rings twenty times as long; sessions are kept for a while, journals hardly.
    sandbox = Sandbox(
        time_scale=0.05,
        control_port=None,
        seed=options["seed"],
        resume_window=3.0,
        ping_interval=1.0,
        ping_timeout=1.0,
        journal_frames=10,
        message_step=0.2,
        patience=5.0,
    )
    with sandbox:
        people = People(sandbox, options["seed"], calls=options["calls"], every=options["every"])
        _say({"url": sandbox.url, "project": sandbox.project, "token": sandbox.token})
        commands = {"begin": people.begin, "calm": people.calm, "call": people.one_more}
        for line in FileObject(os.dup(sys.stdin.fileno()), "r"):
            _say(commands[line.strip()]())


def _say(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
