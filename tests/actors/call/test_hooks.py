"""Hooks: which event calls which method, and that a class pays only for those it defines."""

from __future__ import annotations

import re
from typing import Any

import pytest
from doubles.frames import event, state
from doubles.line import Line
from doubles.started import Started

from relay_actors.call import hooks
from relay_actors.call.call import CallActor
from relay_actors.wire.events import EVENT_CLASSES


class Everything(CallActor):
    """Defines every hook there is, and writes down which was called."""

    def __init__(self, setup: Any) -> None:
        super().__init__(setup)
        self.called: list[str] = []


def _hook(name: str) -> Any:
    def hook(self: Everything, _event: Any) -> None:
        self.called.append(name)

    return hook


for _name in hooks.NAMES:
    setattr(Everything, _name, _hook(_name))

CASES = [
    (event("calling.call.collect", result={"type": "digit"}), ["on_digits", "on_collect", "on_event"]),
    (event("calling.call.collect", result={"type": "speech"}), ["on_speech", "on_collect", "on_event"]),
    (event("calling.call.collect", result={"type": "no_input"}), ["on_collect", "on_event"]),
    (event("calling.call.ai", state="finished"), ["on_ai", "on_event"]),
    (event("calling.ai.start"), ["on_ai", "on_event"]),
    (event("calling.ai.transcribe.utterance"), ["on_utterance", "on_ai", "on_event"]),
    (event("calling.ai.translate.transcript_delta"), ["on_translation", "on_ai", "on_event"]),
    (event("calling.tomorrow"), ["on_event"]),
    *((event(name), [hook, "on_event"]) for name, hook in hooks.HOOKS.items() if not name.startswith("calling.ai.")),
]


@pytest.mark.parametrize(("happened", "wanted"), CASES)
def test_an_event_calls_its_hooks_the_most_specific_first(happened: Any, wanted: list[str]) -> None:
    assert hooks.hooks_of(Everything, happened) == wanted


@pytest.mark.parametrize("name", ["ringing", "answered", "ending", "ended"])
def test_a_state_calls_its_hook(name: str) -> None:
    assert hooks.hooks_of(Everything, state(name)) == [f"on_{name}", "on_event"]


def test_a_class_without_hooks_gets_none() -> None:
    assert hooks.hooks_of(CallActor, event("calling.call.play", state="playing")) == []


def test_a_class_gets_those_that_it_defines() -> None:
    class Two(CallActor):
        def on_play(self, event: Any) -> None: ...

        def on_ended(self, event: Any) -> None: ...

    assert hooks.hooks_of(Two, event("calling.call.play", state="playing")) == ["on_play"]
    assert hooks.hooks_of(Two, event("calling.call.record", state="recording")) == []
    assert hooks.hooks_of(Two, state("ended")) == ["on_ended"]


def test_every_hook_is_for_an_event_that_exists_and_is_in_the_table_of_the_docs() -> None:
    assert hooks.HOOKS.keys() <= EVENT_CLASSES.keys()
    documented = set(re.findall(r"^(on_\w+) ", hooks.__doc__ or "", re.MULTILINE))
    assert documented == hooks.NAMES


def test_no_hook_has_the_name_of_something_else_that_an_actor_has() -> None:
    assert [name for name in hooks.NAMES if hasattr(CallActor, name)] == []


def test_hooks_run_in_the_calls_own_greenlet_and_may_use_its_verbs(started: Started) -> None:
    class Talker(CallActor):
        def on_user_event(self, event: Any) -> None:
            assert self.inside
            self.user_event(event={"echo": event.event["kind"]})

    line: Line[Any] = Line(started, Talker)
    line.gets(event("calling.user_event", call_id="c1", kind="note"))
    assert line.board.wait_for("calling.user_event")["event"] == {"echo": "note"}
