"""What happens to programs of ``examples/official``, by their names: who calls them, and what is heard.

A case has the program run on its stage, and looks at what became of it, as those of ``aio_cases`` do.
"""

from __future__ import annotations

from collections.abc import Callable

from doubles.hub import until
from played_programs import LIMIT, Stage

from relay_runtime.sandbox import Callee, Caller, Status

__all__ = ["CASES"]

AGENTS = "+15550100077"
A, B = (Caller(number).dials("default") for number in ("+15550100001", "+15550100002"))


def queue(stage: Stage) -> None:
    stage.serves()
    caller = stage.sandbox.place(A.hears("in the queue now").waits_for_hangup())
    stage.prints("a caller is in the queue")
    agent = stage.sandbox.place(B.dials("default", to_number=AGENTS).waits_for_hangup())
    stage.prints("an agent takes the next caller")
    until(lambda: caller.call and caller.call.line.bridged, "the bridge", LIMIT)
    stage.hangs_up(agent)
    stage.hangs_up(caller)
    impatient = stage.sandbox.place(A.hears("in the queue now").waits_for_hangup())
    stage.prints(*2 * ["a caller is in the queue"])
    stage.hangs_up(impatient)


def conference(stage: Stage) -> None:
    stage.serves()
    runs = [stage.sandbox.place(caller.hears("weekly meeting").waits_for_hangup()) for caller in (A, B)]
    stage.prints(*2 * ["somebody has joined: True"])
    for run in runs:
        stage.hangs_up(run)


def room(stage: Stage) -> None:
    stage.serves()
    run = stage.sandbox.place(A.hears("waiting for you").waits_for_hangup())
    stage.prints("somebody is in the room")
    stage.hangs_up(run)


def agent(stage: Stage) -> None:
    stage.serves()
    run = stage.sandbox.place(A.hears("You said: a big calzone").waits_for_hangup())
    stage.prints("the agent has taken over")
    stage.line_of(run, "ai").speech_ends("a big calzone")
    stage.hears(run, "You said: a big calzone")
    stage.hangs_up(run)


def bedrock(stage: Stage) -> None:
    stage.serves()
    run = stage.sandbox.place(A.hears("our assistant").hears("You said: on Sundays").waits_for_hangup())
    stage.prints("the assistant has taken over")
    stage.line_of(run, "ai").speech_ends("on Sundays")
    stage.hears(run, "You said: on Sundays")
    stage.hangs_up(run)


def listeners(stage: Stage) -> None:
    stage.serves()
    assert stage.call(A.hears("Press 1").presses("1").hears("High water").waits_for_hangup()).end_source == "outbound"
    assert stage.call(B.hears("Press 1").waits_for_hangup()).end_reason == "noAnswer"
    stage.prints(*2 * ["the handler has returned", "the call is answered", "the call is ended"])


def monitor(stage: Stage) -> None:
    stage.serves()
    run = stage.sandbox.place(A.dials("default", to_number=AGENTS))
    stage.prints(f"a call to {AGENTS} is offered")
    assert stage.hangs_up(run).status is Status.ABANDONED
    stage.prints("it is ended")


def bindings(stage: Stage) -> None:
    stage.serves()
    weather = A.hears("star 2 for the news").presses("*1").hears("dry until the evening")
    run = stage.sandbox.place(weather.presses("*2").hears("open again").waits_for_hangup())
    stage.prints("the keys are bound")
    stage.hears(run, "open again")
    stage.hangs_up(run)


def with_exit(stage: Stage) -> None:
    stage.sandbox.on_dial("*", Callee().rings(1).answers().waits_for_hangup())
    stage.runs()
    stage.prints("the sentence has begun", "disconnected")


def chain(stage: Stage) -> None:
    stage.serves()
    run = stage.sandbox.place(A.hears("with pound").hears("You entered 4711").waits_for_hangup())
    line = stage.line_of(run, "collect")
    for key in "4711#":
        line.press(key)
    assert stage.over(run).end_source == "outbound"
    assert stage.call(B.hears("with pound").hears("entered nothing").waits_for_hangup()).end_source == "outbound"
    stage.prints("the customer number is 4711", "the customer number is nothing")


def polling(stage: Stage) -> None:
    stage.serves()
    stage.call(A.hears("any key").presses("5").hears("Then we begin").waits_for_hangup())
    stage.call(B.hears("any key").hears("Another time").waits_for_hangup())
    stage.prints("the caller was ready", "the caller was away")


CASES: dict[str, Callable[[Stage], None]] = {
    name: case
    for name, case in list(globals().items())
    if getattr(case, "__module__", "") == __name__ and callable(case)
}
"""From the name of a program to what happens to it."""
