"""One more observer of a client's calls."""

from __future__ import annotations

from typing import Any

import pytest

from relay_runtime import CallActor, CallObserver, RelayClient
from relay_runtime.client.observing import observe
from relay_runtime.sandbox import Caller, Sandbox

LIMIT = 60.0


class Witness(CallObserver):
    def __init__(self) -> None:
        self.told: list[Any] = []

    def call_began(self, call: Any) -> None:
        self.told.append(call.call_id)

    def call_crashed(self, call: Any, error: BaseException) -> None:
        self.told.append(str(error))

    def call_over(self, call_id: str, reason: str) -> None:
        self.told.append(reason)


class Crashing(CallActor):
    def run(self) -> None:
        raise LookupError("where")


@pytest.mark.parametrize("has_one", [True, False])
def test_it_is_told_beside_the_one_of_the_user(has_one: bool) -> None:
    theirs, further = Witness(), Witness()
    with Sandbox(time_scale=0.01) as sandbox:
        client = RelayClient(
            sandbox.project,
            sandbox.token,
            host=sandbox.url,
            contexts=["office"],
            call_actor=Crashing,
            observer=theirs if has_one else None,
        )
        observe(client, further)
        with client:
            run = sandbox.place(Caller("+15550100001").dials("office"))
            run.wait(LIMIT)
            with pytest.raises(RuntimeError, match="has begun to connect"):
                observe(client, Witness())
    assert further.told == [run.call_id, "where", "error"]
    assert theirs.told == (further.told if has_one else [])
