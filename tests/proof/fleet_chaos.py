"""The proof of the fleet: processes are killed and stopped, and so is the engine, while calls are under way.

SEED=1 ROUNDS=50 python -m proof.fleet_chaos    run, print the figures, write them to docs/reliability.md
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import gevent
from engine_server import EngineServer
from loguru import logger

from proof import document
from proof.fleet_crew import ALONE, PAIR, FleetCrew
from proof.fleet_figures import Figures, report
from proof.fleet_owners import Owners
from proof.orphans import watch
from proof.orphans_crew import LIMIT, until
from proof.orphans_judge import ENDS, Judge, Witness
from relay_runtime.sandbox import Caller, Run, Sandbox

__all__ = ["KINDS", "Pace", "play"]

_LINES: Final = 150  # calls that may be up at once
_SCALE: Final = 0.05  # real seconds of a second of a script
_AFTER: Final = 1.0  # seconds behind a round in which what came of it may show


@dataclass(frozen=True)
class Pace:
    """How much happens, and how fast.

    Attributes:
        offers: inbound calls a second.
        talk: seconds of a script for which a caller says nothing, at most; one is 50 ms.
        lease: seconds for which a process that lives may show nothing of it.
        alone: seconds for which a call may be alone behind a death that is seen, beyond what the machine is late.
        outage: seconds for which the engine is away, at most.
    """

    offers: float = 20.0
    talk: float = 150.0
    lease: float = 2.5
    alone: float = 1.0
    outage: float = 5.0


class Callers:
    """People who call, as many a second as asked for, and each of whom is to be served to the end.

    Args:
        sandbox: whom they call.
        chance: what they do, and when.
        pace: how many.
    """

    def __init__(self, sandbox: Sandbox, chance: random.Random, pace: Pace) -> None:
        self._sandbox = sandbox
        self._chance = chance
        self._pace = pace
        self._runs: list[Run] = []
        self.placed = 0
        self._calling = gevent.spawn(self._call)

    def _call(self) -> None:
        while True:
            gevent.sleep(self._chance.expovariate(self._pace.offers))
            if self._sandbox.counters.calls_up < _LINES:
                self.call()

    def call(self) -> Run:
        """Let one call."""
        self.placed += 1
        number = f"+1555{self._chance.randrange(10**7):07d}"
        caller = Caller(number).dials("office", patience=LIMIT / _SCALE).hears("Press 1", LIMIT / _SCALE)
        caller = caller.waits(self._chance.uniform(5, self._pace.talk)).presses("1").hears("goodbye", LIMIT / _SCALE)
        run = self._sandbox.place(caller.waits_for_hangup(LIMIT / _SCALE))
        self._runs.append(run)
        return run

    def lost(self) -> list[Run]:
        """Return those who were not served to the end, as far as is known now; each once."""
        over = [run for run in self._runs if run.outcome is not None]
        self._runs = [run for run in self._runs if run.outcome is None]
        return [run for run in over if run.outcome and not (run.outcome.ok and run.outcome.answered)]

    def end(self) -> None:
        """Let nobody call any more, and wait for those who are on the line."""
        self._calling.kill()
        until(
            lambda: self._sandbox.counters.calls_up == 0,
            lambda: f"somebody is on the line still: {list(self._sandbox.exchange.calls.values())}",
        )


class Scene:
    """Where rounds are played.

    Args:
        sandbox: who calls.
        engine: how the processes see each other.
        crew: the processes.
        owners: who has which session.
        witness: who saw what was asked for calls.
        pace: how much happens.

    Attributes:
        figures: of the round that is played.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        engine: EngineServer,
        crew: FleetCrew,
        owners: Owners,
        witness: Witness,
        pace: Pace,
    ) -> None:
        self.sandbox = sandbox
        self.engine = engine
        self.crew = crew
        self.chance = crew.chance
        self.callers = Callers(sandbox, crew.chance, pace)
        self.pace = pace
        self.figures = Figures()
        self._owners = owners
        self._witness = witness
        self._changes = 0
        self._late = 0

    def play(self, name: str, figures: Figures) -> None:
        """Play one round, and note what came of it."""
        self.crew.complete()
        gevent.sleep(self.chance.uniform(0.8, 2.0))  # by then each has seen that the others are connected
        self.figures = figures
        figures.rounds += 1
        placed, up = self.callers.placed, self.sandbox.counters.calls_up
        KINDS[name](self)
        gevent.sleep(_AFTER)
        figures.calls += up + self.callers.placed - placed
        self.settle(name)

    def settle(self, name: str) -> None:
        """Note which laws were broken since the last time."""
        for run in self.callers.lost():
            self.figures.lost += 1
            logger.error("{}: a caller was lost: {}", name, run.outcome)
        changes = sorted(self._owners.changes())
        for when, former, process in changes[self._changes :]:
            if not self.crew.of(former).may_be_displaced(when, self.crew.lease):
                self.figures.unfounded += 1
                logger.error(
                    "{}: {:.3f}: {} has taken from {}", name, when, self.crew.of(process), self.crew.of(former)
                )
        self._changes = len(changes)
        late = self._owners.late[self._late :]
        if late:
            logger.error("{}: came from those that were displaced: {}", name, late)
        if late or self.figures.unfounded:
            logger.error("all changes: {}", [(f"{when:.3f}", a, b) for when, a, b in changes])
        self.figures.late += len(late)
        self._late += len(late)

    # What rounds are made of

    def kill(self, host: str = "", *, again: bool = False) -> None:
        """Kill a process of a host, or of any, and see what becomes of its calls.

        Args:
            host: see above.
            again: whether another is started at once in its place, from whose login on nobody may be alone.
        """
        judge = Judge(self.sandbox, self._witness)
        victim = self.crew.one(host)
        killed: float | None = victim.kill()
        if again:
            self.crew.start(victim.host)
            killed = None
        lag = watch(self.sandbox, self.crew, judge, killed, self.pace.alone)
        judged = judge.judged()
        longest = max((fate.longest for fate in judged), default=0.0)
        self.figures.judged += len(judged)
        self.figures.alone.append((longest, lag))
        orphans = sum(fate.longest - lag > self.pace.alone or judge.end_of(fate) == ENDS[-1] for fate in judged)
        self.figures.orphans += orphans
        if orphans:
            logger.error("{} orphans: alone for {:.3f} s, of which the machine's lag {:.3f} s", orphans, longest, lag)

    def stand_still(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Stop a process for longer than the lease, and have it go on."""
        victim = self.crew.one()
        began, seen = time.monotonic(), len(list(self._owners.changes()))
        victim.stop()
        meanwhile()
        gevent.sleep(max(0.0, began + self.crew.lease + self.chance.uniform(0.0, 3.0) - time.monotonic()))
        victim.go_on()
        gevent.sleep(_AFTER)
        new = sorted(self._owners.changes())[seen:]
        self.figures.taken += [when - began for when, former, _ in new if former == victim.pid]

    def away(self, meanwhile: Callable[[], object]) -> None:
        """See how late hubs are while something is done without the engine."""
        began = time.monotonic()
        meanwhile()
        self.figures.lags.append(max(self.crew.lags(began, time.monotonic()), default=0.0))

    def see_whole(self) -> None:
        """See how long it takes until the engine knows all again."""
        began = time.monotonic()
        until(self.crew.is_whole, lambda: f"the engine does not know all again:\n{self.crew.log[-3000:]}")
        self.figures.whole.append(time.monotonic() - began)

    def wait(self, least: float, most: float) -> None:
        """Wait for some seconds."""
        gevent.sleep(self.chance.uniform(least, most))


# The kinds of rounds


def _kill(scene: Scene) -> None:
    scene.kill()


def _kill_across(scene: Scene) -> None:
    scene.kill(ALONE)


def _stand_still(scene: Scene) -> None:
    scene.stand_still()


def _engine_stopped(scene: Scene) -> None:
    scene.engine.stop()
    scene.away(lambda: scene.wait(0.0, scene.pace.outage))
    scene.engine.go_on()
    scene.see_whole()


def _engine_slow(scene: Scene) -> None:
    def stutter() -> None:
        for _ in range(10):
            scene.engine.stop()
            scene.wait(0.1, 0.6)
            scene.engine.go_on()
            scene.wait(0.02, 0.2)

    scene.away(stutter)
    scene.see_whole()


def _engine_restarted(scene: Scene) -> None:
    scene.engine.kill()
    scene.away(lambda: scene.wait(0.0, scene.pace.outage))
    scene.engine.start()
    scene.see_whole()


def _restarted_then_kill(scene: Scene) -> None:
    _engine_restarted(scene)
    scene.wait(0.8, 1.5)
    scene.kill(ALONE)


def _kill_without_engine(scene: Scene) -> None:
    scene.engine.stop()
    scene.wait(0.0, 2.0)
    scene.kill(PAIR)
    scene.engine.go_on()


def _kill_the_only_one_without_engine(scene: Scene) -> None:
    scene.engine.kill()
    scene.wait(0.0, 2.0)
    scene.kill(ALONE, again=True)
    scene.engine.start()


def _stand_still_without_engine(scene: Scene) -> None:
    def restart() -> None:
        scene.wait(0.0, 1.5 * scene.crew.lease)
        scene.engine.restart()

    scene.stand_still(restart)


KINDS: Final[dict[str, Callable[[Scene], None]]] = {
    "a process is killed": _kill,
    "the only process of a host is killed": _kill_across,
    "a process stands still": _stand_still,
    "the engine stands still": _engine_stopped,
    "the engine is slow": _engine_slow,
    "the engine is killed, and begins empty": _engine_restarted,
    "so it does, and the only process of a host is killed": _restarted_then_kill,
    "the engine stands still, and one of two processes is killed": _kill_without_engine,
    "the engine is killed, and the only process of a host, which is started again": _kill_the_only_one_without_engine,
    "a process stands still, and the engine begins empty meanwhile": _stand_still_without_engine,
}
"""What happens in a round."""


def play(
    seed: int,
    rounds: int,
    kinds: Iterable[str] = tuple(KINDS),
    pace: Pace = Pace(),
) -> dict[str, Figures]:
    """Play rounds, the kinds in turn. Blocks the current greenlet for about ten seconds a round.

    Args:
        seed: seeds all that is by chance, but for what the machine does.
        rounds: how many.
        kinds: some of `KINDS`.
        pace: how much happens.
    """
    chance = random.Random(seed)
    names = list(kinds)
    order = [names[number % len(names)] for number in range(rounds)]
    chance.shuffle(order)
    figures = {name: Figures() for name in names}
    owners, witness = Owners(), Witness()
    options = {"control_port": None, "ping_interval": None, "resume_window": LIMIT}
    with (
        EngineServer() as engine,
        witness.watching(),
        owners.watching(),
        Sandbox(time_scale=_SCALE, seed=7, **options) as sandbox,
        FleetCrew(sandbox, engine, owners, chance, pace.lease, pace.talk) as crew,
    ):
        scene = Scene(sandbox, engine, crew, owners, witness, pace)
        for name in order:
            scene.play(name, figures[name])
        scene.callers.end()
        scene.settle("at the end")
    return figures


def main() -> int:
    """Run with SEED and ROUNDS of the environment; the exit code is 1 when a law was broken."""
    logger.remove()
    logger.add(sys.stderr, level="ERROR", format="{message}", filter="proof")
    seed, rounds = int(os.environ.get("SEED", "1")), int(os.environ.get("ROUNDS", "50"))
    figures = play(seed, rounds)
    text = f"Seed {seed}: {report(figures)}"
    print(text)
    document.write("fleet-chaos", f"    $ make fleet-chaos SEED={seed} ROUNDS={rounds}\n\n{text}")
    return 1 if any(each.broken for each in figures.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
