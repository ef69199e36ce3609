"""A recording that is served as it is."""

from __future__ import annotations

from pathlib import Path

from doubles.replayed import Crashed, Endless, Menu, Noticed, ShortPrompt

from relay_runtime.replay.replaying import replay


def test_unchanged_code_gets_each_reply_and_event_at_its_time(menu_call: Path) -> None:
    played = replay(menu_call, Menu, strict=True)
    assert played.same
    assert [sent.at for sent in played.replayed] == [sent.at for sent in played.recorded]


def test_it_stops_at_the_first_other_request_with_the_place_in_the_code(menu_call: Path) -> None:
    played = replay(menu_call, Noticed, strict=True)
    stopped = played.divergence
    assert stopped is not None
    assert stopped.expected is not None
    assert stopped.got is not None
    assert (stopped.number, stopped.expected.method, stopped.got.method) == (
        2,
        "calling.play_and_collect",
        "calling.play",
    )
    assert "replayed.py" in stopped.where
    assert "Noticed.begin" in stopped.where
    assert len(played.replayed) == 2
    assert not played.same


def test_other_params_are_another_request(menu_call: Path) -> None:
    stopped = replay(menu_call, ShortPrompt, strict=True).divergence
    assert stopped is not None
    assert stopped.got is not None
    assert stopped.number == 2
    assert "collect.initial_timeout: 3" in stopped.text()


def test_a_request_that_does_not_come_is_one_too(menu_call: Path) -> None:
    stopped = replay(menu_call, Endless, strict=True).divergence
    assert stopped is not None
    assert stopped.expected is not None
    assert stopped.got is None
    assert "got       nothing" in stopped.text()
    assert "Endless.run" in stopped.where


def test_a_hang_up_by_code_that_crashed_is_another_request(menu_call: Path) -> None:
    stopped = replay(menu_call, Crashed, strict=True).divergence
    assert stopped is not None
    assert stopped.got is not None
    assert stopped.got.method == "calling.end"


def test_the_id_of_another_operation_is_another_request(menu_call: Path) -> None:
    class Reused(Menu):
        def run(self) -> None:
            self.answer()
            rules = {"digits": {"max": 1}, "initial_timeout": 5}
            name = "c0ffee00-aaaa-4222-8333-444444444444"
            self.play_and_collect([{"type": "tts", "params": {"text": self.prompt}}], rules, control_id=name).wait()
            self.play([{"type": "tts", "params": {"text": self.sentence}}], control_id=name).wait()

    stopped = replay(menu_call, Reused, strict=True).divergence
    assert stopped is not None
    assert stopped.number == 3
    assert "the id of another operation or call" in stopped.text()
