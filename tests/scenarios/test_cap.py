"""A thousand calls at once, and the one beyond."""

from __future__ import annotations

import gevent
import pytest
from doubles.one_process import in_one_process

from relay_actors.call.call import CallActor
from relay_runtime import RelayClient
from relay_runtime.sandbox import Caller, Status

pytestmark = pytest.mark.scenario

CAP = 1000
LIMIT = 60.0


class Holder(CallActor):
    """Answers and waits for the caller to leave."""

    def run(self) -> None:
        self.answer()
        self.wait_for_ended()


def caller(number: int) -> Caller:
    return Caller(f"+1555{number:07d}").dials("office")


@pytest.mark.parametrize(
    ("policy", "status"), [("drop", Status.ABANDONED), ("busy", Status.REFUSED), ("pass", Status.PASSED)]
)
def test_call_1001_is_refused_and_a_call_that_ends_makes_room(policy: str, status: Status) -> None:
    with in_one_process(ping_interval=None) as sandbox:
        client = RelayClient(
            project=sandbox.project,
            token=sandbox.token,
            host=sandbox.url,
            contexts=["office"],
            call_actor=Holder,
            max_active_calls=CAP,
            overload=policy,
        )
        with client:
            first = sandbox.place(caller(0).waits(3600))
            held = [sandbox.place(caller(n).waits(3600)) for n in range(1, CAP)]
            with gevent.Timeout(LIMIT):
                while sandbox.counters.answered < CAP:
                    gevent.sleep(0.01)
            assert client.stats.calls_admitted == CAP

            beyond = sandbox.place(caller(CAP).abandons(0.2))
            assert beyond.wait(LIMIT).status is status
            assert client.stats.calls_admitted == CAP
            assert client.stats.calls_refused == {policy: 1}

            assert first.call is not None
            first.call.end("hangup", "inbound")
            with gevent.Timeout(LIMIT):
                while not client.stats.calls_ended:
                    gevent.sleep(0.001)
            assert sandbox.place(caller(CAP + 1).hangs_up()).wait(LIMIT).answered
            assert client.stats.calls_admitted == CAP + 1
        assert sandbox.counters.calls_up == 0
        assert all(run.outcome is not None for run in held)
