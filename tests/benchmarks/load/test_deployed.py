import asyncio
import time

import pytest

pytest.importorskip("picows", reason="the load server needs the extra `bench`")

from benchmarks.load import frames
from benchmarks.load.deployed import IN_SET_UP, Deployed
from benchmarks.load.switchboard import Switchboard


class Line:
    def write(self, data):
        pass

    def cut(self):
        pass


class Sessions:
    """Two sessions, and calls that get as far as their prompt when they are told to."""

    def __init__(self):
        self.boards = [Switchboard(number) for number in range(2)]
        self.flow = Deployed(self.boards, prompt_s=10.0)
        self.finished = []
        for board in self.boards:
            board.link = Line()
            self._watch(board)

    def _watch(self, board):
        event = board.event

        def watched(template, *fields, on_ack=None):
            if template is frames.FINISHED:
                self.finished.append((board, fields[0]))
            event(template, *fields, on_ack=on_ack)

        board.event = watched

    def park(self):
        """Park all calls that were offered."""
        for board in self.boards:
            for call in [call for call in board.calls.values() if not call.parked]:
                call.parked = True
                self.flow.parked(call)


@pytest.fixture
def sessions():
    return Sessions()


def test_new_calls_go_to_the_sessions_in_turn(sessions):
    for _ in range(6):
        sessions.flow.offer(1.0)
    assert [len(board.calls) for board in sessions.boards] == [3, 3]
    assert sessions.flow.calls == 6


def test_calls_of_two_sessions_never_share_an_id(sessions):
    for _ in range(6):
        sessions.flow.offer(1.0)
    assert len({call_id for board in sessions.boards for call_id in board.calls}) == 6


def test_many_calls_are_set_up_some_at_a_time(sessions):
    sessions.flow.fill(IN_SET_UP + 50)
    assert sessions.flow.calls == IN_SET_UP
    assert not sessions.flow.filled
    sessions.park()
    sessions.park()
    assert sessions.flow.calls == IN_SET_UP + 50
    assert sessions.flow.filled


def test_the_prompts_of_the_first_calls_begin_together_and_end_over_the_length_of_one(sessions):
    sessions.flow.fill(100)
    sessions.park()
    sessions.flow.finish_due(float("inf"))
    assert sessions.finished == []
    began = time.perf_counter()
    sessions.flow.begin()
    sessions.flow.finish_due(began + 5.0)
    assert 30 < len(sessions.finished) < 70
    sessions.flow.finish_due(began + 11.0)
    assert len(sessions.finished) == 100


def test_a_prompt_ends_in_its_own_session_when_its_time_is_over(sessions):
    sessions.flow.begin()
    sessions.flow.offer(7.0)
    sessions.flow.offer(3.0)
    sessions.park()
    now = time.perf_counter()
    assert 2 < sessions.flow.next_due() - now < 4
    sessions.flow.finish_due(now + 4)
    (only,) = sessions.finished
    assert only[0] is sessions.boards[1]
    assert sessions.flow.next_due() - now > 5


def test_acks_of_all_sessions_count(sessions):
    sessions.boards[0].acks, sessions.boards[1].acks = 3, 4
    assert sessions.flow.acks == 7


def test_a_call_that_is_set_up_late_is_ended_too(sessions):
    sessions.flow.begin()
    sessions.flow.offer(1000.0)

    async def late():
        draining = asyncio.ensure_future(sessions.flow.drain())
        await asyncio.sleep(0.03)
        sessions.park()
        for _ in range(5):
            await asyncio.sleep(0.02)
        draining.cancel()

    asyncio.run(late())
    assert len(sessions.finished) == 1


def test_it_is_over_when_no_session_has_a_call(sessions):
    asyncio.run(asyncio.wait_for(sessions.flow.drain(), 5))
    sessions.flow.offer(1.0)
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(sessions.flow.drain(), 0.05))
