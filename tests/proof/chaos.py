"""The chaos run: hundreds of calls at once, inbound and outbound, and messages, under a storm of faults.

SEED=7 SECONDS=180 python -m proof.chaos     run, print the figures, write them to docs/reliability.md
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import gevent
from gevent import subprocess
from loguru import logger

from proof import document
from proof.chaos_calls import Books, Chaotic, Diallers
from proof.leaks import census, left_over
from proof.nuisances import look_on
from relay_actors.timing import Timing
from relay_runtime import RelayClient

__all__ = ["Figures", "play"]

TIMING = Timing(
    request_timeout=2.0,
    connect_timeout=1.0,
    probe_idle=0.5,
    probe_timeout=0.5,
    backoff_first=0.02,
    backoff_limit=0.3,
    healthy_after=1.0,
    call_linger=1.0,
    dial_timeout=6.0,
    early_ttl=2.0,
    message_ttl=10.0,
    close_timeout=0.5,
    stop_timeout=2.0,
)
_SAMPLES = 400
_WARM_UP = 110.0  # seconds in which the client's memory of its last 10,000 calls fills; half of a run that is short
_GROWTH = 1.10  # memory of the last tenth, as a multiple of that of the first
_SLACK = 8.0  # MiB that a short run may grow beyond: its caches are not full
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Figures:
    """What came of a run.

    Attributes:
        seed, seconds: what was asked for.
        lines: the figures, as they are printed.
        mistakes: what does not hold; empty when all does.
    """

    seed: int
    seconds: float
    lines: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


class Server:
    """The sandbox of the run, in a process of its own."""

    def __init__(self, **options: Any) -> None:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "proof.chaos_server", json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self.address = self._answer()

    def _answer(self) -> Any:
        with gevent.Timeout(60, TimeoutError("the server of the chaos run does not answer")):
            return json.loads(self._process.stdout.readline())

    def asks(self, command: str) -> Any:
        self._process.stdin.write(f"{command}\n".encode())
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def play(seed: int, seconds: float, *, calls: float = 100.0, every: float = 1.0, dialling: int = 40) -> Figures:
    """Play a run and check what must hold. Blocks the current greenlet for ``seconds`` and some more.

    Args:
        seed: seeds all that is by chance.
        seconds: how long the storm blows.
        calls: inbound calls a second.
        every: seconds between two faults of the storm; as many single requests and events are harmed.
        dialling: greenlets that dial, one call after another.
    """
    figures = Figures(seed, seconds)
    server = Server(seed=seed, calls=calls, every=every)
    try:
        before = census()
        _play(figures, server, dialling)
        figures.mistakes += [f"left over: {each}" for each in left_over(before)]
    finally:
        server.end()
    return figures


def _play(figures: Figures, server: Server, dialling: int) -> None:
    books = Books(figures.seed)
    client = RelayClient(
        project=server.address["project"],
        token=server.address["token"],
        host=server.address["url"],
        contexts=["office"],
        max_active_calls=5000,
        call_actor=partial(Chaotic, books=books),
        timing=TIMING,
    )
    client.on_message(lambda message: None)
    look_on(client)
    books.lag.start()
    with client:
        server.asks("begin")
        diallers = Diallers(client, books, dialling=dialling, texting=dialling // 4)
        memory = _watch(figures.seconds)
        figures.mistakes += diallers.end()
        server_books = server.asks("calm")
        _settle(books, client)
        if server.asks("call") != "answered":
            figures.mistakes.append("no caller was served when the storm was over")
        _settle(books, client)
    books.lag.stop()
    _judge(figures, books, client, server_books)
    _judge_memory(figures, memory)
    _describe(figures, books, client, server_books, diallers)


def _watch(seconds: float) -> list[float]:
    """Return what memory the process had, in bytes, sampled over the time."""
    samples = []
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < seconds:
        samples.append(int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE)
        gevent.sleep(min(seconds / _SAMPLES, seconds - passed))
    return samples


def _settle(books: Books, client: RelayClient) -> None:
    """Wait until no call's code runs, for some seconds at most."""
    end = time.monotonic() + 30
    while time.monotonic() < end and (
        books.begun > books.finished or books.open or client.stats.calls_ended.total() < _calls(client)
    ):
        gevent.sleep(0.02)


