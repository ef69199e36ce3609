"""The receptionist, with callers of every kind."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay_runtime import RelayClient
from relay_runtime.sandbox import Caller, Sandbox

sys.path.insert(0, str(Path(__file__).parent))
from app import Receptionist  # noqa: E402 - the app lives beside this test


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    Receptionist.outcomes = Counter()
    with Sandbox(time_scale=0.01, control_port=None) as sandbox:
        client = RelayClient(
            project=sandbox.project,
            token=sandbox.token,
            host=sandbox.url,
            contexts=["office"],
            call_actor=Receptionist,
        )
        with client:
            yield sandbox


def caller() -> Caller:
    return Caller("+15550100001").dials("office")


@pytest.mark.parametrize(
    ("key", "sentence", "outcome"),
    [("1", "Sales will call", "sales"), ("2", "customer number", "support"), ("9", "no such", "wrong key")],
)
def test_each_key_leads_to_its_sentence(sandbox: Sandbox, key: str, sentence: str, outcome: str) -> None:
    run = sandbox.place(caller().hears("Press 1").presses(key).hears(sentence).waits_for_hangup())
    assert run.wait(timeout=10).ok
    assert Receptionist.outcomes == {outcome: 1}


def test_who_says_nothing_is_asked_to_call_again(sandbox: Sandbox) -> None:
    run = sandbox.place(caller().hears("did not hear you", timeout=60).waits_for_hangup())
    assert run.wait(timeout=10).ok
    assert Receptionist.outcomes == {"no input": 1}


def test_who_hangs_up_in_mid_prompt_is_counted(sandbox: Sandbox) -> None:
    run = sandbox.place(caller().hangs_up_while_hearing("Welcome"))
    assert run.wait(timeout=10).ok
    assert Receptionist.outcomes == {"hung up early": 1}


def test_a_cut_of_the_socket_does_not_cost_the_call(sandbox: Sandbox) -> None:
    run = sandbox.place(caller().hears("Press 1").presses("1").hears("Sales will call", timeout=500).waits_for_hangup(500))
    sandbox.cut()
    assert run.wait(timeout=20).ok
    assert Receptionist.outcomes == {"sales": 1}
