"""The trip of an offer from the socket to ``run()``, counted by execution: `python -m proof.trip`.

A *stay* is what is executed in one file without a line of another file between; each return to a file is another stay.
Not counted are the floors that a reader knows by then: the actor kit, the wire's vocabulary, errors, timing, telemetry.
"""

from __future__ import annotations

import gc
import sys
from itertools import groupby
from types import FrameType
from typing import Any

import gevent
import greenlet
from gevent.event import Event

from relay_runtime import CallActor, RelayClient
from relay_runtime.sandbox import Caller, Sandbox

__all__ = ["stays"]

_ROOTS = ("/relay_actors/", "/relay_runtime/")
_GROUND = ("kit/", "wire/", "errors.py", "timing.py", "telemetry/", "sandbox/")
_LIMIT = 60.0


class _Trip:
    """Notes each executed line, from the read that brings the offer to the first line of ``run()``."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.over = Event()
        self._begun = False
        self._files: dict[str, str] = {}

    def file(self, frame: FrameType) -> str:
        """Return the file of a frame, from its package on; an empty string for what is not counted."""
        path = frame.f_code.co_filename
        if path not in self._files:
            root = next((each for each in _ROOTS if each in path), None)
            name = "" if root is None else path.rpartition(root)[2]
            counted = root is not None and not name.startswith(_GROUND)
            self._files[path] = f"{root}{name}".strip("/") if counted else ""
        return self._files[path]

    def trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        """Trace a frame (`sys.settrace`)."""
        if not self.file(frame) or self.over.is_set():
            return None
        if event == "line" and self._begun:
            self.lines.append((self.file(frame), frame.f_code.co_qualname))
        elif event == "return" and isinstance(arg, bytes) and b"calling.call.receive" in arg:
            self._begun = True
        return self.trace

    def watch(self) -> None:
        """Trace every greenlet, those that wait in a function already too."""
        sys.settrace(self.trace)
        for each in [found for found in gc.get_objects() if isinstance(found, greenlet.greenlet)]:
            frame = each.gr_frame
            while frame is not None:
                if self.file(frame):
                    frame.f_trace = self.trace
                frame = frame.f_back


def stays() -> list[tuple[str, list[str]]]:
    """Serve one call, and return the stays of its offer in order: each the file, and the functions that ran there."""
    trip = _Trip()

    class Arrival(CallActor):
        def run(self) -> None:
            trip.over.set()

    before = sys.gettrace()
    with Sandbox(time_scale=0.01) as sandbox:
        client = RelayClient(
            project=sandbox.project, token=sandbox.token, host=sandbox.url, contexts=["office"], call_actor=Arrival
        )
        with gevent.Timeout(_LIMIT, AssertionError("the offer did not arrive")), client:
            gevent.sleep(0)  # the login's greenlets come to rest
            trip.watch()
            try:
                sandbox.place(Caller("+15550100001").dials("office"))
                trip.over.wait()
            finally:
                sys.settrace(before)
    return [(file, [name for name, _ in groupby(name for _, name in run)]) for file, run in _by_file(trip.lines)]


def _by_file(lines: list[tuple[str, str]]) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(file, list(run)) for file, run in groupby(lines, key=lambda line: line[0])]


if __name__ == "__main__":
    found = stays()
    for place, names in found:
        print(f"{place:45} {' '.join(names)}")
    print(f"{len(found)} stays in {len({place for place, _ in found})} files")
