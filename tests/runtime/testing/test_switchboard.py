"""What all lines of a test share."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from doubles.played import Play

from relay_runtime import CallActor
from relay_runtime.testing.switchboard import NO_CODE, Switchboard


class Idle(CallActor):
    """Stays up without code."""

    when_done = "leave"

    def run(self) -> None:
        self.answer()


class Computing(CallActor):
    """Is in nothing of the runtime's."""

    def run(self) -> None:
        self.answer()
        gevent.sleep(5)


@pytest.mark.filterwarnings("ignore::relay_runtime.testing.LeftRunning")
def test_it_knows_where_the_code_of_a_call_stands(play: Play) -> None:
    played = play(Computing)
    line = played.phones.caller().dials("office").is_answered().waits(1)
    stands = played.phones._board.stands(line.call_id)
    assert stands.startswith(f"the app's code stands at {__file__}:")
    assert stands.endswith("in Computing.run")
    assert played.phones._board.all_stand() == f"call {line.call_id}: {stands}"
    assert played.phones._board.stands("no such call") == ""


def test_it_says_when_a_live_call_runs_no_code(play: Play) -> None:
    played = play(Idle)
    line = played.phones.caller().dials("office").is_answered().waits(1)
    assert played.phones._board.stands(line.call_id) == ""
    assert played.phones._board.all_stand() == f"call {line.call_id}: {NO_CODE}"


def test_it_knows_the_contexts_and_what_was_dialled(play: Play) -> None:
    played = play(Idle, "sales", "office")
    assert played.phones._board.contexts() == ["office", "sales"]
    assert played.phones._board.dialled() == []


def test_each_far_end_goes_to_the_first_who_takes_it(play: Play) -> None:
    played = play(Idle)
    board = Switchboard(played.sandbox)
    taken: list[Any] = []
    refuse = board.take(lambda _: bool(taken.append("asked")))
    board.take(lambda _: not taken.append("taken"))
    line = played.phones.caller().dials("office")
    refuse()
    played.phones.caller().dials("office")
    assert taken == ["asked", "taken", "taken"]
    board.close()  # puts down what it took
    assert line.outcome is not None
