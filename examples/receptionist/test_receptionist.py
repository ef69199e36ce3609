"""The receptionist, with callers of every kind."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from runpy import run_path

import pytest

from relay_runtime import RelayClient
from relay_runtime.sandbox import Caller, Outcome, Sandbox

Receptionist = run_path(str(Path(__file__).parent / "app.py"))["Receptionist"]


def serve(caller: Caller, *, cut: bool = False) -> Outcome:
    """Let the receptionist serve one caller; return what became of the call once the client has gone."""
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
            run = sandbox.place(caller.dials("office"))
            if cut:
                sandbox.cut()
            return run.wait(timeout=20)


@pytest.mark.parametrize(
    ("key", "sentence", "outcome"),
    [("1", "Sales will call", "sales"), ("2", "customer number", "support"), ("9", "no such", "wrong key")],
)
def test_each_key_leads_to_its_sentence(key: str, sentence: str, outcome: str) -> None:
    assert serve(Caller("+15550100001").hears("Press 1").presses(key).hears(sentence).waits_for_hangup()).ok
    assert Receptionist.outcomes == {outcome: 1}


def test_who_says_nothing_is_asked_to_call_again() -> None:
    assert serve(Caller("+15550100001").hears("did not hear you", timeout=60).waits_for_hangup()).ok
    assert Receptionist.outcomes == {"no input": 1}


def test_who_hangs_up_in_mid_prompt_is_counted() -> None:
    assert serve(Caller("+15550100001").hangs_up_while_hearing("Welcome")).ok
    assert Receptionist.outcomes == {"hung up early": 1}


def test_a_cut_of_the_socket_does_not_cost_the_call() -> None:
    patient = Caller("+15550100001").hears("Press 1", 500).presses("1").hears("Sales will call", 500)
    assert serve(patient.waits_for_hangup(500), cut=True).ok
    assert Receptionist.outcomes == {"sales": 1}
