"""What the process around a client says of its ledgers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from doubles.client import LIMIT, client_of
from doubles.departed import key_in
from doubles.hub import until

from relay_actors.timing import Timing
from relay_runtime.client.ledgers import has_choice, keep_ledger, leave_silence_to_parent, look_for_ledgers
from relay_runtime.ledger.folder import key_of
from relay_runtime.ledger.records import Opened, encode
from relay_runtime.sandbox import Sandbox


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


def test_a_program_may_have_chosen_itself(sandbox: Sandbox) -> None:
    assert not has_choice(client_of(sandbox))
    assert has_choice(client_of(sandbox, ledger="off"))
    assert has_choice(client_of(sandbox, ledger="auto"))


def test_a_client_that_has_not_chosen_keeps_its_ledger_where_the_process_says(listening: Sandbox, folder: Path) -> None:
    client = client_of(listening)
    keep_ledger(client, str(folder), "app:Shop")
    client.connect(timeout=LIMIT)
    authority = listening.url.removeprefix("ws://")
    assert key_in(folder) == key_of(listening.project, authority, "app:Shop")
    client.disconnect()


def test_a_client_is_poked_to_look_at_once_and_one_that_is_stopped_does_nothing(sandbox: Sandbox, folder: Path) -> None:
    client = client_of(sandbox, ledger=str(folder))
    look_for_ledgers(client)
    client.connect(timeout=LIMIT)
    left = folder / f"{key_in(folder)}-4711-0123abcd.ledger"
    left.write_bytes(encode(Opened(1, "k", 4711, 7)))
    left.chmod(0o600)
    look_for_ledgers(client)
    until(lambda: not left.exists(), "the look")
    client.disconnect()
    look_for_ledgers(client)
    assert os.listdir(folder) == []


@pytest.mark.parametrize(("timeout", "silence"), [(600.0, 600.0), (0.0, None)])
def test_a_worker_takes_over_no_sooner_than_its_parent_ends_a_silent_one(
    sandbox: Sandbox, timeout: float, silence: float | None
) -> None:
    client = client_of(sandbox)
    assert client._life.succession.takeover_after == Timing().takeover_after
    leave_silence_to_parent(client, timeout)
    assert client._life.succession.takeover_after == silence
