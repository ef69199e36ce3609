"""The people of a recording, before code that has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from doubles.replayed import Crashed, Endless, Longer, Menu, Noticed, OtherSequence, ShortPrompt, ThinksOfNumber

from relay_runtime.replay.outcome import Replay
from relay_runtime.replay.replaying import replay


def changed(played: Replay) -> list[tuple[str, str]]:
    """Return the methods that differ, recorded and replayed."""
    return [
        (each.recorded.method if each.recorded else "", each.replayed.method if each.replayed else "")
        for each in played.differences
    ]


def test_a_request_that_is_new_is_the_only_difference(menu_call: Path) -> None:
    played = replay(menu_call, Noticed)
    assert changed(played) == [("", "calling.play")]
    assert [sent.method for sent in played.replayed] == ["calling.answer", "calling.play", *_rest(played)]


def _rest(played: Replay) -> list[str]:
    return [sent.method for sent in played.recorded[1:]]


@pytest.mark.parametrize("app", [ShortPrompt, Longer])
def test_keys_come_where_they_answered_however_long_the_prompt_is(menu_call: Path, app: type[Menu]) -> None:
    played = replay(menu_call, app)
    assert changed(played) == [("calling.play_and_collect", "calling.play_and_collect")]
    assert played.replayed[-1].is_like(played.recorded[-1])


def test_who_hung_up_in_a_sentence_does_so_wherever_it_comes(menu_call: Path) -> None:
    assert changed(replay(menu_call, OtherSequence)) == [("calling.play_and_collect", "")]


def test_a_crash_is_a_difference_with_its_traceback(menu_call: Path) -> None:
    played = replay(menu_call, Crashed)
    assert ("", "calling.end") in changed(played)
    assert "LookupError: no such department" in played.text()


def test_who_has_nothing_to_do_hangs_up_and_that_is_told(menu_call: Path) -> None:
    played = replay(menu_call, Endless)
    assert not played.same
    assert any("nothing happened for 3" in note and "hung up" in note for note in played.notes)


@pytest.mark.slow
def test_a_number_that_the_code_decides_by_can_be_given(menu_call: Path) -> None:
    assert replay(menu_call, ThinksOfNumber).same
    numbers: dict[str, Any] = {"<number-1>": "+15557654321"}
    assert changed(replay(menu_call, ThinksOfNumber, numbers=numbers)) == [("", "calling.play")]
