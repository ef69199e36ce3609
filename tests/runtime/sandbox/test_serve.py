"""Serving a sandbox until it is told to stop."""

from __future__ import annotations

import gevent
from doubles.raw_client import DialIn
from gevent.event import AsyncResult, Event

from relay_runtime.sandbox import Sandbox, serve


def test_serve_runs_until_it_is_told_to_stop(dial_in: DialIn) -> None:
    ready: AsyncResult[Sandbox] = AsyncResult()
    stop = Event()
    serving = gevent.spawn(serve, ready=ready.set, stop=stop, project="mine")
    sandbox = ready.get(timeout=5)
    assert sandbox is not None
    assert dial_in(sandbox).login(sandbox)["protocol"]
    assert sandbox.project == "mine"
    stop.set()
    serving.join(5)
    assert serving.successful()
