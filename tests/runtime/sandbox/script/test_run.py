"""Runs: waiting for the outcome, and the transcript."""

from __future__ import annotations

import pytest
from doubles.raw_client import PlaceCall, RawClient

from relay_runtime.sandbox import Caller


def test_a_run_that_is_not_over_says_what_it_waits_for(client: RawClient, call: PlaceCall) -> None:
    run, _ = call(Caller().hears("Press 1"))
    with pytest.raises(TimeoutError, match="the script waits to hear 'Press 1'"):
        run.wait(timeout=0.01)


def test_the_transcript_has_who_did_what_and_when(client: RawClient, call: PlaceCall) -> None:
    run, _ = call(Caller("+15550100001").presses("12").hangs_up())
    transcript = run.wait().transcript
    assert [(entry.who, entry.what) for entry in transcript] == [
        ("network", "offered"),
        ("client", "answers"),
        ("caller", "presses 1"),
        ("caller", "presses 2"),
        ("caller", "ends the call: hangup"),
    ]
    assert [entry.at for entry in transcript] == sorted(entry.at for entry in transcript)
