"""Which calls of a client are up, asked without a message."""

from __future__ import annotations

from doubles.hub import until

from relay_runtime import CallActor, RelayClient
from relay_runtime.client.calls_up import calls_up
from relay_runtime.sandbox import Caller, Sandbox

LIMIT = 60.0


class Waits(CallActor):
    """Holds the line."""

    def run(self) -> None:
        self.answer()
        self.wait_for("calling.user_event")


def test_calls_are_up_from_their_offer_to_their_end() -> None:
    with Sandbox(time_scale=0.01) as sandbox:
        client = RelayClient(
            sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"], call_actor=Waits, max_active_calls=5
        )
        assert list(calls_up(client)) == []
        client.connect(timeout=LIMIT)
        run = sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup(timeout=3000))
        until(lambda: list(calls_up(client)) == [run.call_id], "the call", LIMIT)
        client.hangup_call(run.call_id)
        until(lambda: list(calls_up(client)) == [], "the end of the call", LIMIT)
        client.disconnect()
        assert list(calls_up(client)) == client.left_up == []
