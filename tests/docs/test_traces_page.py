"""The page about traces: its program prints a span for each call, and has the names that the table tells."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from running_process import relay_runtime
from walkthrough import block_with

pytest.importorskip("opentelemetry.sdk.trace", reason="opentelemetry-sdk is not installed; it is in the extra 'test'")

pytestmark = pytest.mark.proof  # a process with a sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "traces.md").read_text(encoding="utf-8")
PROGRAM = block_with(PAGE, "ConsoleSpanExporter()")
HANDLER = """

@client.on_call
def serve(call):
    call.answer()
    call.play_tts("Goodbye.").wait()
"""


def test_the_program_prints_the_spans_that_the_table_has(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(PROGRAM + HANDLER)
    with relay_runtime("start", "app.py", "--sandbox", "--sandbox-callers", "1", cwd=tmp_path) as process:
        process.wait_for_line('"name": "relay.call"', "stdout")
        process.send(signal.SIGTERM)
        assert process.exit_code() == 0, process.last_lines
    assert {"calling.answer", "calling.play", "calling.end", "relay.call"} == set(
        re.findall(r'^    "name": "([^"]+)"', process.stdout, re.MULTILINE)
    )
    call = process.stdout.partition('"name": "relay.call"')[2]
    (row,) = re.findall(r"^\| `relay\.call` \|.*\|$", PAGE, re.MULTILINE)
    told = set(re.findall(r"`(relay\.\w+)`", row)) - {
        "relay.call",
        "relay.call_actor",
    }  # that of a handler has no class
    assert [name for name in told if f'"{name}": ' not in call] == []
