"""Transcripts for people to read."""

from __future__ import annotations

from relay_runtime.sandbox import Entry
from relay_runtime.sandbox.script.transcript import transcript_text

SAID = [Entry(0.04, "network", "offered"), Entry(12.34, "caller", "hears 'Welcome'")]


def test_a_transcript_has_a_line_an_entry_with_its_time() -> None:
    assert transcript_text(SAID) == "    0.0 s  network  offered\n   12.3 s  caller   hears 'Welcome'"


def test_a_transcript_of_a_fast_sandbox_can_have_finer_times() -> None:
    assert transcript_text(SAID[:1], decimals=3) == "    0.040 s  network  offered"


def test_no_entries_make_no_text() -> None:
    assert transcript_text([]) == ""
