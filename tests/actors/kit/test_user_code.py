"""Code of the user that would do nothing when it is called."""

from __future__ import annotations

import gc
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial, wraps
from typing import Any

import pytest

from relay_actors.kit.guard import run_guarded
from relay_actors.kit.user_code import checked_function, refuse_result, refuse_unrunnable


def plain(value: object) -> None:
    """Do nothing."""


async def coroutine(value: object) -> None:
    """Would do nothing."""


def generator(value: object) -> Iterator[object]:
    yield value


async def async_generator(value: object) -> AsyncIterator[object]:
    yield value


class Serves:
    """Has one of each as a method."""

    async def later(self, value: object) -> None:
        """Would do nothing."""

    async def __call__(self, value: object) -> None:
        """Would do nothing."""


def more(first: object, second: object) -> None:
    """Take too much."""


@wraps(coroutine)
def around(value: object) -> None:
    """Run the coroutine in a loop of its own, say: what it wraps is its own affair."""


COROUTINES: list[Any] = [coroutine, partial(coroutine), partial(partial(coroutine)), Serves().later, Serves()]


@pytest.mark.parametrize("function", COROUTINES)
def test_a_coroutine_function_is_refused_in_whatever_it_is_wrapped_and_both_remedies_are_named(function: Any) -> None:
    with pytest.raises(TypeError) as caught:
        checked_function(function, "the handler of calls")
    text = str(caught.value)
    assert text.startswith("the handler of calls, ")
    assert "is a coroutine function" in text
    assert "drop `async`" in text
    assert "relay_runtime.aio" in text


@pytest.mark.parametrize("function", COROUTINES)
def test_where_there_is_a_loop_it_is_accepted(function: Any) -> None:
    assert checked_function(function, "the handler", coroutines=True) is function


@pytest.mark.parametrize("function", [generator, async_generator, partial(generator)])
@pytest.mark.parametrize("coroutines", [False, True])
def test_a_generator_is_refused_everywhere(function: Any, *, coroutines: bool) -> None:
    with pytest.raises(TypeError, match=r"the handler, .*generator, has a `yield`; called, it would do nothing"):
        checked_function(function, "the handler", coroutines=coroutines)


@pytest.mark.parametrize(
    "function", [plain, partial(more, 1), print, dict, lambda *values: values, around, [].append, partial(plain)]
)
def test_a_plain_function_is_accepted_as_it_is(function: Any) -> None:
    assert checked_function(function, "the handler") is function


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (lambda: None, "too many positional arguments"),
        (more, "missing a required argument: 'second'"),
        (lambda *, value: value, "too many positional arguments"),
    ],
)
def test_what_can_not_be_called_with_what_it_gets_is_refused(function: Any, why: str) -> None:
    with pytest.raises(TypeError, match=f"can't be called: {why}; accepted is a function of one argument"):
        checked_function(function, "the handler")


@pytest.mark.parametrize("function", ["handle", None, 5])
def test_what_is_no_function_is_refused(function: Any) -> None:
    with pytest.raises(TypeError, match="the handler is (str|NoneType|int); accepted is a function of one argument"):
        checked_function(function, "the handler")


def test_what_a_class_holds_is_looked_through() -> None:
    for held in (staticmethod(coroutine), classmethod(coroutine)):
        with pytest.raises(TypeError, match="is a coroutine function"):
            refuse_unrunnable(held, "Menu.run")


@pytest.mark.parametrize(
    ("function", "what"),
    [(lambda: coroutine(1), "returned a coroutine"), (lambda: generator(1), "returned a generator")],
)
def test_what_is_seen_only_when_it_is_called_is_refused_by_its_result(function: Callable[[], Any], what: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TypeError, match=what):
            refuse_result(function(), function)
        gc.collect()


@pytest.mark.parametrize("result", [None, 5, "text", [1], iter([1])])
def test_any_other_result_is_nobodys_business(result: object) -> None:
    refuse_result(result, plain)


def test_a_handler_that_returns_a_coroutine_is_logged_as_a_crash(log_lines: list[str]) -> None:
    run_guarded(lambda value: coroutine(value), 1, "the handler of {} crashed", "messages")
    (line,) = log_lines
    assert "the handler of messages crashed" in line
    assert "returned a coroutine, which greenlets do not run" in line


def test_each_function_that_a_decorator_wraps_is_looked_at_for_itself() -> None:
    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*values: Any) -> Any:
            return function(*values)

        return call

    assert checked_function(decorated(plain), "the handler")
    with pytest.raises(TypeError, match="can't be called"):
        checked_function(decorated(lambda: None), "the handler")


def test_code_that_was_good_once_is_not_good_for_other_arguments() -> None:
    assert checked_function(plain, "the handler") is plain
    with pytest.raises(TypeError, match="can't be called"):
        checked_function(plain, "the handler", 2)
    assert checked_function(coroutine, "the handler", coroutines=True)
    with pytest.raises(TypeError, match="is a coroutine function"):
        checked_function(coroutine, "the handler")
