"""The fragment of docs/semantics.md about crashes does what its table says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from walkthrough import block_with

from relay_runtime import CallActor, RelayClient, Say
from relay_runtime.sandbox import Caller, Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "semantics.md").read_text(encoding="utf-8")
CRASHED = block_with(PAGE, "when_crashed = Say(")


@pytest.mark.crashes
def test_a_call_whose_code_crashed_hears_the_sentence_and_is_hung_up() -> None:
    names: dict[str, Any] = {"CallActor": CallActor, "Say": Say}
    exec(CRASHED, names)

    class Crashing(names["Receptionist"]):  # type: ignore[misc]
        def run(self) -> None:
            self.answer()
            raise LookupError

    with Sandbox(time_scale=0.01, control_port=None) as sandbox:
        client = RelayClient(
            project=sandbox.project, token=sandbox.token, host=sandbox.url, contexts=["office"], call_actor=Crashing
        )
        with client:
            caller = Caller("+15550100001").dials("office").hears("Please call again").waits_for_hangup()
            outcome = sandbox.place(caller).wait(15).check()
    assert outcome.end_reason == "error"
