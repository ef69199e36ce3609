"""Operations that go as somebody foresees."""

from __future__ import annotations

from typing import Any

from doubles.one_process import in_one_process
from doubles.raw_client import DialIn, RawClient

from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.sandbox.calls.course import Course, Told

TTS = [{"type": "tts", "params": {"text": "x" * 150}}]  # ten seconds by the sandbox's estimate


def on_a_call(dial_in: DialIn, sandbox: Sandbox, course: Course | None) -> tuple[RawClient, Any, list[tuple[str, str]]]:
    """Answer a call whose operations go as is foreseen."""
    asked: list[tuple[str, str]] = []

    def foresight(_call_id: str, kind: str, control_id: str) -> Course | None:
        asked.append((kind, control_id))
        return course

    sandbox.exchange.foresight = foresight
    client = dial_in(sandbox)
    client.login(sandbox, "office")
    sandbox.place(Caller().dials("office"))
    return client, client.answered(), asked


def seconds_of(dial_in: DialIn, course: Course | None, **params: Any) -> float:
    """Return how many line seconds a playback takes."""
    with in_one_process(time_scale=0.01) as sandbox:
        client, address, asked = on_a_call(dial_in, sandbox, course)
        client.do(address, "calling.play", control_id="p", play=TTS, **params)
        client.event("calling.call.play", state="finished")
        assert asked == [("play", "p")]
        (run,) = sandbox.runs()
        assert run.call is not None
        return run.call.line.heard[-1].seconds


def test_a_playback_lasts_as_long_as_is_foreseen(dial_in: DialIn) -> None:
    assert seconds_of(dial_in, None) == 10.0
    assert seconds_of(dial_in, Course(seconds=4.0)) == 4.0
    assert seconds_of(dial_in, Course(seconds=8.0), loop=2) == 4.0  # of each round
    assert seconds_of(dial_in, Course(seconds=4.0, at_least=True)) == 10.0
    assert seconds_of(dial_in, Course(seconds=14.0, at_least=True)) == 14.0


def test_events_that_are_foreseen_take_the_place_of_what_the_sandbox_finds_out(dial_in: DialIn) -> None:
    found = {"type": "machine", "params": {"event": "MACHINE"}}
    over = {"type": "machine", "params": {"event": "finished"}}
    events = (Told(2.0, {"detect": found}), Told(3.0, {"detect": over}, last=True))
    with in_one_process(time_scale=0.01) as sandbox:
        client, address, _ = on_a_call(dial_in, sandbox, Course(events=events))
        client.do(address, "calling.detect", control_id="d", detect={})
        client.event("calling.call.detect", detect=found)
        client.event("calling.call.detect", detect=over)
        assert sandbox.counters.actions_open == 0


def test_what_is_stopped_ends_with_what_is_foreseen_of_its_end(dial_in: DialIn) -> None:
    course = Course(
        events=(Told(0.0, {"state": "recording", "record": {}}),),
        ending={"duration": 7.5, "url": "https://a.invalid/1"},
    )
    with in_one_process(time_scale=0.01) as sandbox:
        client, address, _ = on_a_call(dial_in, sandbox, course)
        client.do(address, "calling.record", control_id="r", record={"audio": {}})
        client.event("calling.call.record", state="recording")
        client.do(address, "calling.record.stop", control_id="r")
        ended = client.event("calling.call.record", state="finished")
        assert (ended["duration"], ended["url"]) == (7.5, "https://a.invalid/1")


def test_an_event_of_another_type_has_the_name_of_the_operation_too(dial_in: DialIn) -> None:
    events = (Told(1.0, {"result": {"type": "no_match"}}, last=True, event_type="calling.call.collect"),)
    with in_one_process(time_scale=0.01) as sandbox:
        client, address, _ = on_a_call(dial_in, sandbox, Course(events=events))
        collect = {"digits": {"max": 1}}
        client.do(address, "calling.play_and_collect", control_id="p", play=TTS, collect=collect)
        assert client.event("calling.call.collect", control_id="p")["result"] == {"type": "no_match"}
