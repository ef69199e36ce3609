"""One worker process, as its parent sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles.hub import until
from doubles.worker_process import DEAF, FOREVER, SERVES, SILENT

from relay_runtime.workers.policy import Policy
from relay_runtime.workers.tally import Tally
from relay_runtime.workers.worker import Blueprint, State, Worker

LIMIT = 60.0  # seconds for a process


class Life:
    """A worker and what was told of it.

    Attributes:
        worker: the worker.
        told: the events of its life.
    """

    def __init__(self, program: str, directory: Path, policy: Policy = Policy()) -> None:  # noqa: B008 - frozen
        self.told: list[str] = []
        blueprint = Blueprint(arguments=("-c", program), directory=directory)
        self.worker = Worker(2, 7, blueprint, 3, lambda _, what: self.told.append(what), policy)

    def comes_to(self, *events: str) -> None:
        until(lambda: self.told == list(events), f"{', '.join(events)} (it was {', '.join(self.told)})", LIMIT)


@pytest.fixture
def lives() -> Iterator[list[Life]]:
    lives: list[Life] = []
    yield lives
    for life in lives:
        life.worker.kill("the test is over")
        until(lambda life=life: life.worker.state is State.DEAD, "the end of a process", LIMIT)


@pytest.fixture
def serving(tmp_path: Path, lives: list[Life]) -> Life:
    lives.append(life := Life(SERVES + FOREVER, tmp_path))
    life.comes_to("loaded")
    life.worker.let_serve()
    life.comes_to("loaded", "ready")
    return life


@pytest.mark.slow
def test_whether_its_process_ends_is_known_before_its_end_is_dealt_with(serving: Life) -> None:
    worker = serving.worker
    assert not worker.ends(0)
    worker.kill("of the test")
    assert worker.ends(LIMIT)


@pytest.mark.slow
def test_it_comes_from_its_start_to_its_end(serving: Life) -> None:
    worker = serving.worker
    assert (worker.state, worker.facts["drain_timeout"]) == (State.SERVING, 0.1)
    worker.stop(drain_timeout=LIMIT)
    assert worker.state is State.DRAINING
    serving.comes_to("loaded", "ready", "died")
    assert (worker.state, worker.exit_code) == (State.DEAD, 0)
    assert worker.final["metrics"][0]["name"] == "relay_calls_offered"


@pytest.mark.slow
def test_it_serves_only_when_it_is_let_to(tmp_path: Path, lives: list[Life]) -> None:
    lives.append(life := Life(SERVES + FOREVER, tmp_path))
    life.worker.let_serve()  # too early: it has not loaded the app
    life.comes_to("loaded")
    assert life.worker.state is State.LOADED
    life.worker.let_serve()
    assert life.worker.state is State.CONNECTING
    life.comes_to("loaded", "ready")


@pytest.mark.slow
def test_that_one_has_not_ended_in_time_is_told(tmp_path: Path, lives: list[Life]) -> None:
    lives.append(life := Life(DEAF + FOREVER, tmp_path, Policy(kill_after=0.0)))
    life.comes_to("loaded")
    life.worker.stop(drain_timeout=0.0)
    life.comes_to("loaded", "overdue")
    life.worker.kill("it had not ended in time")
    life.comes_to("loaded", "overdue", "died")
    assert life.worker.end == "signal 9, killed by its parent since it had not ended in time"


def asked_twice(program: str, tmp_path: Path, lives: list[Life], blocked_after: float) -> Life:
    policy = Policy(kill_after=LIMIT, blocked_after=blocked_after, timeout=0.0)
    lives.append(life := Life(program + FOREVER, tmp_path, policy))
    life.comes_to("loaded")
    for _ in range(2):
        life.worker.stop(drain_timeout=LIMIT)
    return life


@pytest.mark.slow
def test_one_that_is_to_end_at_once_and_is_blocked_is_overdue_soon(tmp_path: Path, lives: list[Life]) -> None:
    deaf = SILENT.replace("SIGTERM, end", "SIGTERM, signal.SIG_IGN")
    asked_twice(deaf, tmp_path, lives, blocked_after=0.3).comes_to("loaded", "overdue")


@pytest.mark.slow
def test_one_that_is_to_end_at_once_and_is_not_blocked_gets_its_time(tmp_path: Path, lives: list[Life]) -> None:
    life = asked_twice(DEAF, tmp_path, lives, blocked_after=LIMIT)
    heartbeat = life.worker._heartbeat
    assert heartbeat is not None
    until(lambda: heartbeat.went_round > life.worker._asked_at, "an answer", LIMIT)
    life.worker._look_whether_it_is_blocked()
    assert life.told == ["loaded"]


@pytest.mark.slow
def test_what_it_wrote_down_of_its_calls_outlives_it(tmp_path: Path, lives: list[Life]) -> None:
    lives.append(life := Life(SERVES.replace('say("loaded"', 'count(2, "a", "b"); say("loaded"') + FOREVER, tmp_path))
    assert life.worker.tally == Tally()
    life.comes_to("loaded")
    assert life.worker.tally == Tally(up=2, named=("a", "b"))
    life.worker.kill("of the test")
    life.comes_to("loaded", "died")
    assert life.worker.tally == Tally(up=2, named=("a", "b"))


@pytest.mark.slow
def test_one_that_is_killed_says_no_word(serving: Life) -> None:
    serving.worker.kill("of the test")
    serving.comes_to("loaded", "ready", "died")
    assert (serving.worker.exit_code, serving.worker.final) == (-9, {})


@pytest.mark.slow
def test_one_that_gives_no_sign_of_life_is_told_of_from_when_it_has_loaded_the_app(
    tmp_path: Path, lives: list[Life]
) -> None:
    lives.append(life := Life(SILENT + FOREVER, tmp_path, Policy(timeout=0.2)))
    life.comes_to("loaded", "silent")
    assert "no thread of it answers where it stands" in life.worker.silence
    life.worker.kill("the test is over")
    life.comes_to("loaded", "silent", "died")
    assert life.worker.end == "signal 9, killed by its parent since the test is over"


def test_what_is_no_word_of_a_worker_ends_nothing_but_the_listening(tmp_path: Path, lives: list[Life]) -> None:
    lives.append(life := Life(SERVES.replace('say("loaded"', 'line.sendall(b"{\\n"); say("loaded"'), tmp_path))
    until(lambda: life.worker.state is State.STARTING)
    life.worker.stop(drain_timeout=LIMIT)
    life.comes_to("died")


@pytest.mark.slow
def test_the_service_manager_is_told_by_the_parent_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lives: list[Life]
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "@somewhere")
    monkeypatch.setenv("WATCHDOG_USEC", "1000")
    monkeypatch.setenv("SOMETHING_ELSE", "kept")
    tells = 'say("loaded", names=sorted(os.environ))\n'
    lives.append(life := Life(SERVES.replace('say("loaded", drain_timeout=0.1)\n', tells) + FOREVER, tmp_path))
    life.comes_to("loaded")
    assert "SOMETHING_ELSE" in life.worker.facts["names"]
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC"} & set(life.worker.facts["names"])


def test_a_blueprint_shows_no_secret() -> None:
    assert "PT-secret" not in repr(Blueprint(arguments=("a",), directory=Path(), settings={"token": "PT-secret"}))


@pytest.mark.parametrize(("bytecode", "flags"), [(True, ("-P",)), (False, ("-P", "-B"))])
def test_arguments_run_the_command_of_this_interpreter_and_not_of_the_current_directory(
    bytecode: bool, flags: tuple[str, ...]
) -> None:
    assert Blueprint.command(["start", "app"], bytecode=bytecode) == (*flags, "-m", "relay_runtime", "start", "app")


@pytest.mark.slow
def test_it_is_told_of_the_death_of_another_one_and_its_own_is_no_trouble(serving: Life) -> None:
    serving.worker.tell_of_death()
    assert serving.worker.state is State.SERVING
    serving.worker.kill("of the test")
    serving.comes_to("loaded", "ready", "died")
    serving.worker.tell_of_death()


HEARS = (
    SERVES
    + """
import pathlib
while heard := line.recv(64):
    with pathlib.Path("heard").open("ab") as told:
        told.write(b"%d " % errand["number"] + heard)
"""
)
"""Writes down what its parent says while it serves."""


@pytest.mark.slow
def test_while_it_serves_it_is_told_of_the_death_of_another_one(
    tmp_path: Path, lives: list[Life], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lives.append(life := Life(HEARS, tmp_path))
    life.comes_to("loaded")
    life.worker.let_serve()
    life.comes_to("loaded", "ready")
    life.worker.tell_of_death()
    heard = tmp_path / "heard"
    until(lambda: heard.exists() and heard.read_bytes().endswith(b" died\n"), "the word of it", LIMIT)
