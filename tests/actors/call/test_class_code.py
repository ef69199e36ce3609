"""What of a class of calls would not run as it is written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial, partialmethod, wraps
from typing import Any

import pytest
from doubles.line import Line
from doubles.started import Started

from relay_actors.call.call import Call, CallActor
from relay_actors.call.class_code import refuse_class, refuse_factory
from relay_actors.call.hooks import NAMES
from relay_actors.call.setup import CallSetup


async def coroutine(self: object, event: object = None) -> None:
    """Would do nothing."""


def generator(self: object, event: object = None) -> Iterator[object]:
    yield event


def define(**names: Any) -> type[CallActor]:
    return type("Menu", (CallActor,), names)


@pytest.mark.parametrize("name", ["run", "on_start", *sorted(NAMES)])
@pytest.mark.parametrize("held", [lambda code: code, staticmethod, classmethod], ids=["plain", "static", "class"])
def test_no_code_of_a_class_is_a_coroutine_or_a_generator(name: str, held: Any) -> None:
    for code, what in ((coroutine, "is a coroutine function"), (generator, "has a `yield`")):
        with pytest.raises(TypeError, match=rf"^Menu\.{name}, {code.__name__}, {what}"):
            define(**{name: held(code)})


@pytest.mark.parametrize(
    ("name", "code", "accepted"),
    [
        ("run", lambda self, call: None, r"run\(self\)"),
        ("run", lambda: None, r"run\(self\)"),
        ("on_digits", lambda self, event, more: None, r"on_digits\(self, event\) or on_digits\(self\)"),
        ("on_digits", lambda: None, r"on_digits\(self, event\)"),
    ],
)
def test_code_that_takes_what_it_does_not_get_is_refused(name: str, code: Any, accepted: str) -> None:
    with pytest.raises(TypeError, match=rf"^Menu\.{name} can't be called: .*; accepted is {accepted}"):
        define(**{name: code})


@pytest.mark.parametrize(
    "code", [lambda self: None, lambda self, event: None, lambda self, event, why="": None, lambda *all_of_it: None]
)
def test_a_hook_may_leave_its_event_out_and_have_defaults(code: Any) -> None:
    assert define(on_digits=code)


@pytest.mark.parametrize(
    ("name", "meant"), [("on_digit", "on_digits"), ("on_answer", "on_answered"), ("on_end", "on_ended")]
)
def test_a_hook_with_a_wrong_name_is_refused_and_the_right_one_named(name: str, meant: str) -> None:
    with pytest.raises(TypeError, match=f"Menu defines {name}, which is no hook: write (on_ended|on_ending|{meant})"):
        define(**{name: lambda self: None})

    class Habit:
        pass

    setattr(Habit, name, lambda self: None)
    with pytest.raises(TypeError, match=f"defines {name}, which is no hook"):
        type("Menu", (Habit, CallActor), {})


def test_what_is_an_apps_own_is_let_be() -> None:
    assert define(on_database_ready=lambda self, a, b: None, on_digit=5, digits_on=lambda self: None)


# An __init__ that makes no call


def test_an_init_that_makes_no_call_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(
        TypeError, match=r"Menu\.__init__ does not call super\(\)\.__init__\(setup\).*functools\.partial"
    ):

        class Menu(CallActor):
            def __init__(self, greeting: str = "x") -> None:
                self.greeting = greeting


def test_an_init_that_makes_one_is_accepted_however_it_does() -> None:
    class Direct(CallActor):
        def __init__(self, setup: CallSetup, database: object = None) -> None:
            super().__init__(setup)
            self.database = database

    class ByName(CallActor):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            CallActor.__init__(self, *args, **kwargs)

    class ByMethod(CallActor):
        def __init__(self, setup: CallSetup) -> None:
            self.begin(setup)

        def begin(self, setup: CallSetup) -> None:
            super().__init__(setup)

    class Mixin:
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.more = 1

    class Mixed(Mixin, CallActor):
        pass

    for cls in (Direct, ByName, ByMethod, Mixed):
        refuse_factory(cls, CallActor)


def test_a_dataclass_is_refused_when_it_is_registered_and_told_what_to_write() -> None:
    @dataclass
    class Menu(CallActor):
        tries: int = 0

    with pytest.raises(TypeError, match=r"Menu is a dataclass.*@dataclass\(init=False\)"):
        refuse_class(Menu, CallActor)


def test_what_the_error_about_a_dataclass_says_works(started: Started) -> None:
    @dataclass(init=False, eq=False)
    class Menu(CallActor):
        tries: int = 0

        def __init__(self, setup: CallSetup, tries: int = 3) -> None:
            super().__init__(setup)
            self.tries = tries

    refuse_factory(partial(Menu, tries=2), CallActor)
    line = Line(started, partial(Menu, tries=2))  # type: ignore[arg-type]
    assert line.call.tries == 2  # type: ignore[attr-defined]
    line.ends()
    line.closes()


# What makes the actors


def test_a_factory_takes_the_setup() -> None:
    class Menu(CallActor):
        def __init__(self, setup: CallSetup, database: object) -> None:
            super().__init__(setup)
            self.database = database

    refuse_factory(partial(Menu, database=1), CallActor)
    refuse_factory(lambda setup: Menu(setup, 1), CallActor)
    for factory in (Menu, lambda: Menu, partial(Menu, 1, 2)):
        with pytest.raises(TypeError, match=r"^call_actor, .*, can't be called: "):
            refuse_factory(factory, CallActor)


def test_a_coroutine_makes_no_actors() -> None:
    async def make(setup: CallSetup) -> Call:
        return Call(setup)

    with pytest.raises(TypeError, match="call_actor, .*make, is a coroutine function"):
        refuse_factory(make, CallActor)


def test_a_class_without_code_serves_no_inbound_call() -> None:
    empty = define(Run=lambda self: None)
    with pytest.raises(TypeError, match=r"^Menu has no code: define run\(self\), or hooks"):
        refuse_factory(empty, CallActor, inbound=True)
    refuse_factory(empty, CallActor)  # whoever dials serves the call himself
    refuse_factory(define(on_answered=lambda self: None), CallActor, inbound=True)


def wrapper(function: Any) -> Any:
    def around(self: Any, *args: Any) -> Any:
        return function(self, *args)

    return around


def test_an_init_of_which_there_is_no_telling_is_accepted() -> None:
    class Aside:
        def __init__(self) -> None:
            self.more = 1

    class Explicit(Aside, CallActor):
        def __init__(self, setup: CallSetup) -> None:
            CallActor.__init__(self, setup)
            Aside.__init__(self)

    class Wrapped(CallActor):
        @wrapper
        def __init__(self, setup: CallSetup) -> None:
            super().__init__(setup)

    class ByText(CallActor):
        def __init__(self, setup: CallSetup) -> None:
            getattr(super(), "__init__")(setup)  # noqa: B009

    for cls in (Explicit, Wrapped, ByText, define(__init__=CallActor.__init__)):
        refuse_factory(cls, CallActor)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("run", staticmethod(lambda self: None)),
        ("run", partialmethod(lambda self: None, 3)),
        ("run", wraps(lambda self: None)(lambda self, retries: None)),
        ("on_answered", staticmethod(lambda self, event, more: None)),
    ],
)
def test_code_is_bound_as_a_call_binds_it(name: str, code: Any) -> None:
    with pytest.raises(TypeError, match=f"Menu.{name} can't be called"):
        define(**{name: code})


def test_a_hook_that_takes_only_keywords_gets_no_event() -> None:
    assert define(on_answered=lambda self, *, log=print: None, on_digits=lambda self, **more: None)
    assert define(run=staticmethod(lambda: None), on_answered=classmethod(lambda cls, event: None))


def test_an_abstract_class_makes_no_actors() -> None:
    class Menu(CallActor, ABC):
        @abstractmethod
        def greeting(self) -> str:
            """What is said first."""

        def run(self) -> None:
            self.play_tts(self.greeting())

    with pytest.raises(TypeError, match="Menu is abstract: greeting must be defined"):
        refuse_factory(Menu, CallActor)


@pytest.mark.parametrize("code", [lambda self, memo: None, lambda: None])
def test_what_goes_on_with_an_adopted_call_takes_nothing_but_the_call(code: Any) -> None:
    with pytest.raises(TypeError, match=r"Menu.on_adopted can't be called: .*; accepted is on_adopted\(self\)"):
        define(on_adopted=code)


def test_nor_is_it_a_coroutine_and_its_name_is_written_as_it_is() -> None:
    async def later(self: Any) -> None: ...

    with pytest.raises(TypeError, match="on_adopted"):
        define(on_adopted=later)
    for name in ("on_adoptd", "on_adopt"):
        with pytest.raises(TypeError, match="write on_adopted"):
            define(**{name: lambda self: None})


def test_a_class_that_can_only_adopt_serves_no_inbound_call() -> None:
    with pytest.raises(TypeError, match="has no code"):
        refuse_factory(define(on_adopted=lambda self: None), CallActor, inbound=True)
    refuse_factory(define(on_adopted=lambda self: None, run=lambda self: None), CallActor, inbound=True)
