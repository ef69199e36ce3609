"""The welcome, heard by a caller."""

from __future__ import annotations

from pathlib import Path

from official_app import serving

from relay_runtime.sandbox import Caller


def test_a_caller_is_welcomed_to_the_end_and_then_hung_up_on() -> None:
    with serving(Path(__file__).with_name("app.py"), "waiting for calls") as (sandbox, app):
        outcome = sandbox.place(Caller().dials("default").hears("sample line").waits_for_hangup()).wait(15)
        assert (outcome.ok, outcome.end_source) == (True, "outbound")
        app.wait_for_line(f"call {outcome.call_id} is over", "stdout")
