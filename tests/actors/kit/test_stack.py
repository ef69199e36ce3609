"""Where code stands: the line that its author wants to read."""

from __future__ import annotations

import sys
import types
from types import FrameType
from typing import Any

import gevent
import pytest
from doubles.hub import LIMIT, turns

from relay_actors.kit.stack import own_frame, place, stands_at, user_frame, was_killed


def caller_in(module: str, file: str) -> Any:
    """Return a function of another module, in another file, that calls what it is given."""
    made: Any = types.ModuleType(module)
    exec(compile("def call(inner):\n    return inner()\n", file, "exec"), made.__dict__)
    return made.call


def here() -> FrameType:
    return sys._getframe()


def test_a_place_is_a_file_a_line_and_a_function() -> None:
    frame = here()
    assert place(frame) == f"{__file__}:{frame.f_lineno} in here"
    assert place(None) == "an unknown place"


@pytest.mark.parametrize("package", ["relay_actors.kit.turns", "relay_runtime.client", "gevent.event", "pykka"])
def test_the_runtimes_own_frames_and_those_of_what_it_is_built_on_are_passed_over(package: str) -> None:
    frame = user_frame(caller_in(package, f"/src/{package}.py")(sys._getframe))
    assert frame is not None
    assert frame.f_code.co_filename == __file__


@pytest.mark.parametrize(("module", "file"), [("json.decoder", "/lib/json.py"), ("flask.app", "/v/site-packages/f.py")])
def test_a_library_counts_only_when_nobody_of_the_authors_own_is_on_the_stack(module: str, file: str) -> None:
    call = caller_in(module, file)
    among_others = user_frame(call(sys._getframe))
    assert among_others is not None
    assert among_others.f_code.co_filename == __file__
    alone = user_frame(gevent.spawn(call, sys._getframe).get(timeout=LIMIT))
    assert alone is not None
    assert alone.f_code.co_filename == file


def test_where_nobodys_own_code_is_on_the_stack_there_is_nothing_to_show() -> None:
    assert user_frame(None) is None
    call = caller_in("gevent.pool", "/src/pool.py")
    assert user_frame(gevent.spawn(call, sys._getframe).get(timeout=LIMIT)) is None


def test_a_greenlet_that_waits_stands_where_its_own_code_waits() -> None:
    def waits() -> None:
        gevent.sleep(LIMIT)

    greenlet = gevent.spawn(waits)
    turns()
    assert stands_at(greenlet) == f"{__file__}:{waits.__code__.co_firstlineno + 1} in {waits.__qualname__}"
    greenlet.kill()


def test_the_current_greenlet_stands_where_it_asks() -> None:
    assert stands_at(gevent.getcurrent()).startswith(f"{__file__}:")


def test_a_greenlet_that_has_not_begun_or_is_done_stands_nowhere() -> None:
    greenlet = gevent.spawn(lambda: None)
    assert stands_at(greenlet) == "an unknown place"
    greenlet.join()
    assert stands_at(greenlet) == "an unknown place"


def test_what_comes_from_outside_into_code_that_waits_is_told_from_what_code_raises() -> None:
    caught: list[bool] = []

    def waits() -> None:
        try:
            gevent.sleep(LIMIT)
        except gevent.GreenletExit as error:
            caught.append(was_killed(error))

    greenlet = gevent.spawn(waits)
    gevent.sleep(0)
    greenlet.kill()
    try:
        raise gevent.GreenletExit
    except gevent.GreenletExit as error:
        caught.append(was_killed(error))
    assert [*caught, was_killed(gevent.GreenletExit())] == [True, False, False]


@pytest.mark.parametrize("file", ["/src/app.py", "/v/site-packages/app.py"])
def test_only_what_is_installed_is_not_ones_own(file: str) -> None:
    frame = own_frame(gevent.spawn(caller_in("app", file), sys._getframe).get(timeout=LIMIT))
    assert (None if frame is None else frame.f_code.co_filename) == (None if "site" in file else file)
    assert own_frame(gevent.spawn(caller_in("json", "/lib/json.py"), sys._getframe).get(timeout=LIMIT)) is None
