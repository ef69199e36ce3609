"""Hooks: which event calls which method, and that a class pays only for those it defines."""

from __future__ import annotations

import re
from typing import Any

import pytest
from doubles.frames import event, state
from doubles.line import Line
from doubles.started import Started

from relay_actors.call import hooks
from relay_actors.call.call import CallActor, read_hooks
from relay_actors.wire.events import EVENT_CLASSES


def _hook(name: str) -> Any:
    def hook(self: Any, _event: Any) -> None:
        raise AssertionError("only read")

    hook.__name__ = name
    return hook


Everything: Any = type("Everything", (CallActor,), {name: _hook(name) for name in hooks.NAMES})


def called(kind: Any, happened: Any) -> list[str]:
    """The hooks that an event of a call of this class calls, in order."""
    return [hook.__name__ for hook, _ in read_hooks(kind).of(object(), happened)]


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
    assert called(Everything, happened) == wanted


@pytest.mark.parametrize("name", ["ringing", "answered", "ending"])
def test_a_state_calls_its_hook(name: str) -> None:
    assert called(Everything, state(name)) == [f"on_{name}", "on_event"]


def test_a_class_without_hooks_gets_none() -> None:
    class Silent(CallActor):
        on_play = None

    assert not read_hooks(Silent).any
    assert called(Silent, event("calling.call.play", state="playing")) == []


def test_a_class_gets_those_that_it_defines() -> None:
    class Two(CallActor):
        def on_play(self, event: Any) -> None: ...

        def on_ended(self, event: Any) -> None: ...

    assert called(Two, event("calling.call.play", state="playing")) == ["on_play"]
    assert called(Two, event("calling.call.record", state="recording")) == []
    assert called(Two, state("ended")) == []  # its turn is when nothing else is left
    last = read_hooks(Two).last(None, state("ended"))
    assert last is not None
    assert last[0].__name__ == "on_ended"


def test_every_hook_is_for_an_event_that_exists_and_is_in_the_table_of_the_docs() -> None:
    assert hooks.HOOKS.keys() <= EVENT_CLASSES.keys()
    documented = set(re.findall(r"^(on_\w+) ", hooks.__doc__ or "", re.MULTILINE))
    assert documented == hooks.NAMES


def test_no_hook_has_the_name_of_something_else_that_an_actor_has() -> None:
    assert [name for name in hooks.NAMES if hasattr(CallActor, name)] == []


def test_hooks_run_in_the_calls_own_greenlet_and_may_use_its_verbs(started: Started) -> None:
    class Talker(CallActor):
        def on_user_event(self, event: Any) -> None:
            assert self._relay.inside
            self.user_event(event={"echo": event.event["kind"]})

    line: Line[Any] = Line(started, Talker)
    line.gets(event("calling.user_event", call_id="c1", kind="note"))
    assert line.board.wait_for("calling.user_event")["event"] == {"echo": "note"}


def test_it_is_known_which_class_can_go_on_with_an_adopted_call() -> None:
    class Heir(CallActor):
        def on_adopted(self) -> None: ...

    class Grandchild(Heir):
        def run(self) -> None: ...

    assert [read_hooks(each).has_adopted for each in (CallActor, Heir, Grandchild)] == [False, True, True]
