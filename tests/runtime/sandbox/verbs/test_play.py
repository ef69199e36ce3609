"""calling.play and its sub-commands (protocol 7.3)."""

from __future__ import annotations

import gevent
from doubles.raw_client import PlaceCall, RawClient, silence, tts

from relay_runtime.sandbox import Caller, Sandbox

STAY = Caller().waits_for_hangup()


def test_a_prompt_takes_the_time_of_its_text(client: RawClient, call: PlaceCall, sandbox: Sandbox) -> None:
    run, address = call(Caller().hears("first").hears("second").waits_for_hangup())
    client.result("calling.play", {**address, "control_id": "p", "play": [tts("first"), silence(1), tts("second")]})
    client.event("calling.call.play", control_id="p", state="finished")
    assert [body["state"] for body in client.events("calling.call.play")] == ["playing", "finished"]
    client.result("calling.end", address)
    assert run.wait().heard == ("first", "second")
    length = (len("first") + len("second")) / 15 + 1
    times = [entry.at for entry in run.outcome.transcript if "hears" in entry.what]
    assert times[1] - times[0] >= (len("first") / 15 + 1) * 0.01
    assert length > 1


def test_an_audio_file_lasts_as_long_as_its_entry_says(client: RawClient, call: PlaceCall, sandbox: Sandbox) -> None:
    sandbox.settings.audio_lengths["https://example.com/long.mp3"] = 500
    run, address = call(Caller().hears("long.mp3").waits_for_hangup())
    audio = {"type": "audio", "params": {"url": "https://example.com/long.mp3"}}
    client.result("calling.play", {**address, "control_id": "p", "play": [audio]})
    assert client.result("calling.play.stop", {**address, "control_id": "p"})["message"] == "Stopping"
    client.event("calling.call.play", state="finished")
    client.result("calling.end", address)
    assert run.wait().heard == ("https://example.com/long.mp3",)


def test_pause_and_resume_hold_the_prompt(client: RawClient, call: PlaceCall) -> None:
    _, address = call(STAY)
    control = {**address, "control_id": "p"}
    client.result("calling.play", {**control, "play": [silence(5)]})
    client.result("calling.play.pause", control)
    client.event("calling.call.play", state="paused")
    client.result("calling.play.pause", control)
    client.result("calling.play.resume", control)
    client.event("calling.call.play", state="finished")
    assert [body["state"] for body in client.events("calling.call.play")] == [
        "playing",
        "paused",
        "playing",
        "finished",
    ]


def test_a_loop_repeats_and_zero_repeats_until_stopped(client: RawClient, call: PlaceCall) -> None:
    run, address = call(STAY)
    client.result("calling.play", {**address, "control_id": "p", "play": [tts("again")], "loop": 3})
    client.event("calling.call.play", control_id="p", state="finished")
    client.result("calling.play", {**address, "control_id": "q", "play": [silence(0.1)], "loop": 0})
    client.result("calling.play.volume", {**address, "control_id": "q", "volume": -10})
    client.result("calling.play.stop", {**address, "control_id": "q"})
    client.event("calling.call.play", control_id="q", state="finished")
    client.result("calling.end", address)
    assert run.wait().heard == ("again",) * 3


def test_a_sub_command_on_what_is_over_is_404_and_a_name_in_use_409(client: RawClient, call: PlaceCall) -> None:
    _, address = call(STAY)
    control = {**address, "control_id": "p"}
    assert client.result("calling.play.stop", control)["code"] == "404"
    client.result("calling.play", {**control, "play": [silence(500)]})
    assert client.result("calling.play", {**control, "play": [silence(5)]})["code"] == "409"
    client.result("calling.play.stop", control)
    assert client.result("calling.play.stop", control)["code"] == "404"


def test_a_caller_who_hangs_up_in_mid_prompt_heard_only_the_beginning(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller().hangs_up_while_hearing("Welcome to"))
    client.result("calling.play", {**address, "control_id": "p", "play": [tts("Welcome to a very long prompt" * 9)]})
    outcome = run.wait()
    assert outcome.end_source == "inbound"
    assert outcome.heard[0].startswith("Welcome to")
    assert len(outcome.heard[0]) < 150
    client.event("calling.call.state", call_state="ended")
    assert client.kinds()[-3:] == ["call.play:finished", "call.state:ending", "call.state:ended"]


def test_words_cut_off_by_a_stop_are_not_heard(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller().hears("the end of it", timeout=0.2))
    control = {**address, "control_id": "p"}
    client.result("calling.play", {**control, "play": [tts("A prompt that is stopped before " * 20 + "the end of it")]})
    client.result("calling.play.stop", control)
    outcome = run.wait()
    assert outcome.failure == "step 1: waited 0.2 s in vain to hear 'the end of it'"
    assert outcome.end_source == "inbound"


def test_who_listens_hears_a_prompt_begin_pause_go_on_and_stop(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller())
    told: list[tuple[str, str]] = []
    run.listen(lambda sound, change: told.append((sound.text, change)))
    control, long = {**address, "control_id": "p"}, "a text that takes its time"
    client.result("calling.play", {**control, "play": [tts("one"), tts(long)]})
    gevent.sleep(1)  # of the time that the test owns
    for what in ("pause", "resume", "stop"):
        client.result(f"calling.play.{what}", control)
    changes = ("begins", "pauses", "resumes", "stops")
    assert told == [("one", "begins"), ("one", "ends"), *((long, change) for change in changes)]
