"""What of a class of calls would not run as it is written: refused before a caller hears it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import partial
from types import CodeType
from typing import Any, Final

from relay_actors.call.hooks import NAMES, found
from relay_actors.kit.spelling import near_miss
from relay_actors.kit.user_code import checked_function, refuse_unrunnable

__all__ = ["refuse_class", "refuse_factory"]

_CODE: Final = ("on_start", "run", *sorted(NAMES))


def refuse_class(cls: type, base: type) -> None:
    """Check the code of a class: it is plain functions, hooks that exist, and an ``__init__`` that makes a call.

    Args:
        cls: a subclass of ``base``.
        base: the class that makes a call of it.

    Raises:
        TypeError: something of it would never run, or fail at every call; the message says what to do.
    """
    for name in _CODE:
        code = found(cls, name)
        if code is not None:
            _refuse_code(cls, name, code)
    for name in _own_names(cls, base):
        if name.startswith("on_") and name not in _CODE and callable(getattr(cls, name, None)):
            _refuse_near_miss(cls, name)
    _refuse_init(cls, base)


def refuse_factory(factory: Any, base: type) -> None:
    """Check what is to make the actors of calls: a class, with some of its arguments or without, or a function.

    Raises:
        TypeError: it can't.
    """
    cls = factory.func if isinstance(factory, partial) else factory
    if isinstance(cls, type) and issubclass(cls, base):
        refuse_class(cls, base)
    checked_function(factory, "call_actor")


def _refuse_code(cls: type, name: str, code: Any) -> None:
    owner = f"{cls.__name__}.{name}"
    refuse_unrunnable(code, owner)
    if not inspect.isfunction(code):
        return
    given = [None] if name in {"run", "on_start"} else [None, None]
    try:
        inspect.signature(code).bind(*given[: len(inspect.signature(code).parameters) or 1])
    except TypeError as error:
        accepted = f"{name}(self)" if len(given) == 1 else f"{name}(self, event) or {name}(self)"
        raise TypeError(f"{owner} can't be called: {error}; accepted is {accepted}") from None


# Hooks with a wrong name


def _own_names(cls: type, base: type) -> Iterator[str]:
    """Yield the names that a class and those it is made of define, besides what every call has."""
    common = set(base.__mro__)
    for each in cls.__mro__:
        if each not in common:
            yield from vars(each)


def _refuse_near_miss(cls: type, name: str) -> None:
    meant = near_miss(name, NAMES)
    if meant is not None:
        raise TypeError(
            f"{cls.__name__} defines {name}, which is no hook: write {meant}, or give what is your own another name"
        )


# An __init__ that makes no call


def _refuse_init(cls: type, base: type) -> None:
    for each in cls.__mro__:
        if each is base:
            return
        init = vars(each).get("__init__")
        if init is None:
            continue
        if not _reaches_init(cls, inspect.unwrap(init), set()):
            raise TypeError(_no_call(cls, each))


def _reaches_init(cls: type, function: Any, seen: set[str]) -> bool:
    """Whether a function's code names ``__init__``, or that of a method that it names; True if there is no telling."""
    if not inspect.isfunction(function):
        return True
    names = set(_names(function.__code__))
    if "__init__" in names:
        return True
    further = {name for name in names - seen if inspect.isfunction(found(cls, name))}
    return any(_reaches_init(cls, found(cls, name), seen | further) for name in further)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _no_call(cls: type, owner: type) -> str:
    if "__dataclass_fields__" in vars(owner):
        return (
            f"{owner.__name__} is a dataclass, whose __init__ makes no call: write @dataclass(init=False) and "
            "def __init__(self, setup, …), which calls super().__init__(setup)"
        )
    return (
        f"{owner.__name__}.__init__ does not call super().__init__(setup): its first argument after self is the "
        f"call's setup; more arguments are handed in by functools.partial({cls.__name__}, …)"
    )
