"""The heartbeat of a worker: who is left alone, who is silent, and where that one stands."""

from __future__ import annotations

import faulthandler
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import msgspec
import pytest
from doubles.hub import LIMIT, until
from gevent import socket

from relay_runtime.workers import heartbeat
from relay_runtime.workers.heartbeat import Heartbeat, Pulse, period, place_in_dump

pytestmark = pytest.mark.slow

DUMP = """\
Thread 0x00007f2a (most recent call first):
  File "/app/other.py", line 3 in waits

Current thread 0x00007f2b (most recent call first):
  File "/usr/lib/python3.11/site-packages/regex/core.py", line 9 in match
  File "/app/app.py", line 12 in run
  File "/app/app.py", line 40 in main
"""


class Worker:
    """The worker's end of the line.

    Attributes:
        told: what was told of its silence.
        interrupts: how often it was sent SIGQUIT.
        dump: what it writes down then.
    """

    def __init__(self, timeout: float) -> None:
        self._parents, self.line = socket.socketpair()
        self.told: list[str] = []
        self.interrupts = 0
        self.dump = b""
        self.heartbeat = Heartbeat(self._parents, timeout, self.interrupt, self.told.append)

    def interrupt(self) -> None:
        self.interrupts += 1
        self.line.sendall(self.dump)

    def asked(self) -> None:
        assert self.line.recv(64) == b"?"

    def answers(self, silent: float, where: str = "") -> None:
        self.asked()
        self.line.sendall(msgspec.json.encode(Pulse(silent, where)) + b"\n")

    def close(self) -> None:
        self.heartbeat.stop()
        self._parents.close()
        self.line.close()


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], Worker]]:
    made: list[Worker] = []
    monkeypatch.setattr(heartbeat, "_MOMENT", 0.05)

    def make(timeout: float) -> Worker:
        made.append(Worker(timeout))
        return made[-1]

    with gevent.Timeout(LIMIT, AssertionError("the test waited in vain")):
        yield make
    for each in made:
        each.close()


def the_silence(worker: Worker) -> str:
    (told,) = until(lambda: worker.told, "the silence")
    return told


def test_there_are_several_questions_in_the_time_of_silence() -> None:
    assert (period(2.0), period(30.0), period(0.0)) == (0.2, 1.0, 1.0)


def test_who_answers_is_left_alone(worker: Callable[[float], Worker]) -> None:
    answering = worker(LIMIT)
    for _ in range(3):
        answering.answers(0.1)
    assert (answering.told, answering.interrupts) == ([], 0)


def test_whose_hub_does_not_go_round_is_told_of_once_with_where_it_stands(worker: Callable[[float], Worker]) -> None:
    blocked = worker(2.0)
    blocked.answers(2.1, "its hub is here")
    blocked.answers(2.2, "its hub is there")
    assert the_silence(blocked) == "2.2 s: its hub is there"
    assert blocked.interrupts == 0


def test_who_wakes_with_the_whole_machine_is_left_alone(worker: Callable[[float], Worker]) -> None:
    waking = worker(2.0)
    waking.answers(600.0, "its hub waits for events")
    waking.answers(0.0)
    waking.answers(0.0)
    assert waking.told == []


def test_who_does_not_answer_is_sent_a_signal_and_told_of_with_the_line_that_it_wrote_down(
    worker: Callable[[float], Worker],
) -> None:
    held = worker(0.1)
    held.dump = DUMP.encode()
    assert the_silence(held).endswith("its interpreter is held by C code that was called at /app/app.py:12 in run")
    assert held.interrupts == 1


@pytest.mark.parametrize("closes", [False, True])
def test_of_who_does_nothing_at_all_the_line_says_so(worker: Callable[[float], Worker], closes: bool) -> None:
    stopped = worker(0.1)
    if closes:
        stopped.line.shutdown(socket.SHUT_RDWR)
        stopped.interrupt = lambda: None  # type: ignore[method-assign]
        stopped.heartbeat._interrupt = stopped.interrupt
    assert "no thread of it answers where it stands; the process is stopped" in the_silence(stopped)


def test_a_late_answer_is_taken_for_the_question_that_was_asked(worker: Callable[[float], Worker]) -> None:
    slow = worker(2.0)
    slow.asked()
    until(lambda: slow.heartbeat._waits)
    slow.line.sendall(b'{"silent":')
    gevent.sleep(0)
    slow.line.sendall(b"0.0}\n")
    slow.answers(0.0)
    slow.asked()
    assert slow.told == []


def test_a_stack_that_somebody_else_has_asked_for_is_no_answer(worker: Callable[[float], Worker]) -> None:
    answering = worker(LIMIT)
    answering.line.sendall(DUMP.encode())
    answering.answers(0.0)
    answering.answers(0.0)
    assert answering.told == []


def test_the_place_in_a_stack_is_the_apps_own_of_the_thread_at_work(tmp_path: Path) -> None:
    assert place_in_dump(DUMP) == "/app/app.py:12 in run"
    assert place_in_dump(DUMP.replace("/app/app.py", "/lib/relay_actors/app.py")) == "/app/other.py:3 in waits"
    third = f'{DUMP}\n\nThread 0x1:\n  File "/app/c.py", line 4 in f\n'.replace(
        "/app/app.py", "/lib/relay_actors/app.py"
    )
    assert place_in_dump(third) == "/app/other.py:3 in waits, or at /app/c.py:4 in f"
    only_ours = '  File "/lib/relay_actors/call.py", line 1 in run\n'
    assert place_in_dump(only_ours) == "/lib/relay_actors/call.py:1 in run"
    assert place_in_dump("") == ""
    with (tmp_path / "dump").open("w+") as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        place = place_in_dump(file.read())
    assert place.startswith(f"{__file__}:")
    assert place.endswith(" in test_the_place_in_a_stack_is_the_apps_own_of_the_thread_at_work")
