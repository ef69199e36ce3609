"""A call that a client serves over a socket and in memory, with every fault on its way: one story."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, get_args

import msgspec
import pytest
from doubles.client import LIMIT, QUICK, THEM, client_of
from doubles.hub import turns, until
from doubles.ways import WAYS, Way, alike, by

from relay_runtime import Call, RelayError
from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.sandbox.faults.faults import Refusal
from relay_runtime.testing.virtual import virtual_time

pytestmark = pytest.mark.slow  # one of the two ways is over sockets

Fault = Callable[[Sandbox], object]
PROMPT: Final = "Press one, for nobody else is here."  # the key comes well before its end: not both at a time
SCRIPT: Final = Caller(THEM).dials("office").hears("Press one").presses("1").waits_for_hangup()


def story(name: str, way: Way) -> dict[str, Any]:
    """Serve a call, strike once it is answered, and return what the app, the caller and a tap saw."""
    fault = FAULTS[name]
    timing = msgspec.structs.replace(QUICK, **LIMITS.get(name, {}))
    with (
        by(way, time_scale=PACE.get(name, 0.01)) as sandbox,
        client_of(sandbox, timing=timing) as client,
    ):
        told: list[str] = []
        frames: list[tuple[str, str | bytes]] = []

        def step(name: str, does: Callable[[], Any]) -> Any:
            try:
                told.append(f"{name}: {alike(str(does()))}")
            except RelayError as error:
                told.append(f"{name}: {type(error).__name__}: {error}")

        @client.on_call
        def serve(call: Call) -> None:
            step("answer", call.answer)
            fault(sandbox)
            step("input", lambda: call.prompt_tts(PROMPT, {"digits": {"max": 1}}).wait(timeout=LIMIT).params)
            step("hang-up", call.hangup)
            step("end", lambda: call.wait_for_ended(timeout=LIMIT))
            told.append("served")

        client.tap.watch(lambda direction, frame: frames.append((direction, frame)))
        outcome = sandbox.place(SCRIPT).wait(timeout=LIMIT)
        until(lambda: "served" in told, "the end of the app's code")
        at_rest(sandbox)
        return {
            "told": told,
            "caller": (str(outcome.status), outcome.failure),
            **{kind: alike("\0".join(seen)).split("\0") for kind, seen in sorted_out(frames).items()},
        }


def sorted_out(frames: list[tuple[str, str | bytes]]) -> dict[str, list[str]]:
    """Sort frames into those that came, and the requests and replies that went: acknowledgements go when they can."""
    kinds: dict[str, list[str]] = {"in": [], "requests": [], "replies": []}
    for direction, frame in frames:
        text = frame if isinstance(frame, str) else bytes(frame).decode(errors="replace")
        if direction == "in":
            kinds["in"].append(text)
        else:
            kinds["requests" if "method" in msgspec.json.decode(text) else "replies"].append(text)
    return kinds


def lost(strike: Fault) -> Fault:
    """Strike between two frames, and let the app go on once the client is back: who is quicker decides nothing."""

    def fault(sandbox: Sandbox) -> None:
        at_rest(sandbox)
        before = sandbox.counters.resumes + sandbox.counters.sessions
        strike(sandbox)
        until(lambda: sandbox.counters.resumes + sandbox.counters.sessions > before, "the client to be back")
        at_rest(sandbox)

    return fault


def at_rest(sandbox: Sandbox) -> None:
    """Wait until the client has acknowledged all, and done what follows from it."""
    until(lambda: all(each.unacked == each.queued == 0 for each in sandbox.sessions()), "the last acknowledgement")
    turns()


def truncated(sandbox: Sandbox) -> None:
    sandbox.faults.truncate()
    sandbox.push(None, {"jsonrpc": "2.0", "method": "mark", "params": {}})


def refused(how: Any) -> Fault:
    def fault(sandbox: Sandbox) -> None:
        sandbox.faults.refuse(how, 2)
        sandbox.cut()

    return lost(fault)


def armed(method: str = "calling.play_and_collect", **effects: Any) -> Fault:
    return lambda sandbox: sandbox.arm(method, **effects)


LOST: Final = 10
"""Real seconds in one of the line where a reply is lost: the app, which gives up, is quicker than the caller's ear."""

KEPT: Final = 0.5
"""And where the reply came before the cut: the client, which comes back, is quicker than the caller's finger."""

PACE: Final = {
    "cut before": LOST,
    "cut during": LOST,
    "cut after": KEPT,
    "reset before": LOST,
    "reply cut in two": LOST,
}

LIMITS: Final = {"refused by hang": {"connect_timeout": 0.3}, "reply withheld": {"request_timeout": 0.5}}
"""What ends by its time."""

FAULTS: dict[str, Fault] = {
    "none": lambda sandbox: None,
    "cut": lost(lambda sandbox: sandbox.cut()),
    "reset": lost(lambda sandbox: sandbox.cut(reset=True)),
    "truncate": lost(truncated),
    "stall": lambda sandbox: sandbox.faults.stall(0.05),
    "forget": lost(lambda sandbox: sandbox.faults.forget()),
    "disconnect": lost(lambda sandbox: sandbox.disconnect()),
    "restart": lost(lambda sandbox: sandbox.disconnect(restart=True)),
    "a server that restarts": lost(lambda sandbox: sandbox.restart()),
    "a server that restarts without memory": lost(lambda sandbox: sandbox.restart(memory=False)),
    "a server that is down": lost(lambda sandbox: sandbox.restart(down_for=0.05)),
    **{f"refused by {how}": refused(how) for how in get_args(Refusal)},
    "cut before": armed(cut="before"),
    "cut during": armed(cut="during"),
    "cut after": armed(cut="after"),
    "reset before": armed(cut="before", reset=True),
    "reply cut in two": armed(truncate=True),
    "reply twice": armed(duplicate=True),
    "reply withheld": armed(withhold=True),
    "reply late": armed(delay=0.02),
    "events first": armed(events_first=True),
    "frames twice": lambda sandbox: sandbox.faults.disturb(duplicate=1.0),
    "frames late": lambda sandbox: sandbox.faults.disturb(delay=0.01),
    "frames out of order": lambda sandbox: sandbox.faults.disturb(reorder=1.0),
    "bad JSON": lambda sandbox: sandbox.faults.malform("bad_json"),
    "bad UTF-8": lost(lambda sandbox: sandbox.faults.malform("bad_utf8")),
    "a ping flood": lambda sandbox: sandbox.faults.malform("ping_flood"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_call_is_the_same_story_by_both_ways(fault: str) -> None:
    over_socket, in_memory = (story(fault, way) for way in WAYS)
    assert in_memory == over_socket


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_in_memory_and_in_virtual_time_a_story_is_the_same_again_to_the_last_id_and_second(fault: str) -> None:
    def told() -> tuple[dict[str, Any], float]:
        with virtual_time(seed=7) as clock:
            return story(fault, "memory"), clock.now()

    assert told() == told()
