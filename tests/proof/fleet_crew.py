"""The processes of the fleet's proof: two of one host, one of another, which reach each other by the engine alone."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

from engine_server import EngineServer
from gevent import subprocess

from proof.fleet_owners import Owners
from proof.orphans_crew import until
from proof.started import end_group, start
from relay_runtime.fleet.engine import EngineError
from relay_runtime.fleet.redis_engine import ROOT, RedisEngine
from relay_runtime.sandbox import Sandbox
from relay_runtime.settings.engine_address import parse_address

__all__ = ["ALONE", "PAIR", "FleetCrew", "Process"]

PAIR, ALONE = "alpha", "beta"
"""The host that has two processes, and the one that has one."""
_HOSTS: Final = (PAIR, PAIR, ALONE)
_TESTS: Final = Path(__file__).parents[1]
_APP: Final = str(Path(__file__).with_name("fleet_app.py"))


class Process:
    """One process.

    Args:
        host: what its host is called.
        process: its handle.

    Attributes:
        host: see above.
        pid: its id.
        died: when it was killed, in monotonic seconds, or None.
        stops: from when to when it was stopped.
    """

    def __init__(self, host: str, process: subprocess.Popen[bytes]) -> None:
        self.host = host
        self.handle = process
        self.pid: int = process.pid
        self.died: float | None = None
        self.stops: list[tuple[float, float]] = []

    def __repr__(self) -> str:
        stops = "".join(f", stopped {begin:.3f} to {end:.3f}" for begin, end in self.stops)
        return f"<{self.pid} of {self.host}{'' if self.died is None else f', killed {self.died:.3f}'}{stops}>"

    def kill(self) -> float:
        """Kill it; return when that was, in monotonic seconds."""
        self.died = time.monotonic()
        os.kill(self.pid, signal.SIGKILL)
        self.handle.wait()
        return self.died

    def stop(self) -> None:
        """Have it stand still."""
        self.stops.append((time.monotonic(), float("inf")))
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Have it go on."""
        os.kill(self.pid, signal.SIGCONT)
        self.stops[-1] = (self.stops[-1][0], time.monotonic())

    def may_be_displaced(self, when: float, lease: float) -> bool:
        """Return whether others could hold it for dead at that time: it was, or showed nothing for as long as a lease.

        It shows itself five times in a lease: by the time that it was stopped, a fifth of the lease may have passed.
        """
        if self.died is not None and self.died <= when:
            return True
        return any(begin + 0.78 * lease <= min(end, when) and when <= end + lease for begin, end in self.stops)


class FleetCrew:
    """Processes in folders of their hosts; use it as a context manager, which ends them.

    Args:
        sandbox: where they log in.
        engine: how they see each other.
        owners: who has which session.
        chance: chooses a process.
        lease: seconds for which one may show nothing of it.
        talk: seconds of a script within which callers press a key.
    """

    def __init__(
        self, sandbox: Sandbox, engine: EngineServer, owners: Owners, chance: random.Random, lease: float, talk: float
    ) -> None:
        self.chance = chance
        self.lease = lease
        self._talk = talk
        self.started: list[Process] = []
        self._sandbox = sandbox
        self._server = engine
        self._owners = owners
        self._engine = RedisEngine(parse_address(engine.url))
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="rr-")))
        self._log = self._stack.enter_context((self._folder / "log").open("ab"))
        for host in set(_HOSTS):
            (self._folder / host).mkdir(mode=0o700)
        self.complete()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.started:
            end_group(process.handle)
        self._engine.close()
        self._stack.close()

    # Who there is

    @property
    def log(self) -> str:
        """What the processes have logged."""
        return (self._folder / "log").read_text(errors="replace")

    @property
    def alive(self) -> list[Process]:
        """Those that were not killed."""
        return [each for each in self.started if each.died is None]

    def everybody(self) -> list[int]:
        """Return the process ids of those that run."""
        return [each.pid for each in self.alive]

    def one(self, host: str = "") -> Process:
        """Return one of them, by chance."""
        return self.chance.choice([each for each in self.alive if host in ("", each.host)])

    def of(self, pid: int) -> Process:
        """Return the process of an id."""
        return next(each for each in reversed(self.started) if each.pid == pid)

    # How they begin

    def complete(self) -> None:
        """Start what is missing, and wait until all serve calls and the engine knows of it all."""
        for host in set(_HOSTS):
            for _ in range(_HOSTS.count(host) - sum(each.host == host for each in self.alive)):
                self.start(host)
        until(self._serve, lambda: f"not all serve calls:\n{self.log[-3000:]}")
        until(self.is_whole, lambda: f"the fleet is not whole:\n{self.log[-3000:]}")

    def start(self, host: str) -> Process:
        """Start a process of a host. Never blocks for long."""
        paths = [str(_TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
        environ = {
            "PYTHONPATH": os.pathsep.join(paths),
            "FOLDER": str(self._folder / host),
            "ENGINE": self._server.url,
            "HOST": host,
            "LEASE": str(self.lease),
            "TALK": str(self._talk),
        }
        process = Process(
            host, start(self._sandbox, self._folder, [], stderr=self._log, environ=environ, program=[_APP])
        )
        self.started.append(process)
        return process

    def _serve(self) -> bool:
        live = [each for each in self._sandbox.sessions() if each.peer is not None and each.contexts]
        return {self._owners.owner(each) for each in live if self._owners.has_one(each)} == set(self.everybody())

    def is_whole(self) -> bool:
        """Return whether the engine knows all processes and all calls that are served. Blocks for a moment."""
        served = {
            call.call_id
            for session in self._sandbox.sessions()
            for call in session.calls.values()
            if call.state == "answered"
        }
        try:
            members = {each.pid for each, _ in self._engine.members()}
            calls = {each.decode() for each in self._engine.line.call("HKEYS", ROOT + "calls")}
        except EngineError:
            return False
        still = {call_id for call_id in served if call_id in self._sandbox.exchange.calls}
        return members == set(self.everybody()) and still <= calls

    # How they were

    def lags(self, begin: float, end: float) -> list[float]:
        """Return how late hubs were between two times: those of processes that neither stood still nor died then."""
        found = []
        for process in self.alive:
            if any(begin < until and since < end for since, until in process.stops):
                continue
            path = self._folder / f"lag-{process.pid}"
            lines: list[Any] = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
            found += [float(lag) for when, lag in lines if begin <= float(when) <= end + 0.1]
        return found
