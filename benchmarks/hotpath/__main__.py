"""One workload in one process, to be counted, profiled or timed: `python -m benchmarks.hotpath calls 2000`."""

import cProfile
import gc
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import gevent
import msgspec
import typer
from gevent.event import Event
from loguru import logger

from benchmarks.clients.ours import Receptionist, log_to_nowhere
from benchmarks.clients.ours_hooks import Receptionist as HooksReceptionist
from benchmarks.engine import engine_in
from benchmarks.hotpath.loopback import connector
from benchmarks.load import frames
from benchmarks.load.switchboard import LoadCall, Switchboard, Workload
from relay_actors.routing.admission import Admission
from relay_actors.session.ledger import NO_LEDGER
from relay_actors.session.login import Login
from relay_actors.session.state import Credentials
from relay_actors.telemetry.stats import Stats
from relay_actors.timing import Timing
from relay_actors.tree import Tree
from relay_runtime import CallActor
from relay_runtime.fleet.mirror import Mirror
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.fleet.redis_stream import RedisStream
from relay_runtime.fleet.sealing import Seal
from relay_runtime.ledger.copy import NO_COPIES
from relay_runtime.ledger.folder import Folder, key_of
from relay_runtime.ledger.journal import Journal
from relay_runtime.settings.engine_address import parse_address
from relay_runtime.websocket import WebSocket

WARM_UP = 200
BATCH = 50


class What(StrEnum):
    """The workloads."""

    CALLS = "calls"
    EVENTS = "events"
    COMMANDS = "commands"


class Commanding(CallActor):
    """Sends a number of commands, one after another."""

    number = 0

    def run(self) -> None:
        self.answer()
        for _ in range(self.number):
            self.command("calling.user_event", {"event": {"name": "here"}})
        self.hangup()


class Driver(Workload):
    """Drives the switchboard; waits for events and never polls, so that instruction counts repeat."""

    def __init__(self, board: Switchboard) -> None:
        self.board = board
        self.left = 0
        self.running = 0
        self.over = Event()
        self.parks_calls = False
        board.workload = self

    def ended(self, call: LoadCall) -> None:  # noqa: ARG002
        if self.left:
            self.left -= 1
            self.board.offer()
        else:
            self._one_less()

    def parked(self, call: LoadCall) -> None:  # noqa: ARG002
        self._one_less()

    def _one_less(self) -> None:
        self.running -= 1
        if not self.running:
            self.over.set()

    def _offer(self, calls: int) -> None:
        self.running = calls
        self.over.clear()
        for _ in range(calls):
            self.board.offer()
        self.board.flush()
        self.over.wait()

    def calls(self, number: int, concurrency: int) -> None:
        """Serve calls, so many at a time."""
        self.left = max(0, number - concurrency)
        self._offer(min(number, concurrency))

    def hold(self, calls: int) -> None:
        """Park calls in a prompt."""
        self.parks_calls = True
        self._offer(calls)

    def churn(self, events: int) -> None:
        """Send held calls events in turn, a batch at a time."""
        held = list(self.board.calls.values())
        acked = Event()
        for number in range(events):
            call = held[number % len(held)]
            template = (frames.PAUSED, frames.PLAYING)[number // len(held) % 2]
            last = number % BATCH == BATCH - 1 or number == events - 1
            self.board.event(template, call.id, call.control_id, on_ack=acked.set if last else None)
            if last:
                self.board.flush()
                acked.wait()
                acked.clear()
        gevent.sleep(0)


def journal_in(folder: str, engine: str = "") -> Journal:
    """Return a journal of this process, whose ledger is copied to the engine of a fleet if one is given."""
    copies = Copied(engine) if engine else NO_COPIES
    return Journal(Folder(Path(folder), key_of("project", "server", "bench"), 1_000, None, copies).make, "hangup")


class Copied(type(NO_COPIES)):
    """Copies ledgers to an engine, and takes no others over."""

    def __init__(self, url: str) -> None:
        address = parse_address(url)
        engine = RedisEngine(address)
        self.mirror = Mirror(engine, RedisStream(address, None, 30.0), Seal("secret"), "bench", "bench", 10.0)
        self.mirror.open()
        self.mirror.admit(True)

    def marked(self, opened: Any) -> Any:
        return msgspec.structs.replace(opened, ledger="bench", member="bench")

    def begin(self, opened: Any) -> Any:
        return self.mirror.begin(opened.ledger)


def connected(board: Switchboard, call_actor: type[CallActor], journal: Journal | None) -> Tree:
    """Start our actors over the loopback socket."""

    def opened() -> WebSocket:
        socket = connector(board)
        if journal is not None:
            socket.before_write(journal.flush)
        return socket

    def login(session: Any) -> Login:
        return Login(opened, lambda: Credentials("project", "token"), session, "benchmarks")

    ledger = NO_LEDGER if journal is None else journal
    tree = Tree(login, Admission(1_000_000), Stats(), Timing(), ("bench",), lambda *_: None, ledger=ledger)
    tree.serve_calls(call_actor)
    tree.connect().get(timeout=5)
    return tree


def main(
    what: What,
    number: int,
    concurrency: Annotated[int, typer.Option(min=1, help="Calls at a time.")] = 200,
    hooks: Annotated[bool, typer.Option(help="The call written as hooks.")] = False,  # noqa: FBT002
    ledger: Annotated[bool, typer.Option(help="Write calls down, as a process does.")] = False,  # noqa: FBT002
    fleet: Annotated[bool, typer.Option(help="And copy that to the engine of a fleet.")] = False,  # noqa: FBT002
    info: Annotated[bool, typer.Option(help="Write the log of a process, at `info`, to nowhere.")] = False,  # noqa: FBT002
    profile: Annotated[str, typer.Option(help="Write a cProfile here.")] = "",
) -> None:
    """Do one workload and print what each call, event or command of it cost."""
    if info:
        log_to_nowhere()
    else:
        logger.remove()
    board = Switchboard()
    actor: Any = Commanding if what is What.COMMANDS else HooksReceptionist if hooks else Receptionist
    folder, stack = tempfile.TemporaryDirectory(), ExitStack()
    engine = stack.enter_context(engine_in(Path(folder.name))) if fleet else ""
    connected(board, actor, journal_in(folder.name, engine) if ledger or fleet else None)
    driver = Driver(board)
    if what is What.CALLS:
        driver.calls(WARM_UP, 50)
    elif what is What.EVENTS:
        driver.hold(concurrency)
    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    collections = sum(each["collections"] for each in gc.get_stats())
    began = time.process_time()
    if what is What.CALLS:
        driver.calls(number, concurrency)
    elif what is What.EVENTS:
        driver.churn(number)
    else:
        Commanding.number = number // 10
        driver.calls(10, 10)
    took = time.process_time() - began
    collections = sum(each["collections"] for each in gc.get_stats()) - collections
    if profile:
        profiler.disable()
        profiler.dump_stats(profile)
    print(f"{what} {number}: {took / number * 1e6:.1f} µs each, {collections} collections", file=sys.stderr)
    sys.stderr.flush()
    stack.close()
    folder.cleanup()
    os._exit(0)  # nothing to take down, and nothing of it to count


typer.run(main)
