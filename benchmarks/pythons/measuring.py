"""The clients on all Pythons at once, each up all the while: they take turns on one core."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from benchmarks.plan import OFFICIAL, OURS, OURS_HOOKS, throughput
from benchmarks.processes import Client, Cores, LoadServer, RunFailed
from benchmarks.suite import rotated

CLIENTS = (OURS, OURS_HOOKS, OFFICIAL)
TURN = throughput("throughput", 200, 0.5)
FIGURE = "cpu_us_per_call"


class Turns:
    """What was measured, and what failed.

    Attributes:
        figures: CPU time per call in µs, one a round or None, by Python and client.
        failures: Why a client on a Python gave no more figures, by both.
    """

    def __init__(self) -> None:
        self.figures: dict[tuple[str, str], list[float | None]] = {}
        self.failures: dict[tuple[str, str], str] = {}


def take_turns(pythons: Mapping[str, str], rounds: int, cores: Cores, report: Callable[[str], None]) -> Turns:
    """Have each client on each Python serve calls for half a second in turn, round by round. Blocks till all is done.

    Another Python goes first in each round, and on it another client; a client that fails takes no further part.

    Args:
        pythons: From the name of a Python to its program.
        rounds: How many turns each has.
        cores: Where.
        report: Told what is about to run.
    """
    turns = Turns()
    with ExitStack() as stack:
        servers: dict[tuple[str, str], LoadServer] = {}
        for name, program in pythons.items():
            for client in CLIENTS:
                report(f"Python {name}: starting {client}")
                turns.figures[name, client] = []
                try:
                    servers[name, client] = _start(stack, client, program, cores)
                except RunFailed as failure:
                    turns.failures[name, client] = str(failure)
        for round_ in range(rounds):
            for name, client in order(list(pythons), round_):
                report(f"round {round_ + 1}: Python {name}, {client}")
                turns.figures[name, client].append(_turn(servers, turns.failures, name, client))
    return turns


def order(names: Sequence[str], round_: int) -> list[tuple[str, str]]:
    """Return who takes a turn after whom in a round: the clients of one Python together, for a ratio of one moment."""
    return [(name, client) for name in rotated(names, round_) for client in rotated(CLIENTS, round_)]


def _start(stack: ExitStack, client: str, program: str, cores: Cores) -> LoadServer:
    server = stack.enter_context(LoadServer(cores.server))
    process = stack.enter_context(Client(client, server.port, cores.client, program))
    server.ask("client", 5, pid=process.pid)
    return server


def _turn(
    servers: dict[tuple[str, str], LoadServer], failures: dict[tuple[str, str], str], name: str, client: str
) -> float | None:
    if (name, client) in failures:
        return None
    try:
        answer = servers[name, client].ask(TURN.do, TURN.limit_s, **TURN.options)
    except RunFailed as failure:
        failures[name, client] = str(failure)
        return None
    return float(answer[FIGURE])
