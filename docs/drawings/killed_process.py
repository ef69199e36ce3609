"""Draws what a ledger is for: what a process writes down before it sends, and what another does when it was killed.

The first half is a run in virtual time, in which every write to the ledger is noted between the frames that leave. The
second is real: two processes of `relay-runtime start`, of which one is killed by the system's signal 9.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import gevent
import msgspec
from gevent import subprocess

from drawings import order_app
from drawings.canvas import COLUMN, Canvas
from drawings.order_app import Order
from relay_runtime.client import succession
from relay_runtime.ledger.file import LedgerFile
from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.testing import RelayKit

__all__ = ["killed_process"]

_LIMIT: Final = 60.0
_BETWEEN: Final = 26
Rows = list[tuple[str, str]]


def killed_process() -> str:
    """Return the picture."""
    written, (left, successor) = _written(), _succeeded()
    canvas = Canvas(
        "A killed process, its ledger and its successor",
        "From top to bottom: what process A writes to its ledger, each time before the frames below it leave; what is "
        "on the disk when it has been killed; what process B does then.",
    )
    y = canvas.panel(16, "process A serves a call", "green", written)
    for title, kind, rows in (("kill -9", "red", left), ("process B goes on with it", "amber", successor)):
        canvas.arrow(f"M{COLUMN / 2:.0f},{y} v{_BETWEEN - 6}")
        y = canvas.panel(y + _BETWEEN, title, kind, rows)
    return canvas.svg(y + 16)


# What is written


def _written() -> Rows:
    """Serve a call, and return what was written to the ledger and what was sent, in order."""
    rows: Rows = []
    seen = 0
    append = LedgerFile.append

    def sent(kit: RelayKit) -> None:
        nonlocal seen
        for frame in kit.sandbox.journal():
            if frame["number"] > seen and frame["direction"] == "in":
                rows.append((f"sends {frame['frame'].get('method') or 'an acknowledgement'}", "note"))
            seen = max(seen, frame["number"])

    with tempfile.TemporaryDirectory(prefix="rr-") as folder, RelayKit(Order, ledger=folder) as kit:

        def noted(file: LedgerFile, lines: bytes) -> None:
            sent(kit)
            words = dict.fromkeys(msgspec.json.decode(line)[0] for line in lines.splitlines())
            rows.append((f"ledger: {', '.join(words)}", "name"))
            append(file, lines)

        sent(kit)
        rows.clear()
        with patch.object(LedgerFile, "append", noted):
            kit.caller("+15550100001").dials("office")
            kit.clock.sleep(1)
            sent(kit)
            found = list(rows)
    return found


# What is left, and what becomes of it


def _succeeded() -> tuple[Rows, Rows]:
    """Kill a process, and return what it has left and what another does."""
    with tempfile.TemporaryDirectory(prefix="rr-") as name, Sandbox(time_scale=0.05, resume_window=600.0) as sandbox:
        folder = Path(name)
        with _started(sandbox, folder, "a") as killed, _call(sandbox) as run, _started(sandbox, folder, "b") as other:
            (session,) = (each for each in sandbox.sessions() if each.logins and run().call_id in each.calls)
            before = max(frame["number"] for frame in session.journal.read())
            names = {str(killed.pid): "A", str(other.pid): "B"}
            os.kill(other.pid, signal.SIGSTOP)  # or it might have taken over before anybody has looked
            os.kill(killed.pid, signal.SIGKILL)
            killed.wait()
            left = _files(folder, names)
            os.kill(other.pid, signal.SIGCONT)
            _until(lambda: session.logins == 2)
            taken = _files(folder, names)
            _until(lambda: run().outcome is not None)
            _until(lambda: len(_files(folder, names)) == 1)
            said = (folder / "b.log").read_text().replace(str(killed.pid), "A")
            frames = session.journal.requests(after=before)
            return _left(left), [*_noticed(said, taken), *_sent(frames), *_over(folder, names)]


def _left(files: list[str]) -> Rows:
    return [("on the disk", ""), *((f"the ledger of {each}", "note") for each in files)]


def _noticed(said: str, files: list[str]) -> Rows:
    line = next(line for line in said.splitlines() if "has died" in line).partition(", offers")[0]
    return [
        (f"looks every {succession._LOOK:g} s", ""),
        (line.partition("process A")[1] + line.partition("process A")[2], "note"),
        ("on the disk", ""),
        *((f"a ledger of {each}" + (": taken over" if number else ""), "note") for number, each in enumerate(files)),
    ]


def _sent(frames: list[dict[str, Any]]) -> Rows:
    rows: Rows = [("sends, on a connection of its own", "")]
    # Of pings there are more or fewer; and whether the contexts or the call come first is left to chance.
    counted = [frame for frame in frames if frame["method"] != "signalwire.ping"]
    for frame in sorted(counted, key=lambda frame: str(frame["method"]).startswith("calling.")):
        method, params = frame["method"], frame["frame"].get("params", {})
        if method == "signalwire.connect":
            method += f" with {' and '.join(name for name in ('protocol', 'authorization_state') if params.get(name))}"
        elif method == "calling.play":
            method += f": {params['play'][0]['params']['text']}"
        rows.append((method, "note"))
    return rows


def _over(folder: Path, names: dict[str, str]) -> Rows:
    return [
        ("on the disk, when the call is over", ""),
        *((f"the ledger of {each}", "note") for each in _files(folder, names)),
    ]


def _files(folder: Path, names: dict[str, str]) -> list[str]:
    """Return whose ledgers there are."""
    found = [path.name.split("-")[1] for path in folder.rglob("*.ledger")]
    return sorted(names.get(each, each) for each in found)


@contextmanager
def _started(sandbox: Sandbox, folder: Path, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the app as a process that is logged in."""
    live = len(sandbox.sessions())
    clean = {name: each for name, each in os.environ.items() if not name.startswith(("SIGNALWIRE_", "RELAY_"))}
    account = {
        "SIGNALWIRE_SPACE": sandbox.url,
        "SIGNALWIRE_PROJECT_ID": sandbox.project,
        "SIGNALWIRE_API_TOKEN": sandbox.token,
        "XDG_RUNTIME_DIR": str(folder),
    }
    command = [sys.executable, "-m", "relay_runtime", "start", f"{order_app.__file__}:client"]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env={**clean, **account}, stdout=log, stderr=log)
    try:
        _until(lambda: len(sandbox.sessions()) > live and all(each.contexts for each in sandbox.sessions()))
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def _call(sandbox: Sandbox) -> Iterator[Callable[[], Any]]:
    """Have somebody on the line whose prompt has begun."""
    run = sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup(10_000))
    _until(lambda: bool(sandbox.requests("calling.play")))
    yield lambda: run


def _until(true: Callable[[], bool]) -> None:
    with gevent.Timeout(_LIMIT, TimeoutError(f"it does not come true in {_LIMIT:g} s")):
        while not true():
            gevent.sleep(0.01)
