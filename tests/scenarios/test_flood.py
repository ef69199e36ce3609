"""A hundred thousand events for one call: the others are served, memory is bounded, and its hang-up is handled."""

from __future__ import annotations

import resource
from collections.abc import Callable
from typing import Any, ClassVar

import gevent
import pytest
from gevent.event import Event

from relay_runtime import CallActor, PlayEvent, RelayClient, RelayEvent, silence
from relay_runtime.sandbox import Caller, Sandbox

pytestmark = [pytest.mark.scenario, pytest.mark.proof]

EVENTS = 100_000
OTHERS = 10  # calls that must be served while the flood lasts
BATCH = 200
LIMIT = 60.0
FLOODED = "+15550100001"


class Served(CallActor):
    """The flooded call's code is busy; the others answer and hang up."""

    let_go = Event()
    seen: ClassVar[dict[str, int]] = {}
    last: ClassVar[list[str]] = []

    def run(self) -> None:
        self.answer()
        if self.from_number == FLOODED:
            self.play([silence(1_000_000)], control_id="flood")
            Served.let_go.wait()
            self.wait_for_ended()

    def on_play(self, event: PlayEvent) -> None:
        Served.seen[self.call_id] = Served.seen.get(self.call_id, 0) + 1

    def on_ended(self, event: RelayEvent) -> None:
        if self.from_number == FLOODED:
            Served.last.append(self.end_reason)


def until(condition: Callable[[], Any], what: str) -> None:
    with gevent.Timeout(LIMIT, AssertionError(f"{what} did not come true")):
        while not condition():
            gevent.sleep(0.005)


def memory() -> int:
    """Return the most memory that the process has had so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


class Flood:
    """Events for one call, as fast as the client takes them.

    What is queued on one socket before an event cannot but delay it: so a batch waits for the one before the last.
    """

    def __init__(self, sandbox: Sandbox, client: RelayClient, call_id: str) -> None:
        self.sent = 0
        self._sandbox = sandbox
        self._client = client
        self._call_id = call_id

    @property
    def arrived(self) -> int:
        return self._client.stats.events["calling.call.play"]

    def run(self) -> None:
        while self.sent < EVENTS:
            for number in range(self.sent, self.sent + BATCH):
                self._sandbox.emit(
                    self._call_id, "calling.call.play", control_id="flood", state="playing", number=number
                )
            self.sent += BATCH
            while self.arrived < self.sent - 2 * BATCH:
                gevent.sleep(0)


def serve_others(sandbox: Sandbox, flood: Flood) -> list[int]:
    """Let others dial in at once; return how far the flood was when each of them had been served."""

    def serve(number: int) -> int:
        run = sandbox.place(Caller(f"+1555020{number:04d}").dials("office").waits_for_hangup())
        assert run.wait(LIMIT).ok
        return flood.sent

    served = [gevent.spawn(serve, number) for number in range(OTHERS)]
    return [each.get(timeout=LIMIT) for each in served]


@pytest.mark.timeout(120)
def test_a_flood_for_one_call_stops_nobody_else_and_its_hang_up_is_handled(log_lines: list[str]) -> None:
    Served.let_go.clear()
    Served.seen.clear()
    Served.last.clear()
    with Sandbox(time_scale=0.01, control_port=None, ping_interval=None) as sandbox:
        client = RelayClient(sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"], call_actor=Served)
        with client:
            run = sandbox.place(Caller(FLOODED).dials("office").waits(3_000_000))
            until(lambda: run.call is not None and "answered" in run.call.state, "the answer")
            assert run.call is not None
            call_id = run.call.call_id
            before = memory()

            flood = Flood(sandbox, client, call_id)
            flooding = gevent.spawn(flood.run)
            served = serve_others(sandbox, flood)
            flooding.get()
            assert sorted(served)[OTHERS // 2] < EVENTS  # most of them while it lasted
            until(lambda: flood.arrived >= flood.sent, "the arrival of every event")
            status = client.call_status(call_id)
            assert status is not None
            assert status.jobs <= 2_000
            assert memory() - before < 100  # the sandbox's own share, its journal, included

            run.call.end("busy", "inbound")
            until(lambda: (status := client.call_status(call_id)) is None or status.state == "ended", "the hang-up")
            assert client.stats.calls_ended["busy"] == 1
            Served.let_go.set()
            until(lambda: Served.last, "the last hook")
            assert Served.last == ["busy"]
            until(lambda: not client.live_calls(), "the end of the call")
            assert 1_000 <= Served.seen[call_id] <= 1_010
            assert client.stats.events_replaced >= flood.sent - 1_010
            assert not client.stats.dead_letters
        assert sandbox.errors == []
