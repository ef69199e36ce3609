"""Runs: waiting for the outcome, and the transcript."""

from __future__ import annotations

import pytest
from doubles.raw_client import PlaceCall, RawClient

from relay_runtime.sandbox import Caller, Entry, Sandbox, ScriptFailed


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


def test_who_watches_is_told_of_each_line_and_at_last_of_the_end(client: RawClient, sandbox: Sandbox) -> None:
    told: list[Entry | None] = []
    runs: list[object] = []

    def made(run: object) -> None:
        runs.append(run)
        run.watch(told.append)  # type: ignore[attr-defined]

    end = sandbox.watch(made)
    run = sandbox.place(Caller().dials("office").presses("1").hangs_up())
    client.answered()
    transcript = run.wait().transcript
    assert runs == [run]
    assert told == [*transcript, None]
    assert transcript[0].what == "offered"  # it was told from the beginning
    end()
    sandbox.place(Caller().dials("nowhere"))
    assert runs == [run]


def test_who_no_longer_watches_is_told_nothing(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller())
    told: list[Entry | None] = []
    ended: list[Entry | None] = []
    run.watch(told.append)
    run.watch(ended.append)()
    client.result("calling.end", address)
    run.wait()
    assert ended == []
    assert told[-1] is None


def test_an_outcome_that_is_ok_checks_to_itself(client: RawClient, call: PlaceCall) -> None:
    run, _ = call(Caller().hangs_up())
    outcome = run.wait()
    assert outcome.check() is outcome


def test_an_outcome_that_failed_says_what_and_shows_the_call(client: RawClient, call: PlaceCall) -> None:
    run, _ = call(Caller().presses("5").hears("Goodbye", timeout=0.02))
    with pytest.raises(ScriptFailed, match="step 2: waited 0.02 s in vain to hear 'Goodbye'") as failed:
        run.wait().check()
    assert isinstance(failed.value, AssertionError)
    assert failed.value.outcome is run.outcome
    shown = str(failed.value).splitlines()[2:]
    assert [line.split("s  ", 1)[1] for line in shown] == [
        "network  offered",
        "client   answers",
        "caller   presses 5",
        "network  the script fails: waited 0.02 s in vain to hear 'Goodbye'",
        "caller   ends the call: hangup",
    ]
