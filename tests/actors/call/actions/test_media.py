"""Playbacks, recordings, transcriptions and taps: their state, their volume and where their file is."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.frames import state
from doubles.hub import LIMIT
from doubles.line import Line
from doubles.operations import BEGIN, of


@pytest.mark.parametrize("kind", ["play", "play_and_collect"])
@pytest.mark.parametrize("volume", [-41, 40.5, "loud"])
def test_a_volume_out_of_range_is_refused_before_anything_is_sent(line: Line[Any], kind: str, volume: Any) -> None:
    action = BEGIN[kind](line.call)
    with pytest.raises(ValueError, match=r"a number from -40 to 40 \(dB\)"):
        action.volume(volume)
    assert f"{action.METHOD}.volume" not in line.board.methods()


def test_the_pause_of_a_recording_says_what_becomes_of_it(line: Line[Any]) -> None:
    action = BEGIN["record"](line.call)
    action.pause()
    action.pause("silence")
    assert [params.get("behavior") for params in line.board.params("calling.record.pause")] == [None, "silence"]
    with pytest.raises(ValueError, match="behavior is 'cut'; accepted is one of skip, silence"):
        action.pause("cut")


def test_a_playback_tells_its_state(line: Line[Any]) -> None:
    action = BEGIN["play"](line.call)
    for now in ("playing", "paused", "playing"):
        line.gets(of(action, "calling.call.play", state=now))
        assert (action.state, action.is_done) == (now, False)
    line.gets(of(action, "calling.call.play", state="error"))
    assert action.wait(LIMIT).state == "error"


def test_the_url_of_a_recording_may_be_known_from_the_start(line: Line[Any]) -> None:
    line.board.answers["calling.record"] = {"code": "200", "url": "early"}
    action = BEGIN["record"](line.call)
    assert action.url == "early"
    line.gets(of(action, "calling.call.record", state="finished", url="final"))
    assert action.url == "final"


def test_a_transcription_and_a_tap_tell_what_the_reply_told(line: Line[Any]) -> None:
    line.board.answers["calling.transcribe"] = {"code": "200", "url": "early"}
    line.board.answers["calling.tap"] = {"code": "200", "source_device": {"type": "rtp"}}
    assert BEGIN["transcribe"](line.call).url == "early"
    assert BEGIN["tap"](line.call).source_device == {"type": "rtp"}


@pytest.mark.parametrize("state", ["finished", "no_input", "error"])
def test_a_recording_that_heard_nothing_is_over_too(line: Line[Any], state: str) -> None:
    action = BEGIN["record"](line.call)
    line.gets(of(action, "calling.call.record", state=state))
    assert (action.is_done, action.state, action.url) == (True, state, "")


def test_a_tap_whose_reply_tells_nothing_has_no_source(line: Line[Any]) -> None:
    line.board.answers["calling.tap"] = {"code": "200", "source_device": "rtp"}
    assert BEGIN["tap"](line.call).source_device == {}


# Whether it was heard


def test_a_playback_that_ends_while_the_call_is_up_was_played_to_its_end(line: Line[Any]) -> None:
    action = BEGIN["play"](line.call)
    line.gets(of(action, "calling.call.play", state="finished"))
    assert action.played_to_end(LIMIT)
    assert line.board.methods()[-1] == "signalwire.ping"


@pytest.mark.parametrize("now", ["ending", "ended"])
def test_one_that_the_other_side_ended_was_not_though_its_last_event_is_the_same(line: Line[Any], now: str) -> None:
    action = BEGIN["play"](line.call)
    line.gets(of(action, "calling.call.play", state="finished"))
    assert action.wait(LIMIT).state == "finished"
    line.core.ref.offer(state(now))  # it comes behind, and no turn has applied it yet
    assert not action.played_to_end(LIMIT)


@pytest.mark.parametrize("told", ["error", "finished"])
def test_one_that_failed_or_was_stopped_was_not(line: Line[Any], told: str) -> None:
    action = BEGIN["play"](line.call)
    if told == "finished":
        action.stop()
    line.gets(of(action, "calling.call.play", state=told))
    assert not action.played_to_end(LIMIT)


def test_one_that_is_cut_off_with_its_call_was_not(line: Line[Any]) -> None:
    action = BEGIN["play"](line.call)
    line.ends()
    assert not action.played_to_end(LIMIT)


def test_a_stop_that_comes_too_late_changes_nothing(line: Line[Any]) -> None:
    action = BEGIN["play"](line.call)
    line.gets(of(action, "calling.call.play", state="finished"))
    action.stop()
    assert action.played_to_end(LIMIT)


@pytest.mark.parametrize("kind", ["record", "transcribe"])
def test_an_end_that_has_no_url_leaves_the_one_of_the_reply(line: Line[Any], kind: str) -> None:
    line.board.answers[f"calling.{kind}"] = {"code": "200", "url": "early"}
    action = BEGIN[kind](line.call)
    line.gets(of(action, f"calling.call.{kind}", state="finished"))
    assert (action.is_done, action.url) == (True, "early")
