"""What a class of calls may not redefine."""

from __future__ import annotations

from typing import Any

import pytest

from relay_actors.call.call import CallActor
from relay_actors.call.crash_policy import Say


def nothing(*_: Any) -> None:
    pass


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("on_receive", "on_event for all of them"),
        ("on_begin", "use on_start"),
        ("on_idle", "use on_ended"),
        ("on_stop", "use on_ended"),
        ("on_failure", "use on_ended"),
        ("on_crash", "use when_crashed"),
        ("on_undelivered", "use on_ended"),
        ("enqueue", "use on(event_type, handler)"),
        ("wait_until", "use wait_for"),
        ("command", "give yours another name"),
        ("mailbox", "give yours another name"),
        ("call_id", "give yours another name"),
        ("_work", "give yours another name"),
        ("_apply", "give yours another name"),
    ],
)
def test_what_the_runtime_needs_cannot_be_redefined_and_the_error_names_what_to_use(name: str, instead: str) -> None:
    with pytest.raises(TypeError) as caught:
        type("Receptionist", (CallActor,), {name: nothing})
    assert f"Receptionist defines {name}, which the runtime needs for itself" in str(caught.value)
    assert instead in str(caught.value)


def test_a_mixin_is_looked_through_too() -> None:
    class Habit:
        def on_stop(self) -> None:
            pass

    with pytest.raises(TypeError, match="on_stop"):
        type("Receptionist", (Habit, CallActor), {})


def test_hooks_verbs_and_names_of_ones_own_are_free() -> None:
    members = dict.fromkeys(("run", "on_start", "on_answered", "on_ended", "play", "menu", "_mine"), nothing)
    kind: Any = type("Receptionist", (CallActor,), members)
    assert type("Second", (kind,), {"when_done": "leave", "when_crashed": Say("Sorry.")})


def test_a_way_to_be_done_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="Receptionist.when_done is 'stay'; accepted is one of hangup, leave"):
        type("Receptionist", (CallActor,), {"when_done": "stay"})


@pytest.mark.parametrize("name", ["_state", "_over", "_jobs", "mailbox", "command"])
def test_what_the_runtime_needs_cannot_be_set_by_a_method(name: str) -> None:
    members: dict[str, Any] = {}
    exec(f"def on_answered(self, event=None):\n    step = 1\n    self.{name} = step\n", members)
    with pytest.raises(TypeError) as caught:
        type("Receptionist", (CallActor,), {"on_answered": members["on_answered"]})
    assert f"Receptionist sets self.{name} in on_answered, which the runtime needs for itself" in str(caught.value)


@pytest.mark.parametrize("change", ["+= 1", ": int = 1", "= self.other = 1"])
def test_it_is_seen_in_whatever_way_it_is_set(change: str) -> None:
    members: dict[str, Any] = {}
    exec(f"def run(me):\n    me._hosting {change}\n", members)
    with pytest.raises(TypeError, match=r"sets self._hosting in run"):
        type("Receptionist", (CallActor,), {"run": members["run"]})


def test_a_mixin_may_not_set_it_either() -> None:
    class Habit:
        def greet(self) -> None:
            self._state = "greeting"

    with pytest.raises(TypeError, match=r"sets self._state in greet"):
        type("Receptionist", (Habit, CallActor), {})


def test_what_a_method_sets_on_something_else_or_only_reads_is_its_own_business() -> None:
    class Receptionist(CallActor):
        def run(self) -> None:
            self.menu: Any = Habit()
            self.menu._state = self._state
            other = Habit()
            other._over = 1
            self._mine = self.when_done = "leave"

    class Habit:
        _state: Any
        _over: Any

    assert Receptionist.when_done == "hangup"
