"""What a driver is given, and the one line that it reports when it is connected."""

import json
import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

PROJECT = "4a1f0c9e-77d2-4b0e-a8a6-0b6f0d1c2e3f"
TOKEN = "PTbench"
CONTEXT = "bench"
MAX_ACTIVE_CALLS = 1_000_000
HERE: Any = {"name": "here"}
PROMPT = "Welcome. Please hold the line."
OUR_NUMBER = "+15550100001"
THEIR_NUMBER = "+15550100002"
REPORT_PREFIX = "report "
REPORT_WAIT_S = 2.0


@dataclass
class Launch:
    """Where to connect to, and when the driver's import began and ended.

    Args:
        port: The load server's loopback port.
        import_began: `time.perf_counter()` before the driver module was imported.
        import_ended: The same after it.
    """

    port: int
    import_began: float
    import_ended: float
    _reported: bool = False

    def connected(self, distribution: str | None, loop: object = None) -> None:
        """Tell the orchestrator, once, that the client is logged in.

        Args:
            distribution: Whose version to report; None if the client is no distribution.
            loop: The loop of asyncio that it runs in, if any.
        """
        if self._reported:
            return
        self._reported = True
        report = {
            "import_s": self.import_ended - self.import_began,
            "connect_s": time.perf_counter() - self.import_ended,
            "version": version(distribution) if distribution else None,
            "loop": None if loop is None else type(loop).__module__.partition(".")[0],
        }
        print(json.dumps(report), flush=True)


@dataclass(frozen=True)
class SendOrder:
    """The load server's request, as a text message, to send messages: `send COUNT SENDERS`."""

    count: int
    senders: int

    @classmethod
    def parse(cls, body: str) -> "SendOrder | None":
        """Return the order in a message's text, or None if it is something else."""
        words = body.split()
        if len(words) == 3 and words[0] == "send":
            return cls(int(words[1]), int(words[2]))
        return None
