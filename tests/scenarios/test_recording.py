"""Calls recorded as they are served, by a client in a program and by processes."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from pathlib import Path
from typing import Any

import gevent
import msgspec
import pytest
from doubles.threaded_sandbox import LIMIT, ThreadedSandbox
from running_process import http, relay_runtime

from relay_runtime import CallActor, Recorder, Recording, RelayClient, aio, parallel, phone, read_recording
from relay_runtime.process.process import ExitCode
from relay_runtime.recording.kept import ID_KEYS
from relay_runtime.sandbox import Callee, Caller, Sandbox
from relay_runtime.testing import reaching, virtual_time

pytestmark = pytest.mark.scenario

CALLER, OFFICE, CALLEE, OTHER = "+15550107777", "+15550100009", "+15550100002", "+15550100003"


class Menu(CallActor):
    def run(self) -> None:
        self.answer()
        pressed = self.prompt_tts("Press a key", {"digits": {"max": 1}, "initial_timeout": 30}).wait()
        said = self.prompt_tts("Say your name", {"speech": {}, "initial_timeout": 30}).wait()
        self.play_tts(f"{pressed.digits}: hello {said.text}").wait()
        self.hangup()


def recorded(directory: Path, **how: bool) -> list[Recording]:
    """Have a call come in, and a dial go out; return their recordings in this order."""
    with Sandbox(time_scale=0.01, control_port=None) as sandbox:
        client = RelayClient(sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"], call_actor=Menu)
        with Recorder(client, directory, **how) as recorder, client, gevent.Timeout(30):
            caller = Caller(CALLER).dials("office").hears("Press a key").presses("5")
            caller = caller.hears("Say your name").says("Alice Liddell").hears("hello").waits_for_hangup()
            assert sandbox.place(caller).wait(timeout=20).ok
            sandbox.on_dial(CALLEE, Callee().answers())
            sandbox.on_dial(OTHER, Callee().is_busy())
            call = client.dial(parallel(phone(CALLEE, from_number=OFFICE), phone(OTHER, from_number=OFFICE)))
            call.play_tts("Hello").wait()
            call.hangup()
        assert (recorder.recorded, recorder.left_out, recorder.cut_off) == (2, 0, 0)
    return [read_recording(path) for path in sorted(directory.iterdir())]


def sent(recording: Recording) -> list[Any]:
    """Return what the client sent of its own accord, without what is another in every run."""
    frames = [line.frame for line in recording.frames if line.direction == "out" and "method" in line.frame]
    return [(frame["method"], {k: v for k, v in frame["params"].items() if k not in ID_KEYS}) for frame in frames]


def test_calls_are_recorded_whole_without_numbers_and_words(tmp_path: Path) -> None:
    inbound, outbound = recorded(tmp_path / "r")
    written = b"".join(path.read_bytes() for path in (tmp_path / "r").iterdir())
    for private in (CALLER, OFFICE, CALLEE, "Press a key", "Alice", "Hello"):
        assert private.lstrip("+").encode() not in written
    for recording in (inbound, outbound):
        assert (recording.end.end, recording.end.whole, recording.not_replayable) == ("ended", True, ())
        assert [line.at for line in recording.frames] == sorted(line.at for line in recording.frames)
    assert (inbound.header.direction, inbound.header.context) == ("inbound", "office")
    assert inbound.end.doubtful
    assert [method for method, _ in sent(inbound)] == [
        "calling.answer",
        "calling.play_and_collect",
        "calling.play_and_collect",
        "calling.play",
        "calling.end",
    ]
    results = [
        line.frame["params"]["params"]["result"]["params"]
        for line in inbound.frames
        if line.frame.get("params", {}).get("event_type") == "calling.call.collect"
    ]
    assert results[0]["digits"] == "5"
    assert results[1]["text"].startswith("<heard-")
    assert results[1]["text"].endswith(":13>")
    last = inbound.frames[-1].frame["params"]["params"]
    assert (last["call_state"], last["call_id"]) == ("ended", inbound.call_id)
    (dial, devices), *_ = sent(outbound)
    assert dial == "calling.dial"
    assert devices["devices"][0][0]["params"] == {"to_number": "<number-1>", "from_number": "<number-2>"}
    assert outbound.call_id == outbound.end.call_id != ""


def test_a_second_run_of_the_same_call_sends_the_same_tokens(tmp_path: Path) -> None:
    first, second = recorded(tmp_path / "1"), recorded(tmp_path / "2")
    assert [sent(each) for each in first] == [sent(each) for each in second]


def test_in_virtual_time_the_same_call_makes_the_same_file_byte_for_byte(tmp_path: Path) -> None:
    def play(directory: Path) -> dict[str, bytes]:
        with virtual_time(seed=1), Sandbox(port=None, control_port=None, any_credentials=True, seed=1) as sandbox:
            client = RelayClient("project", "token", host=sandbox.url, contexts=["office"], call_actor=Menu)
            with reaching(sandbox), Recorder(client, directory) as recorder, client:
                caller = Caller(CALLER).dials("office").waits(20).presses("5")
                caller = caller.hears("Say your name").says("Alice Liddell").waits_for_hangup(timeout=600)
                assert sandbox.place(caller).wait(timeout=600).ok
            assert (recorder.recorded, recorder.left_out, recorder.cut_off) == (1, 0, 0)
        return {path.name: path.read_bytes() for path in directory.iterdir()}

    first = play(tmp_path / "1")
    assert play(tmp_path / "2") == first
    assert read_recording(tmp_path / "1" / next(iter(first))).end.at > 20


def test_words_are_kept_and_keys_masked_when_that_is_wanted(tmp_path: Path) -> None:
    inbound, _ = recorded(tmp_path / "r", keep_words=True, mask_digits=True)
    assert b"hello Alice Liddell" in msgspec.json.encode(sent(inbound))
    assert inbound.not_replayable == ("keys that the caller pressed are masked",)
    assert inbound.end.doubtful == ()


def test_a_client_for_asyncio_is_recorded_too(tmp_path: Path) -> None:
    async def main() -> None:
        client = aio.RelayClient(server.sandbox.project, server.sandbox.token, host=server.sandbox.url)
        with Recorder(client, tmp_path / "r") as recorder:
            async with client, asyncio.timeout(LIMIT):
                call = await client.dial([[phone(CALLEE, from_number=OFFICE)]])
                await call.hangup()
                await call.wait_for_ended()
        assert (recorder.recorded, recorder.left_out, recorder.cut_off) == (1, 0, 0)

    with ThreadedSandbox() as server:
        server.do(server.sandbox.on_dial, "*", Callee().answers().waits_for_hangup(timeout=3000))
        asyncio.run(main())
    (path,) = (tmp_path / "r").iterdir()
    assert read_recording(path).end.whole


APP = """
from relay_runtime import CallActor

