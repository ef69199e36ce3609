"""A supervisor starts its children in order, starts again what ended, and gives up in time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import gevent
import pytest
from doubles.actors import Collector
from doubles.hub import LIMIT, active_watchers, turns, until
from doubles.started import Started

from relay_actors.kit.actor import Down, GreenletActor, GreenletRef
from relay_actors.kit.child import ActorStatus, Child, ChildSpec, Restart
from relay_actors.kit.restarts import Backoff, Intensity
from relay_actors.kit.supervisor import Change, Inspect, RestartIntensityReached, Strategy, Supervisor

DELAYED = Backoff(first=0.001, limit=0.002, healthy_after=LIMIT)


class Worker(GreenletActor):
    """Does what a test needs: crash, or refuse to stop."""

    def __init__(self, story: list[str], name: str, *, stubborn: bool = False) -> None:
        super().__init__()
        self._story = story
        self._name = name
        self._stubborn = stubborn

    def on_start(self) -> None:
        self._story.append(f"+{self._name}")

    def on_receive(self, message: Any) -> None:
        if isinstance(message, BaseException):
            raise message

    def on_stop(self) -> None:
        if self._stubborn:
            gevent.sleep(LIMIT)
        self._story.append(f"-{self._name}")

    def on_failure(self, *_: Any) -> None:
        self._story.append(f"!{self._name}")


class Team:
    """A supervisor of workers called a, b and c; ``story`` is what they lived through."""

    def __init__(self, started: Started, *, names: str = "abc", spec: dict[str, Any] | None = None, **how: Any) -> None:
        self.story: list[str] = []
        self.changes: list[Change] = []
        self.refs: dict[str, list[GreenletRef]] = {name: [] for name in names}
        children = tuple(ChildSpec(name=name, start=self.starter(name), **(spec or {})) for name in names)
        self.boss = started(Supervisor("team", children, observer=self.changes.append, chance=lambda: 0.5, **how))
        turns()

    def starter(self, name: str) -> Callable[[], GreenletRef]:
        def start() -> GreenletRef:
            ref: GreenletRef = Worker.start(self.story, name)
            self.refs[name].append(ref)
            return ref

        return start

    def ref(self, name: str) -> GreenletRef:
        return self.refs[name][-1]

    def starts(self, name: str) -> int:
        return len(self.refs[name])

    def look(self) -> dict[str, ActorStatus]:
        listed = self.boss.ref.request(Inspect()).get(timeout=LIMIT)
        return {status.name.removeprefix("team/"): status for status in listed}


# Start and stop


def test_children_start_in_order_and_stop_in_reverse(started: Started) -> None:
    team = Team(started)
    team.boss.ref.stop(block=False)
    assert team.boss.ref.join(LIMIT)
    assert team.story == ["+a", "+b", "+c", "-c", "-b", "-a"]


def test_a_child_that_does_not_stop_in_time_is_killed(started: Started, log_lines: list[str]) -> None:
    story: list[str] = []
    refs: list[GreenletRef] = []

    def start() -> GreenletRef:
        refs.append(Worker.start(story, "a", stubborn=True))
        return refs[0]

    boss = started(Supervisor("team", (ChildSpec(name="a", start=start, shutdown=0.01),)))
    turns()
    boss.ref.stop(block=False)
    assert boss.ref.join(LIMIT)
    assert refs[0].mailbox.closed
    assert any("a did not stop within 0.01 s and is killed" in line for line in log_lines)


def test_a_child_that_is_not_eager_waits_to_be_started(started: Started) -> None:
    team = Team(started, names="a", spec={"eager": False})
    assert team.starts("a") == 0
    assert team.look()["a"].state == "stopped"


def test_two_children_of_one_name_are_refused() -> None:
    spec = ChildSpec(name="a", start=Worker.start)
    with pytest.raises(ValueError, match="the children of team are a, a; accepted are names that differ"):
        Supervisor("team", (spec, spec))


def test_endless_restarts_without_a_delay_are_refused() -> None:
    with pytest.raises(ValueError, match="team has no restart intensity, so that each child needs a backoff"):
        Supervisor("team", (ChildSpec(name="a", start=Worker.start),), intensity=None)


# Restart


@pytest.mark.parametrize("death", ["crash", "stop", "kill", "kill the greenlet", "timeout", "exit"])
def test_every_death_of_a_child_is_noticed_that_of_an_idle_one_too(started: Started, death: str) -> None:
    team = Team(started)
    ref = team.ref("b")
    if death == "stop":
        ref.stop(block=False)
    elif death == "kill":
        ref.kill()
    elif death == "kill the greenlet":
        actor = ref.actor()
        assert actor is not None
        actor._loop_greenlet.kill(block=False)  # type: ignore[union-attr]
    else:
        errors = {"crash": ValueError("broken"), "timeout": gevent.Timeout(1), "exit": SystemExit(3)}
        ref.tell(errors[death])
    until(lambda: team.starts("b") == 2, "the restart")
    assert (team.starts("a"), team.starts("c")) == (1, 1)
    assert not team.ref("b").mailbox.closed


@pytest.mark.parametrize(
    ("strategy", "again"),
    [(Strategy.ONE_FOR_ONE, "b"), (Strategy.REST_FOR_ONE, "bc"), (Strategy.ONE_FOR_ALL, "abc")],
)
def test_the_strategy_says_who_is_started_again(started: Started, strategy: Strategy, again: str) -> None:
    team = Team(started, strategy=strategy)
    team.ref("b").tell(ValueError("broken"))
    until(lambda: team.starts("b") == 2)
    turns()
    assert "".join(name for name in "abc" if team.starts(name) == 2) == again
    others = [name for name in reversed(again) if name != "b"]
    assert team.story == ["+a", "+b", "+c", "!b", *(f"-{n}" for n in others), *(f"+{n}" for n in again)]


@pytest.mark.parametrize(
    ("restart", "after_a_stop", "after_a_crash"),
    [(Restart.PERMANENT, 2, 2), (Restart.TRANSIENT, 1, 2), (Restart.TEMPORARY, 1, 1)],
)
def test_the_kind_of_child_says_when_it_is_started_again(
    started: Started, restart: Restart, after_a_stop: int, after_a_crash: int
) -> None:
    team = Team(started, spec={"restart": restart})
    team.ref("a").stop(block=False)
    team.ref("b").tell(ValueError("broken"))
    turns()
    assert (team.starts("a"), team.starts("b")) == (after_a_stop, after_a_crash)
    assert team.look()["b"].last_error == "broken"


def test_with_a_backoff_the_restart_waits(started: Started) -> None:
    team = Team(started, spec={"backoff": Backoff(first=LIMIT, limit=LIMIT)})
    team.ref("a").tell(ValueError("broken"))
    turns()
    status = team.look()["a"]
    assert status.state == "waiting"
    assert status.next_try_in is not None
    assert 0 < status.next_try_in <= LIMIT
    assert team.starts("a") == 1


def test_a_child_that_could_not_be_started_is_tried_again(started: Started, log_lines: list[str]) -> None:
    tries: list[int] = []

    def start() -> GreenletRef:
        tries.append(1)
        if len(tries) < 3:
            raise OSError("no such thing")
        ref: GreenletRef = Collector.start()
        return ref

    boss = started(Supervisor("team", (ChildSpec(name="a", start=start, backoff=DELAYED),)))
    until(lambda: len(tries) == 3)
    turns()
    (status,) = boss.ref.request(Inspect()).get(timeout=LIMIT)
    assert (status.state, status.restarts_total) == ("running", 2)
    assert any("team/a could not be started" in line for line in log_lines)


def test_a_healthy_life_resets_the_count(started: Started) -> None:
    backoff = Backoff(first=0.001, limit=0.002, healthy_after=0.005)
    team = Team(started, names="a", spec={"backoff": backoff})
    team.ref("a").tell(ValueError("broken"))
    until(lambda: team.starts("a") == 2)
    assert team.look()["a"].restarts == 1
    until(lambda: team.look()["a"].restarts == 0, "the reset")
    assert team.look()["a"].restarts_total == 1


# Escalation


def test_a_subclass_says_whether_the_next_start_is_urgent(started: Started) -> None:
    class Pressed(Supervisor):
        def is_urgent(self, child: Child) -> bool:
            return child.spec.name == "a"

    backoff = Backoff(first=LIMIT, limit=LIMIT, limit_urgent=0.001, healthy_after=LIMIT)
    made: list[str] = []

    def start(name: str) -> GreenletRef:
        made.append(name)
        return started(Collector()).ref

    specs = tuple(ChildSpec(name=name, start=partial(start, name), backoff=backoff) for name in ("a", "b"))
    boss = Pressed("team", specs, chance=lambda: 1.0)
    started(boss)
    turns()
    for name in ("b", "a"):
        boss.child(name).ref.kill()
    until(lambda: made == ["a", "b", "a"])


@pytest.mark.parametrize("backoff", [None, DELAYED])
def test_too_many_restarts_end_the_supervisor_and_its_children(started: Started, backoff: Backoff | None) -> None:
    before = active_watchers()
    team = Team(started, intensity=Intensity(3, LIMIT), spec={"backoff": backoff})
    watcher = started(Collector())
    team.boss.ref.monitor(watcher.ref)
    for count in range(1, 5):
        until(lambda count=count: team.starts("b") == count)
        team.ref("b").tell(ValueError(f"broken {count}"))
    (down,) = until(lambda: watcher.of(Down), "the end of the supervisor")
    assert isinstance(down.reason, RestartIntensityReached)
    assert str(down.reason) == "the children of team ended too often; the last was b: broken 4"
    assert all(ref.mailbox.closed for refs in team.refs.values() for ref in refs)
    assert team.story[-2:] == ["-c", "-a"]
    assert (team.changes[-1].state, team.changes[-1].error) == ("failed", down.reason)
    assert all(change.error is None for change in team.changes[:-1])
    assert active_watchers() == before


def test_a_supervisor_of_supervisors_takes_the_escalation(started: Started) -> None:
    inner: list[GreenletRef] = []
    workers: list[GreenletRef] = []

    def start_worker() -> GreenletRef:
        workers.append(Worker.start([], "a"))
        return workers[-1]

    def start_team() -> GreenletRef:
        child = ChildSpec(name="a", start=start_worker)
        inner.append(Supervisor.start("team", (child,), intensity=Intensity(0, 1.0)))
        return inner[-1]

    started(Supervisor("top", (ChildSpec(name="team", start=start_team),)))
    until(lambda: workers)
    workers[0].tell(ValueError("broken"))
    until(lambda: len(inner) == 2 and len(workers) == 2, "the restart of the inner tree")
    assert inner[0].mailbox.closed


# Observers


def test_observers_are_told_of_each_change(started: Started) -> None:
    team = Team(started, names="a")
    team.ref("a").tell(ValueError("broken"))
    until(lambda: team.starts("a") == 2)
    turns()
    told = [(change.child, change.state, change.restarts) for change in team.changes]
    assert told == [("a", "running", 0), ("a", "waiting", 1), ("a", "running", 1)]
    assert team.changes[1].detail == "broken; next start in 0.00 s"


def test_an_observer_that_fails_ends_nothing(started: Started, log_lines: list[str]) -> None:
    team = Team(started, names="a")
    team.boss._observer = lambda _: 1 / 0
    team.ref("a").tell(ValueError("broken"))
    until(lambda: team.starts("a") == 2)
    assert not team.boss.ref.mailbox.closed
    assert any("an observer of team failed" in line for line in log_lines)


def test_a_child_that_is_terminated_is_not_started_again(started: Started) -> None:
    team = Team(started, names="a")
    team.boss.terminate_child("a")
    turns()
    assert team.starts("a") == 1
    assert team.look()["a"].state == "stopped"
    team.boss.start_child("a")
    assert team.starts("a") == 2
