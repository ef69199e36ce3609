"""``relay-runtime trace``: the frames of one live call as they pass."""

from __future__ import annotations

import os
import signal

import gevent
import msgspec
from doubles.looked import Looked
from doubles.output import Output

from relay_runtime.cli import run
from relay_runtime.inspection.protocol import Problem
from relay_runtime.inspection.trace import Stream
from relay_runtime.process.process import ExitCode

STATE = {"event_type": "calling.call.state", "params": {"call_state": "ended"}}
FRAME = {"method": "signalwire.event", "params": STATE}
SEEN = {"time": 1_800_000_000.0, "direction": "in", "what": "calling.call.state", "frame": FRAME}


def stream(*items: object) -> Stream:
    made = Stream()
    for item in items:
        made.put(item)
    return made


def test_frames_are_printed_until_the_call_ends(looked: Looked, output: Output) -> None:
    items = stream({"tracing": "cc1e54"}, SEEN, {"dropped": 3})
    items.close()
    looked.answers["trace"] = items
    assert run(["trace", "cc1"]) == ExitCode.OK
    out, err = output()
    frame, dropped = out.splitlines()
    assert frame.endswith('<- calling.call.state           {"call_state":"ended"}')
    assert dropped.startswith("… 3 frames were left out")
    assert err == "tracing cc1e54 until it ends, or Ctrl-C\n"


def test_nothing_of_a_frame_controls_the_terminal(looked: Looked, output: Output) -> None:
    nasty = "a\x1b[2J\x9b1m\u202e\nb"
    frame = {"method": nasty, "params": {"event_type": nasty, "params": {nasty: nasty}}}
    looked.answers["trace"] = items = stream({"tracing": nasty}, {**SEEN, "what": nasty, "frame": frame})
    items.close()
    assert run(["trace", "cc1"]) == ExitCode.OK
    out, err = output()
    assert not {"\x1b", "\x9b", "\u202e"} & set(out + err)
    assert (out.count("\n"), err.count("\n")) == (1, 1)


def test_scripts_get_whole_frames(looked: Looked, output: Output) -> None:
    looked.answers["trace"] = items = stream(SEEN)
    items.close()
    assert run(["trace", "cc1", "--json"]) == ExitCode.OK
    assert msgspec.json.decode(output()[0]) == SEEN


def test_a_signal_ends_it(looked: Looked, output: Output) -> None:
    looked.answers["trace"] = stream(SEEN)
    tracing = gevent.spawn(run, ["trace", "cc1"])
    said = ""
    while "\n" not in said:
        gevent.sleep(0)
        said += output()[0]
    os.kill(os.getpid(), signal.SIGINT)
    assert tracing.get() == ExitCode.OK


def test_what_goes_wrong_is_told_as_by_any_command(looked: Looked, output: Output) -> None:
    looked.answers["trace"] = Problem("unknown_call", "no live call begins with 'x'")
    assert run(["trace", "x"]) == ExitCode.NEGATIVE
    assert output() == ("", "relay-runtime: no live call begins with 'x'\n")
