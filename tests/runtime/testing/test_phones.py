"""The phones of a test, and what they leave behind."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.played import Play, Waiting, playing

from relay_actors.kit import crash_log
from relay_runtime import CallActor, CallObserver, RelayClient
from relay_runtime.sandbox import Caller
from relay_runtime.testing.phones import Phones


class Broken(CallActor):
    """Crashes."""

    def run(self) -> None:
        raise LookupError("nobody")


def test_closing_puts_all_phones_down_and_no_other(play: Play) -> None:
    played = play(Waiting)
    lines = [played.phones.caller().dials("office").is_answered() for _ in range(3)]
    scripted = played.sandbox.place(Caller("+15550100009").dials("office"))
    played.phones.close()
    played.phones.close()
    assert all(line.outcome is not None for line in lines)
    assert scripted.outcome is None
    assert repr(played.phones) == "<Phones closed>"


def test_what_comes_behind_the_end_of_a_test_is_not_taken(play: Play) -> None:
    played = play(Waiting)
    played.phones.callee("+15550100002")
    played.phones.close()
    assert len(played.sandbox.exchange.run_watchers) == 0


def test_an_observer_of_the_app_is_told_beside_the_kit() -> None:
    told: list[str] = []

    class Theirs(CallObserver):
        def call_crashed(self, call: Any, error: BaseException) -> None:
            told.append(str(error))

    with playing(Broken, observer=Theirs()) as played:
        played.phones.caller().dials("office").app_crashes(LookupError)
    assert told == ["nobody"]


def test_a_client_that_is_connected_can_not_be_served_any_more(play: Play) -> None:
    played = play(Waiting)
    with pytest.raises(RuntimeError, match="has begun to connect"):
        played.phones.serve(played.client)


def test_a_client_is_left_as_it_was(play: Play) -> None:
    client = RelayClient("test", "test", host="test.invalid")
    unserve = Phones(play(Waiting).sandbox).serve(client)
    assert len(crash_log._keepers) == 2
    unserve()
    assert len(crash_log._keepers) == 1
