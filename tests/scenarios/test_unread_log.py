"""A process whose log nobody reads serves its calls, obeys SIGTERM, and says afterwards what is missing."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gevent
import pytest
from full_pipe import full_pipe
from gevent import socket, subprocess
from running_process import LIMIT, http_text

from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Caller, Sandbox

pytestmark = [pytest.mark.scenario, pytest.mark.proof]

CALLS = 30
TALKATIVE = """
import logging, warnings
import gevent
from loguru import logger
from relay_runtime import CallActor

class Talkative(CallActor):
    def run(self):
        logger.info("x" * 2_000_000)
        logging.getLogger("a.library").warning("from the standard library")
        warnings.warn("from Python", stacklevel=1)
        gevent.spawn(lambda: 1 / 0)  # gevent would print its traceback
        self.answer()
        self.wait_for_ended()
        raise LookupError("a crash, with its traceback")
"""
TALKATIVE_LOOP = """
from loguru import logger
from relay_runtime.aio import RelayClient

client = RelayClient(contexts=["office"])

@client.on_call
async def serve(call):
    logger.info("x" * 2_000_000)
    await call.answer()
    await call.wait_for_ended()
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.01) as running:
        yield running


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(TALKATIVE)
    (tmp_path / "loop.py").write_text(TALKATIVE_LOOP)
    return tmp_path


@contextmanager
def unread(app: Path, sandbox: Sandbox, *arguments: str) -> Iterator[tuple[subprocess.Popen, int]]:
    """A process whose stderr is a full pipe, and the other end of that."""
    reading, writing = full_pipe()
    access = {"SPACE": sandbox.url, "PROJECT_ID": sandbox.project, "API_TOKEN": sandbox.token}
    process = subprocess.Popen(
        [sys.executable, "-m", "relay_runtime", "start", *arguments],
        cwd=app,
        env={**os.environ, **{f"SIGNALWIRE_{name}": value for name, value in access.items()}},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=writing,
    )
    os.close(writing)
    try:
        yield process, reading
    finally:
        process.kill()
        process.wait(LIMIT)
        os.close(reading)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for_clients(sandbox: Sandbox, count: int) -> None:
    with gevent.Timeout(LIMIT):
        while sum("office" in session.contexts for session in sandbox.sessions()) < count:
            gevent.sleep(0.01)


def everybody_is_answered(sandbox: Sandbox) -> None:
    runs = [sandbox.place(Caller("+15550100001").dials("office").hangs_up()) for _ in range(CALLS)]
    assert [run.wait(LIMIT).answered for run in runs] == [True] * CALLS


def dropped(port: int) -> float:
    page = http_text(f"http://127.0.0.1:{port}/metrics")[1]
    match = re.search(r"^relay_log_lines_dropped_total (\S+)$", page, re.MULTILINE)
    assert match, page
    return float(match[1])


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("app:Talkative", "-c", "office"), id="greenlets"),
        pytest.param(("loop:client", "--asyncio"), id="asyncio"),
        pytest.param(("app:Talkative", "-c", "office", "--workers", "2"), id="workers"),
    ],
)
def test_every_call_is_answered_and_sigterm_obeyed(app: Path, sandbox: Sandbox, arguments: tuple[str, ...]) -> None:
    port = free_port()
    with unread(app, sandbox, *arguments, "--http-port", str(port)) as (process, _):
        wait_for_clients(sandbox, 2 if "--workers" in arguments else 1)
        everybody_is_answered(sandbox)
        assert dropped(port) > 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT) == ExitCode.OK


def test_what_finds_a_reader_in_the_end_is_in_order_and_says_what_is_missing(app: Path, sandbox: Sandbox) -> None:
    with unread(app, sandbox, "app:Talkative", "-c", "office") as (process, reading):
        wait_for_clients(sandbox, 1)
        everybody_is_answered(sandbox)
        process.send_signal(signal.SIGTERM)
        with os.fdopen(os.dup(reading), "rb") as stream:
            text = gevent.get_hub().threadpool.apply(stream.read).decode()
        assert process.wait(LIMIT) == ExitCode.OK
    lines = text.lstrip("x").splitlines()
    assert "connection connecting" in lines[0]
    assert any(re.search(r"WARNING \d+ lines of the log were dropped here", line) for line in lines)
    assert "every call ended by itself" in lines[-1]
    records = [line[:23] for line in lines if line.startswith("20")]
    assert records == sorted(records)


def test_a_command_that_fails_ends_too_though_nobody_reads_why(tmp_path: Path, sandbox: Sandbox) -> None:
    with unread(tmp_path, sandbox, "no_such_module:App") as (process, _):
        assert process.wait(LIMIT) == ExitCode.BAD_APP
