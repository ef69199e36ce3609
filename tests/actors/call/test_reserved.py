"""What a class of calls may not redefine, and that all other names are its own."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pykka
import pytest
from doubles.frames import state
from doubles.hub import LIMIT, turns, until
from doubles.line import Line
from doubles.started import Started

from relay_actors.call import verbs
from relay_actors.call.call import Call, CallActor
from relay_actors.call.crash_policy import Say, Transfer
from relay_actors.errors import SessionLost
from relay_actors.kit.turns import running_actor

FACTS = sorted(name for name, value in vars(Call).items() if isinstance(value, property) and not name.startswith("_"))


def nothing(*_: Any) -> None:
    pass


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("on_receive", "on_event for all of them"),
        ("on_stop", "use on_ended"),
        ("on_failure", "use on_ended"),
        ("state", "call yours stage, or anything else"),
        ("context", "call yours topic, or anything else"),
        ("tag", "call yours label, or anything else"),
        ("actor_ref", "give yours another name"),
        ("_relay", "give yours another name"),
    ],
)
def test_what_a_call_is_cannot_be_redefined_and_the_error_names_what_to_use(name: str, instead: str) -> None:
    with pytest.raises(TypeError) as caught:
        type("Receptionist", (CallActor,), {name: nothing})
    assert f"Receptionist defines {name}, which " in str(caught.value)
    assert instead in str(caught.value)


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.parametrize(
    "value", ["menu", None, nothing, property(nothing)], ids=["text", "None", "method", "property"]
)
def test_no_fact_of_a_call_can_be_shadowed_by_anything(name: str, value: Any) -> None:
    with pytest.raises(
        TypeError, match=rf"Receptionist defines {name}, which every call has as it is \(.+\)"
    ) as caught:
        type("Receptionist", (CallActor,), {name: value})
    assert "\n" not in str(caught.value)


def test_a_mixin_is_looked_through_too() -> None:
    class Habit:
        def on_stop(self) -> None:
            pass

    with pytest.raises(TypeError, match="on_stop"):
        type("Receptionist", (Habit, CallActor), {})


@pytest.mark.parametrize("name", [*(name for name in FACTS if name != "memo"), "_relay"])
def test_an_instance_cannot_set_it_either(started: Started, name: str) -> None:
    call = Line(started, CallActor).call
    with pytest.raises(AttributeError):
        setattr(call, name, "menu")


def test_hooks_verbs_and_names_of_ones_own_are_free() -> None:
    members = dict.fromkeys(("run", "on_start", "on_answered", "on_ended", "play", "menu", "_mine"), nothing)
    kind: Any = type("Receptionist", (CallActor,), members)
    assert type("Second", (kind,), {"when_done": "leave", "when_crashed": Say("Sorry.")})


# A subclass owns its names


def test_a_call_is_made_of_few_classes_besides_its_verbs_and_pykkas() -> None:
    own = [cls for cls in CallActor.__mro__ if cls.__name__ not in verbs.__all__ and cls not in pykka.Actor.__mro__]
    assert [cls.__name__ for cls in own] == ["CallActor", "Call", "Verbs"]


ANY_NAME = sorted(
    {name for each in CallActor.__mro__ for name in vars(each) if not name.startswith("__")}
    | {name for each in type(CallActor.__new__(CallActor)).__mro__ for name in getattr(each, "__slots__", ())}
    - set(FACTS)
)
DECLARED = {"when_done", "when_crashed", "when_orphaned"}
NAMES = [
    name
    for name in ANY_NAME
    if name not in {*FACTS, *DECLARED, "_relay", "on_receive", "on_stop", "on_failure", "run"}
    and not name.startswith("_Call__")
]
MACHINERY = [
    "_core",
    "_jobs",
    "_state",
    "_over",
    "_setup",
    "_worker",
    "mailbox",
    "ref",
    "reply_to",
    "inside",
    "enqueue",
]


def own(name: str, said: list[str]) -> Any:
    def method(self: Any, *_: Any, **__: Any) -> str:
        said.append(name)
        return name

    return method


@pytest.fixture(scope="module")
def stubborn() -> Any:
    """A class that has a name of its own for everything that it may name."""
    said: list[str] = []
    members: dict[str, Any] = {name: own(name, said) for name in [*NAMES, *MACHINERY] if not name.startswith("on_")}
    return type("Stubborn", (CallActor,), {**members, "said": said})


def test_a_subclass_with_every_verb_of_its_own_is_served_and_hung_up_all_the_same(
    started: Started, stubborn: Any
) -> None:
    class Served(stubborn):  # type: ignore[misc]
        def run(self) -> None:
            self.stage = self.state

    line: Line[Any] = Line(started, Served)
    until(lambda: line.board.params("calling.end"))
    line.ends()
    line.closes()
    assert line.call.said == []


@pytest.mark.parametrize(
    ("policy", "method"), [(Say("Sorry."), "calling.play"), (Transfer("https://example.com/x"), "calling.transfer")]
)
def test_its_own_play_and_transfer_break_no_crash_policy(
    started: Started, stubborn: Any, policy: Any, method: str
) -> None:
    class Crashing(stubborn):  # type: ignore[misc]
        when_crashed = policy

        def run(self) -> None:
            raise ZeroDivisionError

    line: Line[Any] = Line(started, Crashing)
    assert until(lambda: line.board.params(method))
    assert line.call.said == []


def test_a_verb_reaches_no_other_verb_through_the_object(started: Started, stubborn: Any) -> None:
    line: Line[Any] = Line(started, stubborn)
    Call.play_tts(line.call, "Hello.")
    Call.prompt_audio(line.call, "https://example.com/x.mp3", {"digits": {"max": 1}})
    Call.detect_fax(line.call)
    assert line.call.said == []


def test_what_a_method_sets_on_its_own_object_is_its_own_business(started: Started) -> None:
    class Receptionist(CallActor):
        def run(self) -> None:
            for name in MACHINERY:
                setattr(self, name, "mine")
            self.wait_for_answered()

    line: Line[Any] = Line(started, Receptionist)
    line.gets(state("answered"))
    until(lambda: line.board.params("calling.end"))
    assert line.call._jobs == "mine"


def test_hooks_are_read_from_the_class_and_a_getattr_that_raises_fails_nothing(started: Started) -> None:
    class Strict(CallActor):
        heard: Any = None

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(f"no {name} here")

        def on_answered(self) -> None:
            self.heard = "answered"

    line: Line[Any] = Line(started, Strict)
    line.gets(state("answered"))
    until(lambda: line.call.heard == "answered")
    line.ends()
    line.closes()


def test_a_lost_session_ends_it_too(started: Started, stubborn: Any) -> None:
    line: Line[Any] = Line(started, stubborn)
    line.loses_session(SessionLost)
    turns()
    line.closes()


# What else a class may be


def test_a_class_whose_mixin_forgets_to_pass_on_its_making_is_served(started: Started) -> None:
    class Registry:
        def __init_subclass__(cls, **_: Any) -> None:
            pass

    class Registered(Registry, CallActor):
        heard = ""

        def run(self) -> None:
            self.wait_for_ended()

        def on_answered(self) -> None:
            type(self).heard = "answered"

    line: Line[Any] = Line(started, Registered)
    line.gets(state("answered"))
    until(lambda: Registered.heard == "answered")


def test_a_decorator_may_give_a_class_its_run(started: Started) -> None:
    def serves(cls: Any) -> Any:
        cls.run = lambda self: self.answer()
        return cls

    line: Line[Any] = Line(started, serves(type("Plain", (CallActor,), {})))
    assert until(lambda: line.board.params("calling.answer"))


@pytest.mark.parametrize("name", ["__len__", "__bool__"])
def test_a_call_that_counts_as_false_is_a_call(started: Started, name: str) -> None:
    seen: list[Any] = []
    members = {name: lambda self: 0 if name == "__len__" else False, "run": lambda self: seen.append(running_actor())}
    line: Line[Any] = Line(started, type("Empty", (CallActor,), members))
    until(lambda: seen)
    assert seen[0] is line.call


def test_code_that_still_runs_after_a_kill_is_the_calls_until_it_is_through(started: Started) -> None:
    seen: list[Any] = []

    class Tidy(CallActor):
        def run(self) -> None:
            try:
                self.wait_for_ended()
            finally:
                seen.append(running_actor())

    line: Line[Any] = Line(started, Tidy)
    line.core.ref.kill()
    until(lambda: seen)
    assert seen == [line.call]
    turns()
    assert line.core.code.call is None


def test_pykkas_stop_is_the_actors_whatever_the_class_calls_so(started: Started) -> None:
    class Stubborn(CallActor):
        def _stop(self) -> None:
            raise AssertionError("the user's own")

    line: Line[Any] = Line(started, Stubborn)
    assert line.call.actor_ref.stop(timeout=LIMIT)
    assert not line.call.actor_ref.is_alive()


def test_a_message_that_a_call_does_not_know_changes_nothing(started: Started, log_lines: list[str]) -> None:
    line: Line[Any] = Line(started, CallActor)
    line.call.actor_ref.tell("hello")
    turns()
    assert line.call.actor_ref.is_alive()
    assert any("got an unexpected str" in text for text in log_lines)


@pytest.mark.parametrize("end", ["hangup", "kill", "crash"])
def test_a_dead_call_and_its_actor_go_without_the_garbage_collector(started: Started, end: str) -> None:
    class Waiting(CallActor):
        def run(self) -> None:
            self.wait_for_answered()
            raise ZeroDivisionError

    gc.collect()
    gc.disable()
    try:
        line: Line[Any] | None = Line(started, Waiting)
        assert line is not None
        gone = [weakref.ref(line.core), weakref.ref(line.call)]
        if end == "kill":
            line.core.ref.kill()
        elif end == "crash":
            line.gets(state("answered"))
            line.ends()
        else:
            line.ends()
        line.closes()
        started._actors.remove(line.core)
        line = None
        turns()
        assert [each() for each in gone] == [None, None]
    finally:
        gc.enable()
