"""An app of asyncio as a process: its code in a loop of the main thread, what serves it on the client's hub."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent import monkey

from relay_runtime import RelayClient
from relay_runtime.aio.loop_lag import LoopLag
from relay_runtime.cli.asyncio_app import Loop
from relay_runtime.cli.failure import Failure
from relay_runtime.process.appload import AppError
from relay_runtime.process.process import ExitCode

LOOP = """
from relay_runtime.aio import RelayClient

client = RelayClient(project="p", token="t", host="ws://127.0.0.1:9")
"""


@pytest.fixture(autouse=True)
def loop(here: Path) -> None:
    (here / "loop.py").write_text(LOOP)


def test_the_app_is_the_client_that_the_hub_has_of_it() -> None:
    app = Loop().load("loop:client")
    assert isinstance(app, RelayClient)
    assert (app.project, app.host) == ("p", "ws://127.0.0.1:9")


def test_an_app_on_greenlets_is_refused() -> None:
    with pytest.raises(AppError, match="start it without --asyncio"):
        Loop().load("app:Patient")


def test_a_process_that_the_app_patches_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(monkey.saved, "threading", {})
    with pytest.raises(Failure, match="--asyncio: this process was patched by gevent") as failure:
        Loop().load("loop:client")
    assert failure.value.code == ExitCode.BAD_APP


def test_what_serves_it_runs_on_the_hub_with_the_lag_of_the_loop_and_its_failures_are_logged(
    log_lines: list[str],
) -> None:
    home, seen = Loop(), list[Any]()
    home.load("loop:client")

    def serve(lag: LoopLag | None) -> ExitCode:
        seen.extend((threading.current_thread().name, type(lag)))
        gevent.spawn(lambda: 1 / 0).join()
        return ExitCode.CALLS_ENDED

    assert home.run(serve) == ExitCode.CALLS_ENDED
    assert seen == ["relay-runtime", LoopLag]
    assert any("ZeroDivisionError" in line for line in log_lines)


def test_what_goes_wrong_there_is_raised_here() -> None:
    home = Loop()
    home.load("loop:client")

    def serve(_: LoopLag | None) -> ExitCode:
        raise Failure(ExitCode.BAD_CONFIG, "a port that can't be had")

    with pytest.raises(Failure, match="a port"):
        home.run(serve)
