"""What of a class of calls would not run as it is written: refused before a caller hears it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import partial, partialmethod
from types import CodeType, MethodType
from typing import Any, Final

from relay_actors.call.hooks import NAMES, found, takes_event
from relay_actors.kit.spelling import near_miss
from relay_actors.kit.user_code import checked_function, refuse_unrunnable

__all__ = ["refuse_class", "refuse_factory"]

_NO_HOOKS: Final = ("on_adopted", "on_start", "run")
_CODE: Final = (*_NO_HOOKS, *sorted(NAMES))


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


def refuse_factory(factory: Any, base: type, *, inbound: bool = False) -> None:
    """Check what is to make the actors of calls: a class, with some of its arguments or without, or a function.

    Args:
        factory: makes the actors.
        base: the class that its own are made of.
        inbound: whether the calls come in, so that nobody else would serve them.

    Raises:
        TypeError: it can't.
    """
    cls = factory.func if isinstance(factory, partial) else factory
    if isinstance(cls, type) and issubclass(cls, base):
        refuse_class(cls, base)
        if inspect.isabstract(cls):
            left = ", ".join(sorted(getattr(cls, "__abstractmethods__", ())))
            raise TypeError(f"{cls.__name__} is abstract: {left} must be defined before it can serve a call")
        own = (name for name in (*_CODE, "__init__") if found(cls, name) is not found(base, name))
        if inbound and not any(name != "on_adopted" for name in own):
            raise TypeError(f"{cls.__name__} has no code: define run(self), or hooks such as on_offer(self, event)")
    checked_function(factory, "call_actor")


def _refuse_code(cls: type, name: str, code: Any) -> None:
    owner = f"{cls.__name__}.{name}"
    refuse_unrunnable(code, owner)
    bound = _bound(cls, code)
    if not callable(bound):
        return  # a descriptor of somebody's own
    is_hook = name not in _NO_HOOKS
    try:
        # By what it takes, whatever it was wrapped around.
        signature = inspect.signature(bound, follow_wrapped=False)
        signature.bind(*([None] if is_hook and takes_event(signature) else []))
    except (TypeError, ValueError) as error:
        if isinstance(error, ValueError) and not inspect.isfunction(code) and not isinstance(code, partialmethod):
            return  # a builtin that does not say what it takes
        accepted = f"{name}(self, event) or {name}(self)" if is_hook else f"{name}(self)"
        raise TypeError(f"{owner} can't be called: {error}; accepted is {accepted}") from None


def _bound(cls: type, code: Any) -> Any:
    """Return what a call would call, without a call."""
    call = object()
    if isinstance(code, staticmethod):
        return code.__func__
    if isinstance(code, classmethod):
        return MethodType(code.__func__, cls)
    if isinstance(code, partialmethod):
        return partial(code.func, call, *code.args, **code.keywords)
    return MethodType(code, call) if inspect.isfunction(code) else code


# Hooks with a wrong name


def _own_names(cls: type, base: type) -> Iterator[str]:
    """Yield the names that a class and those it is made of define, besides what every call has."""
    common = set(base.__mro__)
    for each in cls.__mro__:
        if each not in common:
            yield from vars(each)


def _refuse_near_miss(cls: type, name: str) -> None:
    meant = near_miss(name, {*NAMES, *_NO_HOOKS})
    if meant is not None:
        raise TypeError(
            f"{cls.__name__} defines {name}, which is no hook: write {meant}, or give what is your own another name"
        )


# An __init__ that makes no call


def _refuse_init(cls: type, base: type) -> None:
    owner = next(each for each in cls.__mro__ if "__init__" in vars(each))
    init = vars(owner)["__init__"]
    if (
        owner not in base.__mro__
        and init is not found(base, "__init__")
        and not _reaches_init(cls, inspect.unwrap(init), set())
    ):
        raise TypeError(_no_call(cls, owner))


def _reaches_init(cls: type, function: Any, seen: set[str]) -> bool:
    """Whether a function's code names ``__init__``, or that of a method that it names; True if there is no telling."""
    if not inspect.isfunction(function) or set(function.__code__.co_freevars) - {"__class__"}:
        return True  # such as a decorator's, around what it was given
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
        elif isinstance(constant, str):
            yield constant


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
