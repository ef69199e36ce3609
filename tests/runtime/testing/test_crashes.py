"""What crashed of an app while it was tested."""

from __future__ import annotations

import gevent
import pytest
from doubles.played import Play

from relay_runtime import CallActor
from relay_runtime.testing.crashes import Crash, Crashes

LIMIT = 60.0


def look_up(name: str) -> str:
    return {"somebody": "there"}[name]


class Broken(CallActor):
    """Crashes in `run`."""

    def run(self) -> None:
        self.answer()
        look_up("nobody")


class Facts:
    call_id, kind = "c1", "Broken"


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


@pytest.mark.parametrize("library", ["pykka._actor", "gevent.hub", "threading", "relay_runtime.x"])
def test_what_of_a_library_has_called_the_app_is_left_out(library: str) -> None:
    calling = {"__name__": library, "look_up": look_up}
    exec("def call(): look_up('nobody')", calling)
    with pytest.raises(KeyError) as caught:
        eval("call()", calling)
    error = caught.value
    assert error.__traceback__ is not None
    error.__traceback__ = error.__traceback__.tb_next  # without this test
    assert "in look_up" in Crash("", "it crashed", error).text.splitlines()[1]


def test_a_traceback_begins_with_the_code_of_the_app(play: Play) -> None:
    played = play(Broken)
    line = played.phones.caller().dials("office")
    line.app_crashes(KeyError)
    (crash,) = played.phones.crashes.all
    assert crash.text.splitlines()[0] == "Traceback (most recent call last):"
    assert "in run" in crash.text.splitlines()[1]
    assert "turns.py" not in crash.text
    assert crash.text.splitlines()[-1] == "KeyError: 'nobody'"
    assert crash.call_id == line.call_id
    assert repr(crash) == f"<Crash: Broken crashed in call {line.call_id}: KeyError: KeyError('nobody')>"


def test_a_traceback_without_code_of_the_app_is_whole() -> None:
    error = raised(ValueError("deep"))
    assert error.__traceback__ is not None
    error.__traceback__.tb_frame.f_globals["__name__"] = "relay_actors.somewhere"
    try:
        assert "in raised" in Crash("c1", "Broken", error).text
    finally:
        error.__traceback__.tb_frame.f_globals["__name__"] = __name__


def test_a_crash_that_is_waited_for_is_expected() -> None:
    crashes, told = Crashes(), []
    waiter = gevent.spawn(lambda: told.append(crashes.wait("c1", KeyError, LIMIT)))
    gevent.sleep(0)
    crashes.logged(ValueError("another kind"), "it crashed", {"call_id": "c1"})
    gevent.sleep(0)
    crashes.logged(KeyError("this one"), "it crashed", {"call_id": "c1"})
    waiter.join(LIMIT)
    assert [repr(crash.error) for crash in told] == ["KeyError('this one')"]
    assert [repr(crash.error) for crash in crashes.unexpected()] == ["ValueError('another kind')"]
    assert crashes.unexpected("c2") == []
    assert crashes.wait("c1", KeyError, 0) is None
    assert crashes.wait("c1", ValueError, 0) is not None


def test_a_crash_is_that_of_the_call_that_its_line_names() -> None:
    crashes = Crashes()
    crashes.logged(KeyError("one"), "Broken crashed in call c1: KeyError", {"call_id": "c1"})
    crashes.logged(KeyError("two"), "a handler crashed", {})
    assert [(crash.call_id, crash.what) for crash in crashes.all] == [
        ("c1", "Broken crashed in call c1: KeyError"),
        ("", "a handler crashed"),
    ]
    assert crashes.wait("", KeyError, 0) is crashes.all[1]
    assert crashes.unexpected() == [crashes.all[0]]


@pytest.mark.parametrize("seconds", [0, 0.01])
def test_a_crash_that_does_not_come_is_not_waited_for_longer(seconds: float) -> None:
    assert Crashes().wait("c1", Exception, seconds) is None