def _calls(client: RelayClient) -> int:
    return client.stats.calls_admitted + client.stats.dials["answered"]


def _judge(figures: Figures, books: Books, client: RelayClient, server: dict[str, Any]) -> None:
    facts = {
        "waits beyond their limit": (len(books.late), 0),
        "calls whose code did not end": (books.begun - books.finished, 0),
        "calls whose on_ended did not run once": (books.begun - books.farewells[1], 0),
        "waits without a limit that did not end with their call": (books.open, 0),
        "ends counted": (client.stats.calls_ended.total(), _calls(client)),
        "calls left up on the server": (server["calls_up"], 0),
        "people left on the line": (len(server["on_the_line"]), 0),
        "faults of the sandbox itself": (server["internal_errors"], 0),
    }
    figures.mistakes += [f"{what}: {found}, not {wanted}" for what, (found, wanted) in facts.items() if found != wanted]
    figures.mistakes += books.late[:10] + server["on_the_line"][:10]


def _judge_memory(figures: Figures, samples: list[float]) -> None:
    warm_up = min(_WARM_UP, figures.seconds / 2)
    steady = samples[int(len(samples) * warm_up / figures.seconds) :]
    tenth = max(1, len(steady) // 10)
    tenths = [steady[n * tenth : (n + 1) * tenth] for n in range(10)]
    means = [sum(part) / len(part) / 2**20 for part in tenths if part]
    first, last = means[0], means[-1]
    # A fault that has calls pile up shows in the tenth in which it was, and behind it; what leaks never goes.
    before, now = min(means[:3]), min(means[-3:])
    figures.lines.append(
        f"memory of the process, behind a warm-up of {warm_up:g} s: first tenth {first:.1f} MiB, "
        f"last tenth {last:.1f} MiB ({(last / first - 1):+.1%}), most {max(steady) / 2**20:.1f} MiB; tenth by tenth "
        + ", ".join(f"{mean:.0f}" for mean in means)
    )
    slack = 0.0 if figures.seconds > 1.5 * _WARM_UP else _SLACK
    if now > before * _GROWTH + slack:
        figures.mistakes.append(f"memory grew from {before:.1f} to {now:.1f} MiB")


def _describe(figures: Figures, books: Books, client: RelayClient, server: dict[str, Any], diallers: Diallers) -> None:
    stats = client.stats
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(server["faults"].items()))
    waits = ", ".join(f"{count} {how}" for how, count in books.waits.most_common())
    outcomes = ", ".join(f"{count} {how}" for how, count in sorted(diallers.outcomes.items()))
    ends = ", ".join(f"{count} {why}" for why, count in stats.calls_ended.most_common())
    figures.lines += [
        f"calls: {server['placed']} placed, {stats.calls_admitted} served, {stats.dials['answered']} dialled and "
        f"answered; most at once {books.most_live}; ended: {ends}",
        f"dials and messages: {outcomes}; messages received {stats.messages_received}",
        f"faults: {sum(server['faults'].values())}: {counted}",
        f"logins {stats.connections}; events recognised as delivered before {stats.events_duplicate}",
        f"waits: {sum(books.waits.values())}: {waits}",
    ]


def main() -> int:
    """Run with SEED and SECONDS of the environment; the exit code is 1 when anything is wrong."""
    logger.remove()
    seed, seconds = int(os.environ.get("SEED", "1")), float(os.environ.get("SECONDS", "180"))
    figures = play(seed, seconds)
    verdict = "nothing is wrong" if not figures.mistakes else f"{len(figures.mistakes)} things are wrong"
    lines = [f"seed {seed}, {seconds:g} s of storm: {verdict}", *figures.lines, *figures.mistakes]
    print("\n".join(lines))
    document.write("chaos", "    $ make chaos\n\n" + "\n".join(f"- {line}" for line in lines))
    return 1 if figures.mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
