"""The program of docs/recording.md that records: what it prints of a call is read from its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gevent
import pytest
from doubles.hub import until
from walkthrough import block_with

from relay_runtime.sandbox import Caller, Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "recording.md").read_text(encoding="utf-8")
PROGRAM = block_with(PAGE, "with Recorder(client")


def test_the_program_records_a_call_and_reads_it_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records, reads = PROGRAM.split("\n\nrecording = ")
    (name,) = [part for part in reads.split('"') if part.startswith("recordings/")]
    monkeypatch.chdir(tmp_path)
    with Sandbox(time_scale=0.01, control_port=None) as sandbox:
        monkeypatch.setenv("SIGNALWIRE_SPACE", sandbox.url)
        monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", sandbox.project)
        monkeypatch.setenv("SIGNALWIRE_API_TOKEN", sandbox.token)
        names: dict[str, Any] = {}
        program = gevent.spawn(exec, records.replace("    client.run()", "    serve(client)\n    client.run()"), names)
        names["serve"] = lambda client: client.on_call(lambda call: call.answer())
        until(lambda: any("office" in session.contexts for session in sandbox.sessions()))
        assert sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup()).wait(15).ok
        names["client"].disconnect()
        program.get(timeout=15)
    (file,) = tmp_path.glob("recordings/*.jsonl")
    file.rename(tmp_path / name)
    exec(f"recording = {reads}", names)
    assert capsys.readouterr().out.startswith("office ended ['signalwire.event', None, 'calling.answer', ")
