"""Code of the user that would do nothing when it is called: refused when it is handed in, or told when it is seen.

A greenlet calls a function and its code runs. Called, a coroutine function or one with a ``yield`` runs none of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial, partialmethod
from types import CodeType, FunctionType, MethodType
from typing import Any, Final, TypeVar

__all__ = ["checked_function", "name_of", "refuse_result", "refuse_unrunnable"]

F = TypeVar("F", bound=Callable[..., Any])

_KNOWN: Final = 1_000
_known: dict[tuple[int, type, int, bool], CodeType] = {}
"""Code that was found good: a callback is handed in by every call, and looking at its signature takes 20 µs."""

_REMEDY = "drop `async` and `await` (the verbs wait by themselves), or use relay_runtime.aio"
_NO_YIELD = "called, it would do nothing: take the `yield` out"


def checked_function(function: F, owner: str, given: int = 1, *, coroutines: bool = False) -> F:
    """Return a function of the user if calling it runs its code.

    Args:
        function: what he handed in.
        owner: what it is to be, for the message, such as ``the handler of calls``.
        given: how many arguments it is called with.
        coroutines: whether there is a loop that runs coroutines.

    Raises:
        TypeError: it can't be called, or not with so many arguments, or would do nothing.
    """
    code = _code(function)
    key = id(code), type(function), given, coroutines
    if code is not None and _known.get(key) is code:
        return function
    accepted = "a function of one argument" if given == 1 else f"a function of {given or 'no'} arguments"
    if not callable(function):
        raise TypeError(f"{owner} is {type(function).__name__}; accepted is {accepted}")
    refuse_unrunnable(function, owner, coroutines=coroutines)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return function  # a builtin that does not say
    try:
        signature.bind(*[None] * given)
    except TypeError as error:
        raise TypeError(f"{_owned(owner, function)} can't be called: {error}; accepted is {accepted}") from None
    if code is not None:
        if len(_known) >= _KNOWN:
            _known.clear()
        _known[key] = code
    return function


def _code(function: Any) -> CodeType | None:
    """Return the code of a plain function or method; None for anything else.

    One with attributes is none: what a decorator returns has the code of its wrapper, and says whom it wraps.
    """
    inner = function.__func__ if type(function) is MethodType else function
    return inner.__code__ if type(inner) is FunctionType and not inner.__dict__ else None


def refuse_unrunnable(function: Any, owner: str, *, coroutines: bool = False) -> None:
    """Check that calling a function would run its code; arguments as for `checked_function`.

    Raises:
        TypeError: it would not; the message says what to do.
    """
    inner = _unwrapped(function)
    if inspect.iscoroutinefunction(inner) and not coroutines:
        raise TypeError(f"{_owned(owner, inner)} is a coroutine function, which greenlets do not run: {_REMEDY}")
    if inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner):
        raise TypeError(f"{_owned(owner, inner)} has a `yield`; {_NO_YIELD}")


def refuse_result(result: object, function: Any) -> None:
    """Check that a call has run the code of the user, by what it returned: the code of a coroutine is still to run.

    Raises:
        TypeError: it has not; the message says what to do.
    """
    if result is None:
        return  # most code
    if inspect.iscoroutine(result):
        result.close()  # or Python would warn that nobody has awaited it
        raise TypeError(f"{name_of(function)} returned a coroutine, which greenlets do not run: {_REMEDY}")
    if inspect.isgenerator(result) or inspect.isasyncgen(result):
        raise TypeError(f"{name_of(function)} returned a generator; {_NO_YIELD}")


def _unwrapped(function: Any) -> Any:
    """Return the function that a call would reach: behind partials, methods and objects that can be called."""
    while True:
        if isinstance(function, partial | partialmethod):
            function = function.func
        elif isinstance(function, staticmethod | classmethod):
            function = function.__func__
        elif inspect.isroutine(function) or isinstance(function, type):
            return function
        else:
            call = inspect.getattr_static(type(function), "__call__", None)
            return call if inspect.isfunction(call) else function


def name_of(function: Any) -> str:
    """Return the name of a function as its author knows it."""
    inner = _unwrapped(function)
    return str(getattr(inner, "__qualname__", type(inner).__name__)).rpartition("<locals>.")[2]


def _owned(owner: str, function: Any) -> str:
    """Return what a function is to be, with its name if that is not said already."""
    name = name_of(function)
    return owner if owner.endswith(name) else f"{owner}, {name},"
