"""The programs of the page about asyncio work as printed, and print what the page says."""

from __future__ import annotations

import ast
import asyncio
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from clean_process import clean_process
from doubles.client import account_of
from doubles.hub import until
from doubles.threaded_sandbox import ThreadedSandbox
from loguru import logger
from running_process import RunningProcess

import relay_runtime
from relay_runtime import aio
from relay_runtime.sandbox import Callee, Caller, Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "asyncio.md").read_text(encoding="utf-8")
ANSWERS = r"(?:\n(?:prints|logs)\n\n```text\n(.*?)```)?"
FOUND = re.findall(rf"^```python\n# ([^\n]+)\n(.*?)^```\n{ANSWERS}", PAGE, re.DOTALL | re.MULTILINE)
PROGRAMS = {name: f"# {name}\n{text}" for name, text, _ in FOUND}
SHOWN = {name: shown for name, _, shown in FOUND}
GUEST = "+15550100001"
CALLER = Caller(GUEST).dials("office")

Scene = Callable[[Sandbox], None]


@pytest.fixture
def threaded() -> Iterator[ThreadedSandbox]:
    with clean_process(), ThreadedSandbox() as threaded:
        os.environ.update(account_of(threaded.sandbox))
        yield threaded
        assert threaded.sandbox.errors == []
        assert threaded.sandbox.counters.calls_up == 0


