"""Malformed frames: the sandbox sends every one, and lives."""

from __future__ import annotations

import pytest
from doubles.raw_client import DialIn, RawClient

from relay_runtime.sandbox import Sandbox
from relay_runtime.sandbox.faults.malformed import MALFORMED


@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_every_malformed_frame_is_sent_and_the_sandbox_lives(
    client: RawClient, sandbox: Sandbox, dial_in: DialIn, kind: str
) -> None:
    client.judges = False
    sandbox.faults.malform(kind)
    client._reader.join(0.05)
    assert dial_in(sandbox).login(sandbox)["protocol"]
    with pytest.raises(ValueError, match="kind must be one of"):
        sandbox.faults.malform("nonsense")
