"""What happens to whole processes, what they must make of it, and how they must end."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import gevent
from running_process import http_text

from proof.scene import FORKS, LIMIT, Scene
from relay_runtime.process.process import ExitCode

__all__ = ["PROCESS_FAULTS", "ProcessFault"]

_PEOPLE = 5
_QUICKLY = ("--worker-timeout", "2")
_PROBES = ("--http-port", "0")


@dataclass(frozen=True, kw_only=True, eq=False)
class ProcessFault:
    """One row.

    Attributes:
        name: what happens.
        play: does it, from the start of the process to its end.
        workers: how many workers the process has; 0 for none.
        arguments: further arguments of ``relay-runtime start``.
        code: how the process must end; None when it is killed.
        left_up: how many calls may be up at the server then, neither more nor less.
        resume_window: for how long the server keeps a session, in seconds.
    """

    name: str
    play: Callable[[Scene], None]
    workers: int = 0
    arguments: tuple[str, ...] = ()
    code: int | None = ExitCode.CALLS_ENDED
    left_up: int = 0
    resume_window: float = 600.0


def _unread_log(scene: Scene) -> None:
    """Start with a log into a pipe that is full from the beginning, and that nobody reads."""
    reader, writer = os.pipe()
    try:
        fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
        try:
            while os.write(writer, b"x" * 65536):
                pass
        except BlockingIOError:
            pass
        fcntl.fcntl(writer, fcntl.F_SETFL, 0)
        scene.start(stderr=writer)
        scene.call(_PEOPLE)
        scene.call_afterwards(_PEOPLE)
        scene.terminate()
    finally:
        os.close(reader)
        os.close(writer)


def _down_then_up(scene: Scene) -> None:
    """Stop while the link is down; the server takes connections again a little later."""
    scene.start()
    scene.call(_PEOPLE)
    gevent.spawn(scene.sandbox.restart, memory=True, down_for=1.0)
    scene.until(lambda: not scene.sandbox.exchange.peers, "the link is not down")
    scene.terminate()


def _down_for_good(scene: Scene) -> None:
    """Stop while the link is down and stays down."""
    scene.start()
    scene.call(_PEOPLE)
    scene.sandbox.faults.refuse("http", times=100_000)
    scene.sandbox.faults.cut()
    scene.terminate()


def _outage(scene: Scene) -> None:
    """Have nobody listen for eight of the ten seconds for which the session is kept."""
    scene.start()
    scene.call(_PEOPLE)
    session = scene.sandbox.session().sessionid
    scene.sandbox.restart(memory=True, down_for=8.0)
    scene.until(
        lambda: [each.sessionid for each in scene.sandbox.sessions()] == [session], "the session was not resumed"
    )
    scene.call_afterwards(_PEOPLE)
    scene.terminate()


def _fork(scene: Scene) -> None:
    """Have the code of a call fork while the client is connected; the child only sleeps."""
    scene.start()
    scene.place(FORKS)
    scene.call(_PEOPLE)
    scene.call_afterwards(_PEOPLE)
    scene.terminate()


def _blocked_worker(scene: Scene) -> None:
    """Have the code of a call in one of the workers never give the hub back."""
    scene.start()
    scene.block()
    _replaced(scene)


def _stopped_worker(scene: Scene) -> None:
    """Stop one of the workers by SIGSTOP, as a debugger or an operator does."""
    scene.start()
    worker = scene.children()[0]
    os.kill(worker, signal.SIGSTOP)
    _replaced(scene)


def _replaced(scene: Scene) -> None:
    """Have people call when the silent worker was replaced; then stop."""
    before, sessions = set(scene.children()), set(scene.sandbox.sessions())
    scene.until(lambda: len(set(scene.children()) & before) < len(before), "the silent worker was not ended")

    def replaced() -> bool:  # the session of the one that was killed is kept for a while
        return any(each.contexts and each not in sessions for each in scene.sandbox.sessions())

    scene.until(replaced, "the silent worker was not replaced")
    scene.call_afterwards(_PEOPLE)
    scene.terminate()


def _blocked_at_the_end(scene: Scene) -> None:
    """Stop while a worker is blocked."""
    scene.start()
    scene.block()
    scene.terminate()


def _parent_killed(scene: Scene) -> None:
    """Kill the workers' parent while one of the workers is blocked."""
    scene.start()
    scene.block()
    workers = scene.children()
    os.kill(scene.process.pid, signal.SIGKILL)
    scene.until(lambda: not any(_lives(worker) for worker in workers), "a worker outlived its parent")
    scene.count()


def _lives(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):  # the latter if it ends while it is read
        return False


def _silent_connections(scene: Scene) -> None:
    """Have 200 connections to the probe port that say nothing; it must tell that the process lives."""
    scene.start()
    port = scene.http_port()
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=LIMIT))
        assert http_text(f"http://127.0.0.1:{port}/livez")[0] == 200, "the probe was not answered"
        scene.call_afterwards(_PEOPLE)
        scene.terminate()


PROCESS_FAULTS = (
    ProcessFault(name="a log that nobody reads", play=_unread_log, arguments=("--log-level", "trace")),
    ProcessFault(name="SIGTERM while the link is down; it comes back", play=_down_then_up),
    ProcessFault(
        name="SIGTERM while the link is down, for good",
        play=_down_for_good,
        code=ExitCode.UNREACHABLE,
        left_up=_PEOPLE + 1,
    ),
    ProcessFault(name="an outage of 8 s, in a resume window of 10 s", play=_outage, resume_window=10.0),
    ProcessFault(name="the code of a call forks", play=_fork),
    ProcessFault(name="200 silent connections to the probe port", play=_silent_connections, arguments=_PROBES),
    ProcessFault(name="a worker is blocked for ever", play=_blocked_worker, workers=2, arguments=_QUICKLY),
    ProcessFault(name="a worker is stopped (SIGSTOP)", play=_stopped_worker, workers=2, arguments=_QUICKLY),
    ProcessFault(
        name="SIGTERM while a worker is blocked",
        play=_blocked_at_the_end,
        workers=2,
        code=ExitCode.UNREACHABLE,
        left_up=1,
    ),
    ProcessFault(
        name="the parent is killed, a worker is blocked", play=_parent_killed, workers=2, code=None, left_up=1
    ),
)