def run(name: str) -> dict[str, Any]:
    """Run a program as the main one, and return its names."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(PROGRAMS[name], name, "exec"), names)
    return names


# What happens to them: each scene is played in a greenlet of the sandbox


def answered(sandbox: Sandbox) -> None:
    sandbox.on_dial("*", Callee().answers().waits_for_hangup())


def called(sandbox: Sandbox) -> None:
    until(lambda: any("office" in session.contexts for session in sandbox.sessions()))
    assert sandbox.place(CALLER.waits_for_hangup()).wait(15).ok


def waited_in_vain(sandbox: Sandbox) -> None:
    sandbox.settings.change(characters_per_second=1)
    sandbox.on_dial(GUEST, Callee().answers().waits_for_hangup())
    sandbox.on_dial("+15550100002", Callee().rings(1).never_answers())
    until(lambda: bool(sandbox.runs("+15550100002")))
    sandbox.runs("+15550100002")[0].wait(15)


def one_is_busy(sandbox: Sandbox) -> None:
    sandbox.on_dial("*", Callee().answers().hears("Your table is ready").waits_for_hangup())
    sandbox.on_dial("+15550100002", Callee().is_busy())


SCENES: dict[str, Scene] = {
    "limits.py": waited_in_vain,
    "together.py": one_is_busy,
    "desk.py": called,
    "context.py": called,
    "threads.py": answered,
}
"""The programs that print something and end by themselves."""

OTHERS = {"careless.py", "greet.py", "polite.py", "web.py", "cells of a notebook"}
"""Programs with a test of their own."""


def test_every_program_of_the_page_is_run() -> None:
    assert len(PROGRAMS) == PAGE.count("```python")
    assert SCENES.keys() | OTHERS == PROGRAMS.keys()
    assert PAGE.count("```text") == len([shown for shown in SHOWN.values() if shown])


@pytest.mark.parametrize("name", SCENES)
def test_a_program_prints_what_the_page_says(
    threaded: ThreadedSandbox, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    scene = threaded.begin(SCENES[name], threaded.sandbox)
    run(name)
    scene.result(timeout=20)
    assert capsys.readouterr().out == SHOWN[name]


def test_a_program_prints_the_same_on_uvloop(
    threaded: ThreadedSandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    uvloop = pytest.importorskip("uvloop", reason="uvloop is not installed; it is in the extra 'test'")
    assert "`uvloop.run(main())` in the place of `asyncio.run(main())`" in PAGE

    def on_uvloop(main: Any) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main)

    monkeypatch.setattr(asyncio, "run", on_uvloop)
    threaded.do(one_is_busy, threaded.sandbox)
    run("together.py")
    assert capsys.readouterr().out == SHOWN["together.py"]


def test_code_that_blocks_the_loop_is_named_as_the_page_says(threaded: ThreadedSandbox) -> None:
    lines: list[str] = []
    logger.configure(handlers=[{"sink": lines.append, "level": "WARNING", "format": "{level} {message}"}])
    scene = threaded.begin(called, threaded.sandbox)
    run("careless.py")
    scene.result(timeout=20)
    assert [re.sub(r"for \d\.\d s", "for 0.3 s", line) for line in lines] == [SHOWN["careless.py"]]


def test_the_cells_of_the_notebook_run_in_a_loop_that_is_there(threaded: ThreadedSandbox) -> None:
    threaded.do(answered, threaded.sandbox)
    cells = compile(PROGRAMS["cells of a notebook"], "cells", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, Any] = {}

    async def kernel() -> None:
        await eval(cells, names)

    asyncio.run(kernel())
    assert names["client"].state == "stopped"
    assert threaded.do(lambda: threaded.sandbox.runs(GUEST)[0].wait(15).heard) == ("Your table is ready.",)


def test_the_client_of_the_application_lives_as_long_as_it(threaded: ThreadedSandbox) -> None:
    pytest.importorskip("fastapi", reason="fastapi is not installed; it is in the extra 'test'")
    names = run("web.py")
    app, client = names["app"], names["client"]

    async def server() -> None:
        async with app.router.lifespan_context(app):
            assert client.state == "connected"
            assert not relay_runtime.not_ready(await client.status(), lag=0, lag_limit=1)  # as the page says

    asyncio.run(server())
    assert client.state == "stopped"


# Programs that end by a signal


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.01, control_port=None) as running:
        yield running
        assert running.errors == []


def process(name: str, sandbox: Sandbox, folder: Path) -> RunningProcess:
    (folder / name).write_text(PROGRAMS[name])
    return RunningProcess([name], cwd=folder, environ=account_of(sandbox))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_ends_by_a_signal_and_hangs_up(sandbox: Sandbox, tmp_path: Path, number: signal.Signals) -> None:
    with process("greet.py", sandbox, tmp_path) as program:
        program.wait_for_line("new session")
        assert sandbox.place(CALLER.hears("Hello, and goodbye").waits_for_hangup()).wait(15).ok
        sandbox.settings.change(characters_per_second=0.01)
        caller = sandbox.place(CALLER.waits_for_hangup())
        until(lambda: caller.status == "answered")
        program.send(number)
        assert program.exit_code() == 0
    assert caller.wait(15).end_source == "outbound"
    assert sandbox.counters.calls_up == 0


def test_the_polite_program_lets_a_call_end_when_it_is_told_to_stop(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.settings.change(characters_per_second=0.5)  # the call is still up when the signal comes
    with process("polite.py", sandbox, tmp_path) as program:
        program.wait_for_line("new session")
        caller = sandbox.place(CALLER.hears("nine to five. Goodbye").waits_for_hangup())
        until(lambda: caller.status == "answered")
        program.send(signal.SIGTERM)
        assert caller.wait(15).ok
        assert program.exit_code() == 0


# What it says


def test_what_the_page_lacks_and_names_is_so() -> None:
    for missing in ("CallActor", "retrying", "running_actor"):
        assert hasattr(relay_runtime, missing)
        assert not hasattr(aio, missing)
    assert not hasattr(aio.Call, "offload")
    assert issubclass(aio.RelayTimeout, asyncio.TimeoutError)


def test_the_figures_of_the_page_are_the_defaults() -> None:
    timing = relay_runtime.Timing()
    assert f"after {timing.code_linger:g} seconds its task is cancelled" in PAGE
    assert f"Timing(code_linger={timing.code_linger:g})" in PAGE
    assert f"after {timing.stop_timeout:g} seconds their tasks are cancelled" in PAGE
    assert "`guard` seconds (0.25;" in PAGE
