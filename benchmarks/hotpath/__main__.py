"""One workload in one process, to be counted, profiled or timed: `python -m benchmarks.hotpath calls 2000`."""

import gc
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

import gevent
import typer
from gevent.event import Event
from loguru import logger

from benchmarks.clients.ours import Receptionist
from benchmarks.clients.ours_hooks import Receptionist as HooksReceptionist
from benchmarks.hotpath.loopback import connector
from benchmarks.load import frames
from benchmarks.load.switchboard import LoadCall, Switchboard, Workload
from relay_actors.admission import Admission
from relay_actors.connection import Login
from relay_actors.session import Session
from relay_actors.session import Credentials
from relay_actors.stats import Stats
from relay_actors.timing import Timing
from relay_runtime import CallActor
from relay_runtime.tree import Tree

WARM_UP = 200


class What(StrEnum):
    """The workloads."""

    CALLS = "calls"
    EVENTS = "events"
    COMMANDS = "commands"


class Closed(Workload):
    """Keeps a number of calls in flight until as many as wanted are over."""

    def __init__(self, board: Switchboard) -> None:
        self.board = board
        self.left = 0
        self.running = 0
        self.over = Event()
        self.parks_calls = False
        board.workload = self

    def ended(self, call: LoadCall) -> None:
        if self.left:
            self.left -= 1
            self.board.offer()
        else:
            self.running -= 1
            if not self.running:
                self.over.set()

    def run(self, calls: int, concurrency: int) -> None:
        first = self.running = min(calls, concurrency)
        self.left = calls - first
        self.over.clear()
        for _ in range(first):
            self.board.offer()
        self.board.flush()
        self.over.wait()

    def hold(self, calls: int) -> None:
        self.parks_calls = True
        for _ in range(calls):
            self.board.offer()
        self.board.flush()
        while self.board.unacked or not all(call.parked for call in self.board.calls.values()):
            gevent.sleep(0.001)

    def churn(self, events: int, batch: int) -> None:
        calls = list(self.board.calls.values())
        for number in range(events):
            call = calls[number % len(calls)]
            template = (frames.PAUSED, frames.PLAYING)[number // len(calls) % 2]
            self.board.event(template, call.id, call.control_id)
            if number % batch == batch - 1:
                self.board.flush()
                gevent.sleep(0)
        self.board.flush()
        while self.board.unacked:
            gevent.sleep(0.001)


def client(board: Switchboard, call_actor: type[CallActor]) -> Tree:
    """Start our actors over the loopback socket."""
    tree = Tree(
        lambda session: Login(lambda: connector(board), Credentials("p", "t"), session, "bench"),
        Admission(1_000_000),
        Stats(),
        Timing(),
        ("bench",),
        lambda *_: None,
    )
    tree.serve_calls(call_actor)
    tree.connect().get(timeout=5)
    return tree


class Commanding(CallActor):
    """Sends a number of commands, one after another."""

    number = 0

    def run(self) -> None:
        self.answer()
        for _ in range(self.number):
            self.command("calling.user_event", {"event": {"name": "here"}})
        self.hangup()


def commands(board: Switchboard, number: int) -> Callable[[], None]:
    closed = Closed(board)

    def work() -> None:
        Commanding.number = number // 10
        closed.run(10, 10)

    return work


def main(
    what: What,
    number: int,
    concurrency: Annotated[int, typer.Option(min=1)] = 200,
    hooks: Annotated[bool, typer.Option(help="The call written as hooks.")] = False,
    profile: Annotated[str, typer.Option(help="Write a cProfile here.")] = "",
) -> None:
    """Do one workload and print what each call, event or command of it cost."""
    logger.remove()
    board = Switchboard()
    actor: Any = Commanding if what is What.COMMANDS else HooksReceptionist if hooks else Receptionist
    client(board, actor)
    closed = Closed(board)
    work: Callable[[], None]
    if what is What.CALLS:
        closed.run(WARM_UP, 50)
        work = lambda: closed.run(number, concurrency)
    elif what is What.EVENTS:
        closed.hold(concurrency)
        work = lambda: closed.churn(number, 50)
    else:
        work = commands(board, number)
    collections = sum(each["collections"] for each in gc.get_stats())
    profiler: Any = None
    if profile:
        import cProfile  # noqa: PLC0415

        profiler = cProfile.Profile()
        profiler.enable()
    began = time.process_time()
    work()
    took = time.process_time() - began
    if profiler is not None:
        profiler.disable()
        profiler.dump_stats(profile)
    collections = sum(each["collections"] for each in gc.get_stats()) - collections
    print(f"{what} {number}: {took / max(number, 1) * 1e6:.1f} µs each, {collections} collections", file=sys.stderr)
    sys.stderr.flush()
    import os

    os._exit(0)


typer.run(main)
