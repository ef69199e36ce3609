"""Runs the plan: clients in turn, each in a fresh process against a fresh load server."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from benchmarks.deployment import Deployment
from benchmarks.plan import MAIN, OURS_PROCESS, SCENARIOS, Scenario
from benchmarks.processes import Client, Cores, LoadServer, RunFailed

Report = Callable[[str], None]


class Run(msgspec.Struct, frozen=True):
    """What one client did in one scenario of one round.

    Attributes:
        scenario: The scenario's name.
        client: The client's name.
        round: Counted from 0.
        startup: Import and connect times in seconds, the client's version, and whose loop of asyncio it runs in.
        figures: From a step's key to its figures; a step that failed is not in it.
        error: What ended the run early, or None.
        strays: Frames that the client sent in vain, and how many, by kind.
    """

    scenario: str
    client: str
    round: int
    startup: dict[str, Any]
    figures: dict[str, dict[str, Any]]
    error: str | None = None
    strays: dict[str, int] = {}


class Measurements:
    """The figures of many runs, to be looked up by client and name."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self.runs = list(runs)
        self._values: dict[tuple[str, str], dict[int, float]] = {}
        for run in self.runs:
            for name, value in _named_figures(run):
                self._values.setdefault((run.client, name), {})[run.round] = value

    def series(self, client: str, name: str) -> list[float | None]:
        """Return one figure a round, None where a round gave none.

        A client's figures of one name are one series, so the measurements should be those of one part.

        Args:
            client: Whose.
            name: A step's key, a dot, and the figure.
        """
        values = self._values.get((client, name), {})
        return [values.get(round_) for round_ in range(max(values, default=-1) + 1)]

    def part(self, name: str) -> "Measurements":
        """Return those of one part of the report; what is no longer in the plan belongs to the main one."""
        parts = {scenario.name: scenario.part for scenario in SCENARIOS}
        return Measurements(run for run in self.runs if parts.get(run.scenario, MAIN) == name)

    def errors(self) -> list[str]:
        """Return what went wrong, each thing once."""
        return list(dict.fromkeys(f"{run.client}, {run.scenario}: {run.error}" for run in self.runs if run.error))


def _named_figures(run: Run) -> Iterator[tuple[str, float]]:
    steps = {"start": run.startup} if run.scenario in {"calls", "asyncio-calls"} else {}
    for key, figures in {**steps, **run.figures}.items():
        for figure, value in figures.items():
            if isinstance(value, int | float):
                yield f"{key}.{figure}", value


def run_once(scenario: Scenario, client: str, round_: int, cores: Cores) -> Run:
    """Take one client through one scenario, in two processes of their own. Blocks until they are gone."""
    startup: dict[str, Any] = {}
    figures: dict[str, dict[str, Any]] = {}
    strays: dict[str, int] = {}
    try:
        with LoadServer(cores.server) as server, client_of(client, server.port, cores.client) as process:
            startup = process.startup
            server.ask("client", 5, pid=process.pid)
            for step in scenario.steps:
                if step.clients is None or client in step.clients:
                    answer = server.ask(step.do, step.limit_s, **step.options)
                    strays = answer.pop("strays")
                    figures[step.key] = answer
    except RunFailed as failure:
        return Run(scenario.name, client, round_, startup, figures, str(failure), strays)
    return Run(scenario.name, client, round_, startup, figures, strays=strays)


def client_of(name: str, port: int, core: int) -> Client | Deployment:
    """Start a client; it is a driver of `benchmarks.clients`, or a process of `relay-runtime start`."""
    return Deployment(port, (core,)) if name == OURS_PROCESS else Client(name, port, core)


def run_all(
    scenarios: Sequence[Scenario], clients: Sequence[str], rounds: int, cores: Cores, report: Report
) -> Measurements:
    """Run every scenario, round by round, with the clients in turn.

    Who goes first changes from round to round, so that nobody always has the machine as another left it.

    Args:
        scenarios: What to run.
        clients: Who may take part.
        rounds: How often, where a scenario does not say.
        cores: Where.
        report: Told what is about to run.
    """
    runs: list[Run] = []
    for scenario in scenarios:
        present = [client for client in scenario.clients if client in clients]
        broken: set[str] = set()
        for round_ in range(rounds if scenario.rounds is None else scenario.rounds):
            for client in rotated(present, round_):
                if client in broken:
                    continue
                report(f"{scenario.name}, round {round_ + 1}: {client}")
                runs.append(run_once(scenario, client, round_, cores))
                if not runs[-1].startup:
                    broken.add(client)
    return Measurements(runs)


def rotated(items: Sequence[str], by: int) -> list[str]:
    """Return the items, beginning with another one for each `by`."""
    start = by % len(items) if items else 0
    return [*items[start:], *items[:start]]
