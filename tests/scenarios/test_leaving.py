"""A client that leaves its contexts before it is full."""

from __future__ import annotations

from collections.abc import Callable

import gevent
import pytest
from doubles.one_process import in_one_process

from relay_runtime import CallActor, RelayClient
from relay_runtime.sandbox import Caller, Run, Status

pytestmark = pytest.mark.scenario

LIMIT = 60.0


class Holder(CallActor):
    """Answers and waits for the caller to leave."""

    def run(self) -> None:
        self.answer()
        self.wait_for_ended()


def until(condition: Callable[[], object]) -> None:
    with gevent.Timeout(LIMIT, AssertionError("waited in vain")):
        while not condition():
            gevent.sleep(0.002)


def test_calls_go_elsewhere_while_a_client_is_nearly_full_and_come_back_when_it_is_not() -> None:
    with in_one_process(ping_interval=None) as sandbox:

        def contexts() -> set[str]:
            return set(sandbox.session().contexts)

        def place(number: int) -> Run:
            return sandbox.place(Caller(f"+1555010{number:04d}").dials("office").waits(3600))

        def leave(run: Run) -> None:
            assert run.call is not None
            run.call.end("hangup", "inbound")

        client = RelayClient(
            sandbox.project,
            sandbox.token,
            host=sandbox.url,
            contexts=["office"],
            call_actor=Holder,
            max_active_calls=4,
            leave_at=0.75,
            return_at=0.25,
        )
        with client:
            held = [place(number) for number in range(3)]
            until(lambda: contexts() == set())
            assert client.contexts == ["office"]  # it stays desired
            assert not client.status().connection.subscribed
            assert place(3).wait(LIMIT).status is Status.UNROUTED

            sandbox.cut()  # a login above the mark asks for no context, and the calls live on
            until(lambda: client.stats.connections == 2)
            assert contexts() == set()
            client.receive(["sales"])
            until(lambda: contexts() == set())

            leave(held[0])
            leave(held[1])
            until(lambda: contexts() == {"office", "sales"})
            assert client.status().connection.subscribed
            again = place(4)
            until(lambda: again.call is not None and again.call.state == "answered")
            assert client.stats.contexts_left == 1
            assert not client.stats.calls_refused
