"""The app of the fleet's proof: guests who are served to the end, whichever process does.

FOLDER, ENGINE, HOST, LEASE and TALK of the environment say where its ledgers are, where the engine is, what its host is
called, for how long it may be silent, and how soon callers press a key. It names its process id at each login, and
notes in a file ``lag-PID`` beside its ledgers' folder how late its hub was, beyond what it waited for a core.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import gevent
from loguru import logger

from relay_runtime import CallActor, RelayClient, Timing
from relay_runtime.client import logins
from relay_runtime.fleet.settings import FleetSettings
from relay_runtime.settings.engine_address import parse_address

__all__ = ["Guest"]

_TICK = 0.01  # seconds between two looks at the hub
_NOTED = 0.001  # seconds of lag that are worth a line
_KEYS = {"digits": {"max": 1}, "initial_timeout": float(os.environ["TALK"]) + 10}  # callers press by then


class Guest(CallActor):
    """Asks for a key and says goodbye; begins again where its process has died."""

    def run(self) -> None:
        self.answer()
        self.wait_for_answered(600)
        self.memo = {"asked": True}
        self.prompt_tts("Press 1", _KEYS).wait(600)
        self._part()

    def on_adopted(self) -> None:
        self.prompt_tts("Sorry. Press 1", _KEYS).wait(600)
        self._part()

    def _part(self) -> None:
        self.memo = {"asked": False}
        self.play_tts("Thank you, and goodbye.").wait(600)
        self.hangup()


def _waited() -> float:
    """Return the seconds for which this thread was ready to run and had no core."""
    with open(f"/proc/self/task/{threading.get_native_id()}/schedstat") as file:
        return int(file.read().split()[1]) / 1e9


def _watch_hub(path: Path) -> None:
    with path.open("a", buffering=1) as file:
        while True:
            before, due = _waited(), time.monotonic() + _TICK
            gevent.sleep(_TICK)
            now = time.monotonic()
            late = now - due - (_waited() - before)
            if late > _NOTED:
                file.write(f"{now:.3f} {late:.4f}\n")


def main() -> None:
    """Serve until a signal ends it."""
    logger.remove()
    logger.add(sys.stderr, level="INFO", format=f"{os.getpid()} {{time:HH:mm:ss.SSS}} {{level}} {{message}}")
    lease, folder = float(os.environ["LEASE"]), Path(os.environ["FOLDER"])
    logins.AGENT = f"{logins.AGENT} {os.getpid()}"  # by which the judge tells one process from another
    fleet = FleetSettings(address=parse_address(os.environ["ENGINE"]), host=os.environ["HOST"], lease=lease)
    client = RelayClient(
        contexts=["office"],
        max_active_calls=5000,
        call_actor=Guest,
        timing=Timing(takeover_after=lease),
        ledger=str(folder),
        fleet=fleet,
    )
    client.on_ready(lambda _client: _watch_hub(folder.with_name(f"lag-{os.getpid()}")))
    client.run()


if __name__ == "__main__":
    main()