class Patient(CallActor):
    def run(self):
        self.answer()
        self.prompt_tts("Press 1", {"digits": {"max": 1}, "initial_timeout": 10_000}).wait(60)
        self.play_tts("Goodbye").wait(10)
"""


@pytest.mark.proof
@pytest.mark.parametrize("workers", [(), ("--workers", "2")], ids=["alone", "workers"])
def test_a_process_records_all_calls_to_a_directory_and_one_to_who_asks(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    (tmp_path / "app.py").write_text(APP)
    with tempfile.TemporaryDirectory(prefix="rr-") as runtime:  # a short path: sockets have a limit
        environ = {"XDG_RUNTIME_DIR": runtime}
        arguments = ("start", "app:Patient", "-c", "office", "--sandbox", "--sandbox-time-scale", "0.05")
        with relay_runtime(*arguments, *workers, "--record", "calls", cwd=tmp_path, environ=environ) as process:
            control = process.wait_for_line(r"control port +(http\S+)", "stdout")[1]
            process.wait_for_line("all workers serve calls" if workers else "serving the contexts")
            with relay_runtime("record", "--next", "-c", "office", cwd=tmp_path, environ=environ) as record:
                record.wait_for_line("waiting for the next call of office")
                steps = [{"waits": 1}, {"presses": "1"}, {"waits_for_hangup": 60}]
                _, run = http(f"{control}/calls", {"context": "office", "number": CALLER, "steps": steps})
                assert record.exit_code() == ExitCode.OK, record.lines
            process.send(signal.SIGTERM)
            assert process.exit_code() == ExitCode.OK, process.lines
    (tmp_path / "next.jsonl").write_text(record.stdout)
    (path,) = (tmp_path / "calls").iterdir()
    for each in (path, tmp_path / "next.jsonl"):
        found = read_recording(each)
        assert (found.call_id, found.end.whole, found.not_replayable) == (run["call_id"], True, ())
        assert CALLER.lstrip("+") not in each.read_text()
