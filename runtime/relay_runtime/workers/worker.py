"""One worker process, as its parent sees it."""

from __future__ import annotations

import os
import signal
import socket as std_socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, Final

import gevent
import msgspec
from gevent import socket, subprocess

from relay_actors.kit import clock
from relay_actors.kit.timer import Timer
from relay_runtime.metrics import MetricSamples
from relay_runtime.workers.heartbeat import Heartbeat
from relay_runtime.workers.lifeline import DIED, GO, Errand
from relay_runtime.workers.policy import Policy
from relay_runtime.workers.tally import Tally, TallyFile

__all__ = ["Blueprint", "State", "Worker"]

_OF_THE_PARENT: Final = ("NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC")
_APART: Final = 0.2
"""Seconds between two signals: of two that are pending at the same time, a process sees one."""
_LONGEST_LINE: Final = 4 * 1024 * 1024


class State(Enum):
    """How far a worker has come. It only goes down this list."""

    STARTING = "starting"
    LOADED = "loaded"
    CONNECTING = "connecting"
    SERVING = "serving"
    DRAINING = "draining"
    DEAD = "dead"


class Blueprint(msgspec.Struct, frozen=True, kw_only=True):
    """What every worker is started with.

    Attributes:
        arguments: what follows the interpreter on the command line; holds no secret.
        settings: settings that go before all others; may hold secrets.
        contexts: the contexts of an app that names none.
        directory: where the workers' control sockets are.
    """

    arguments: tuple[str, ...]
    directory: Path
    settings: dict[str, str] = {}
    contexts: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Leave the settings out, which hold secrets."""
        return f"<Blueprint {' '.join(self.arguments)}>"

    @staticmethod
    def command(arguments: Sequence[str], *, bytecode: bool = True) -> tuple[str, ...]:
        """Return the arguments of an interpreter that runs the ``relay-runtime`` command.

        Args:
            arguments: what follows the command.
            bytecode: whether it may write compiled files. Python takes one for fresh when its source has changed within
                the same second and kept its size.
        """
        flags = ("-P",) if bytecode else ("-P", "-B")  # -P: a random.py in the current directory is not Python's
        return (*flags, "-m", "relay_runtime", *arguments)


def _environment(errand: Errand) -> dict[str, str]:
    """Return a worker's environment; the service manager is told by the parent alone."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_THE_PARENT}
    return {**kept, **errand.variable()}


def _line() -> tuple[Any, Any]:
    """Return the two ends of a line to a worker: the parent's, and the one to be passed on."""
    ours, theirs = std_socket.socketpair()
    return socket.socket(fileno=ours.detach()), theirs


