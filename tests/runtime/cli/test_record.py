"""``relay-runtime record``: the frames of one live call, for people and for a replay."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import gevent
import msgspec
import pytest
from doubles.looked import Looked
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.inspection.protocol import Problem, Request
from relay_runtime.inspection.trace import Stream
from relay_runtime.process.process import ExitCode
from relay_runtime.recording.reading import read_recording

CALL = "c0ffee00-1111-2222-3333-444444444444"
HEADER = {"recording": 1, "relay_runtime": "1", "python": "3", "began": 1.0, "call_id": CALL}
FRAME = {"at": 0.5, "direction": "out", "frame": {"method": "calling.play"}}
END = {"end": "ended", "whole": True, "at": 1.0, "frames": 1, "left_out": 0, "call_id": CALL, "not_replayable": []}


def stream(*lines: dict[str, Any], recording: str = CALL, dropped: int = 0, over: bool = True) -> Stream:
    made = Stream()
    made.put({"recording": recording})
    for line in lines:
        made.put({"line": line})
    if dropped:
        made.put({"dropped": dropped})
    if over:
        made.close()
    return made


def test_a_recording_is_printed_as_it_can_be_read(looked: Looked, output: Output, tmp_path: Path) -> None:
    looked.answers["record"] = stream(HEADER, FRAME, END)
    assert run(["record", "--call", "c0ff", "--mask-digits"]) == ExitCode.OK
    out, err = output()
    assert [msgspec.json.decode(line) for line in out.splitlines()] == [HEADER, FRAME, END]
    assert err == f"recording {CALL} until it ends, or Ctrl-C\n"
    (asked,) = looked.asked
    assert asked == Request(op="record", id="c0ff", mask_digits=True)
    (tmp_path / "call.jsonl").write_text(out)
    assert read_recording(tmp_path / "call.jsonl").end.whole


@pytest.mark.parametrize(
    ("arguments", "context", "told"),
    [(("--next",), "", "the next call until"), (("--next", "-c", "office"), "office", "the next call of office until")],
)
def test_the_next_call_can_be_waited_for(
    looked: Looked, output: Output, arguments: tuple[str, ...], context: str, told: str
) -> None:
    looked.answers["record_next"] = stream(HEADER, FRAME, END, recording="")
    assert run(["record", *arguments, "--keep-words"]) == ExitCode.OK
    assert told in output()[1]
    assert looked.asked == [Request(op="record_next", context=context, keep_words=True)]


def test_a_signal_ends_it_with_a_last_line(looked: Looked, output: Output) -> None:
    looked.answers["record"] = stream(HEADER, FRAME, over=False)
    recording = gevent.spawn(run, ["record", "--call", CALL])
    said = ""
    while said.count("\n") < 2:
        gevent.sleep(0)
        said += output()[0]
    os.kill(os.getpid(), signal.SIGINT)
    assert recording.get() == ExitCode.OK
    last = msgspec.json.decode(output()[0])
    assert (last["end"], last["whole"], last["at"], last["frames"]) == ("stopped", False, 0.5, 1)


def test_a_process_that_ends_first_cuts_it_off(looked: Looked, output: Output) -> None:
    looked.answers["record"] = stream(HEADER, FRAME)
    assert run(["record", "--call", CALL]) == ExitCode.UNREACHABLE
    out, err = output()
    last = msgspec.json.decode(out.splitlines()[-1])
    assert (last["end"], last["whole"]) == ("cut off", False)
    assert last["not_replayable"] == ["the end of the call is missing"]
    assert "the process ended before the call: the recording is cut off" in err


def test_a_process_that_ends_before_there_is_a_call_has_nothing_to_print(looked: Looked, output: Output) -> None:
    looked.answers["record_next"] = stream(recording="")
    assert run(["record", "--next"]) == ExitCode.UNREACHABLE
    out, err = output()
    assert out == ""
    assert "the process ended before there was a call" in err


def test_what_was_lost_on_its_way_is_told_in_the_last_line(looked: Looked, output: Output) -> None:
    looked.answers["record"] = items = stream(HEADER, FRAME, dropped=3, over=False)
    items.put({"line": {**END, "frames": 4}})
    items.close()
    assert run(["record", "--call", CALL]) == ExitCode.OK
    last = msgspec.json.decode(output()[0].splitlines()[-1])
    assert (last["whole"], last["frames"], last["left_out"]) == (False, 1, 3)
    assert last["not_replayable"] == ["frames were left out"]


@pytest.mark.parametrize("arguments", [(), ("--call", CALL, "--next")])
def test_either_a_call_or_the_next_one_is_to_be_named(arguments: tuple[str, ...], output: Output) -> None:
    assert run(["record", *arguments]) == ExitCode.USAGE
    assert "say which call: either --call ID or --next" in output()[1]


def test_a_context_goes_with_the_next_call(output: Output) -> None:
    assert run(["record", "--call", CALL, "--context", "office"]) == ExitCode.USAGE
    assert "--context goes with --next" in output()[1]


def test_a_call_that_is_not_live_is_told_as_by_any_command(looked: Looked, output: Output) -> None:
    looked.answers["record"] = Problem("unknown_call", "no live call begins with 'x'")
    assert run(["record", "--call", "x"]) == ExitCode.NEGATIVE
    assert output() == ("", "relay-runtime: no live call begins with 'x'\n")
