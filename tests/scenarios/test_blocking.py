"""A handler that blocks the hub is named with its call."""

from __future__ import annotations

import time

import pytest
from doubles.hub import until

from relay_runtime import CallActor, RelayClient
from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.watch import hub_guard

pytestmark = pytest.mark.scenario

LIMIT = 60.0


class Blocking(CallActor):
    """Does what it should have offloaded."""

    def run(self) -> None:
        self.answer()
        self.work()

    def work(self) -> None:
        guards = list(hub_guard._guards.values())
        end = time.monotonic() + LIMIT
        while all(guard._culprit is None for guard in guards) and time.monotonic() < end:
            time.sleep(0.001)


class Offloading(Blocking):
    """Does it right."""

    def work(self) -> None:
        self.offload(time.sleep, 0.15)


@pytest.mark.parametrize("kind", [Blocking, Offloading])
def test_a_blocking_handler_is_named_with_actor_call_file_and_line(kind: type[Blocking], log_lines: list[str]) -> None:
    with Sandbox(time_scale=0.01, control_port=None) as sandbox:
        client = RelayClient(
            project=sandbox.project,
            token=sandbox.token,
            host=sandbox.url,
            contexts=["office"],
            call_actor=kind,
            hub_guard=0.1,
        )
        with client:
            run = sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup())
            assert run.wait(LIMIT).answered
            if kind is Blocking:
                (line,) = until(lambda: [line for line in log_lines if "by Blocking of call" in line])
                assert client.stats.hub_blocked >= 1  # a busy machine may hold this process up besides
                assert "the hub was blocked" in line
                assert f"by Blocking of call {run.call_id}, at {__file__}:" in line
                assert "in Blocking.work" in line
                assert f"'call_id': '{run.call_id}'" in line
            else:
                assert not any("in Offloading.work" in line for line in log_lines)
    assert not hub_guard._guards
