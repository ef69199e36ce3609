"""Scripts: immutable, and checked when they are written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from doubles.played import playing
from doubles.raw_client import PlaceCall, RawClient

from relay_runtime import Call
from relay_runtime.sandbox import Callee, Caller, Sandbox


def test_every_method_returns_a_new_script() -> None:
    base = Caller("+15550100001").dials("office")
    longer = base.hears("Press 1").presses("1")
    assert base.steps == ()
    assert len(longer.steps) == 2
    assert repr(longer) == "<Caller: hear 'Press 1', then press 1>"
    assert repr(base) == "<Caller: stays on the line>"


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda: Caller("").dials("office"), "Caller needs a text"),
        (lambda: Caller().dials(""), "dials needs a text"),
        (lambda: Caller().presses("1-2"), "0-9 \\* # A-D"),
        (lambda: Caller().hears(""), "hears needs a text"),
        (lambda: Callee().says(""), "says needs a text"),
        (lambda: Caller().waits(-1), "waits needs a number of seconds from 0, not -1"),
        (lambda: Caller().presses("1", gap=float("nan")), "gap needs a number of seconds from 0, not nan"),
        (lambda: Caller().abandons(True), "abandons needs a number of seconds"),
        (lambda: Callee().rings(float("inf")), "rings needs a number of seconds"),
    ],
)
def test_a_mistake_in_a_script_is_found_when_it_is_written(write: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        write()


def test_a_caller_without_a_context_can_not_be_placed(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match=r"dials\("):
        sandbox.place(Caller())


def test_one_script_serves_many_calls(client: RawClient, sandbox: Sandbox, call: PlaceCall) -> None:
    script = Caller().presses("1").hangs_up()
    assert all(call(script)[0].wait().digits == "1" for _ in range(3))


def test_speech_lasts_and_is_understood_as_it_is_said() -> None:
    results: list[tuple[str, float, float]] = []

    def listen(call: Call) -> None:
        call.answer()
        began = call.collect(speech={"end_silence_timeout": 1})
        event = began.wait()
        results.append((event.text, event.confidence, played.clock.now()))

    with playing(listen) as played:
        line = Caller().dials("office").waits(2).says("Yes", seconds=7.5, confidence=42.0)
        played.sandbox.place(line).wait(60)
    assert results == [("Yes", 42.0, 10.5)]
    with pytest.raises(ValueError, match="says needs a number of seconds"):
        Caller().says("Yes", seconds=-1)
    with pytest.raises(ValueError, match="confidence needs"):
        Caller().says("Yes", confidence=-1)