class Worker:
    """A process that was started as a worker.

    Args:
        number: its place, from 1.
        serial: tells it from all others that the parent has started.
        blueprint: what it is started with.
        workers: how many places there are.
        tell: called with each event of its life: ``(worker, "loaded" | "ready" | "silent" | "overdue" | "died")``; must
            not block.
        policy: for how long it may be silent, and take to its end.

    Attributes:
        state: how far it has come.
        asked: whether it was told to end.
        began: when it was started, by the monotonic clock.
        ready_at: when it began to serve, or None.
        exit_code: its exit code, negative for a signal, or None while it lives.
        facts: what it said when it was loaded.
        final: what it said at its end.
        killed: why its parent has killed it, in words; or an empty string.
        silence: for how long it was silent, if that was too long, and where it stood, in words; or an empty string.
        buried: whether it is counted among those that have ended.
        seen_metrics: its metrics when it was asked last; all that is known of it when it is killed.
    """

    def __init__(
        self,
        number: int,
        serial: int,
        blueprint: Blueprint,
        workers: int,
        tell: Callable[[Worker, str], object],
        policy: Policy,
    ) -> None:
        self.number = number
        self.serial = serial
        self.control_socket = blueprint.directory / f"{serial}.sock"
        self.state = State.STARTING
        self.asked = 0
        self.began = clock.monotonic()
        self.ready_at: float | None = None
        self.exit_code: int | None = None
        self.facts: dict[str, Any] = {}
        self.final: dict[str, Any] = {}
        self.killed = self.silence = ""
        self.buried = False
        self.seen_metrics: list[MetricSamples] = []
        self._tell = tell
        self._killer = Timer()
        self._impatience = Timer()
        self._asked_at = 0.0
        self._next_signal = 0.0
        self._policy = policy
        self._heartbeat: Heartbeat | None = None
        self._process = self._start(blueprint, workers)
        self.pid: int = self._process.pid
        reader = gevent.spawn(self._read)
        reader.name = f"reader of worker {number}"
        gevent.spawn(self._wait, reader).name = f"watcher of worker {number}"

    @property
    def loaded(self) -> bool:
        """Whether it said that it has loaded the app."""
        return self.facts.get("said") == "loaded"

    @property
    def tally(self) -> Tally:
        """Its calls, as it wrote them down last."""
        return self._tally.read()

    @property
    def end(self) -> str:
        """How it has ended, in words."""
        code, loading = self.exit_code, "" if self.facts else " while it loaded the app"  # and could say nothing of it
        if code is None:
            return f"no exit code{loading}"
        killed = f", killed by its parent since {self.killed}" if self.killed else ""
        return f"exit code {code}{loading}" if code >= 0 else f"signal {-code}{loading}{killed}"

    def ends(self, within: float) -> bool:
        """Return whether its process ends within so many seconds. Blocks the current greenlet for as long at most."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(within)
        return self._process.returncode is not None

    def __repr__(self) -> str:
        return f"<Worker {self.number} pid={self.pid} {self.state.value}>"

    def _start(self, blueprint: Blueprint, workers: int) -> Any:
        self._tally = TallyFile(blueprint.directory)
        self._sock, theirs = _line()
        self._watchdog, watchdog = _line()
        with theirs, watchdog:
            errand = Errand(
                number=self.number,
                workers=workers,
                channel=theirs.fileno(),
                watchdog=watchdog.fileno(),
                tally=self._tally.fileno(),
                control_socket=str(self.control_socket),
                timeout=self._policy.timeout,
                kill_after=self._policy.kill_after,
                settings=blueprint.settings,
                contexts=blueprint.contexts,
            )
            try:
                return subprocess.Popen(
                    [sys.executable, *blueprint.arguments],
                    env=_environment(errand),
                    pass_fds=(errand.channel, errand.watchdog, errand.tally),
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C is for the parent, which tells the workers
                )
            except BaseException:
                self._close()
                raise

    def _close(self) -> None:
        self._tally.close()
        self._sock.close()
        self._watchdog.close()

    # What the parent says

    def let_serve(self) -> None:
        """Let it connect. Never blocks."""
        if self.state is State.LOADED:
            self.state = State.CONNECTING
            with suppress(OSError):  # it has died, and that is told
                self._sock.sendall(GO)

    def tell_of_death(self) -> None:
        """Have it take over the ledger of another worker, which has died. Never blocks."""
        with suppress(OSError):  # it has died too, and that is told
            self._sock.sendall(DIED)

    def stop(self, drain_timeout: float) -> None:
        """Have it drain; asked again, end at once. That it has not ended in time is told as "overdue". Never blocks."""
        if self.state is State.DEAD:
            return
        self.asked += 1
        now = clock.monotonic()
        self._asked_at = self._next_signal = max(now, self._next_signal + _APART)
        gevent.spawn_later(self._next_signal - now, self._signal, signal.SIGTERM)
        self.state = State.DRAINING
        if self.asked == 1:
            self._killer.call_after(drain_timeout + self._policy.kill_after, self._tell, self, "overdue")
        else:
            self._killer.call_after(self._policy.kill_after, self._tell, self, "overdue")
            self._impatience.call_after(self._policy.blocked_after, self._look_whether_it_is_blocked)

    def _look_whether_it_is_blocked(self) -> None:
        if self._heartbeat is None or self._heartbeat.went_round < self._asked_at:
            self._tell(self, "overdue")

    def kill(self, why: str) -> None:
        """End it without another word. Never blocks."""
        self.asked += 1
        self.killed = self.killed or why
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.exit_code is None:
            with suppress(ProcessLookupError):  # it has died, and that is told
                self._process.send_signal(number)

    # What it says

    def _read(self) -> None:
        rest = b""
        try:
            while data := self._sock.recv(65536):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._heard(msgspec.json.decode(line))
                if len(rest) > _LONGEST_LINE:
                    return
        except (OSError, msgspec.DecodeError):
            return  # its end is told by _wait

    def _heard(self, words: dict[str, Any]) -> None:
        match words["said"]:
            case "loaded":
                self.facts = words
                if self.state is State.STARTING:
                    self.state = State.LOADED
                    self._watch()
                    self._tell(self, "loaded")
            case "failed":
                self.facts = words
            case "ready":
                if self.state is State.CONNECTING:
                    self.state = State.SERVING
                    self.ready_at = clock.monotonic()
                    self._tell(self, "ready")
            case "over":
                self.final = words

    def _watch(self) -> None:
        """Watch its hub, which goes round from now on."""
        interrupt = partial(self._signal, signal.SIGQUIT)
        self._heartbeat = Heartbeat(self._watchdog, self._policy.timeout, interrupt, self._fell_silent)

    def _fell_silent(self, silence: str) -> None:
        self.silence = silence
        self._tell(self, "silent")

    def _wait(self, reader: Any) -> None:
        code = self._process.wait()
        if self._heartbeat is not None:
            self._heartbeat.stop()
        reader.join(1.0)  # its last words; somebody else may hold the other end open
        reader.kill()
        self._killer.cancel()
        self._impatience.cancel()
        self.exit_code = code
        self.state = State.DEAD
        self._close()
        self._tell(self, "died")
