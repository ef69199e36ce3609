"""What a test is told when a line did not do what it was to do."""

from __future__ import annotations

from relay_runtime.sandbox import Entry
from relay_runtime.testing.failure import LineFailure


def test_a_failure_says_what_was_expected_and_what_happened_in_its_place() -> None:
    failure = LineFailure("the caller to hear 'x' within 10 s", "the line is still up")
    assert str(failure) == "expected the caller to hear 'x' within 10 s; but the line is still up"
    assert isinstance(failure, AssertionError)


def test_the_traceback_of_the_app_comes_first_and_the_call_last() -> None:
    failure = LineFailure(
        "the caller to hear 'x'",
        "the app hung up",
        where="the app's code stands at app.py:3 in run",
        crash="Traceback\nKeyError: 'nobody'",
        transcript=[Entry(12.34, "client", "answers")],
    )
    assert str(failure).splitlines() == [
        "the app's code crashed in this call:",
        "Traceback",
        "KeyError: 'nobody'",
        "",
        "expected the caller to hear 'x'; but the app hung up",
        "the app's code stands at app.py:3 in run",
        "the call:",
        "   12.3 s  client   answers",
    ]
    assert failure.transcript == (Entry(12.34, "client", "answers"),)
