"""The other programs of docs/embedding.md: each is run, and prints what the page shows."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from clean_process import clean_process
from doubles.client import account_of, client_of
from doubles.hub import until
from loguru import logger
from running_process import RunningProcess
from walkthrough import block_with, matches

from relay_runtime import CallActor
from relay_runtime.sandbox import Callee, Caller, Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text(encoding="utf-8")
HOTLINE = block_with(PAGE, "class Hotline(CallActor)")
STOPPING = block_with(PAGE, "gevent.signal_handler(number, client.drain, 20)")
WATCHING = block_with(PAGE, "status = client.status()\n")
WATCHED = block_with(PAGE, "client/connection-supervisor/connection running")
SINK = block_with(PAGE, "logger.remove()")
PATCHER = block_with(PAGE, "def name_the_call(record)")
CALLER = Caller("+15550100001").dials("office")

MENU = """from relay_runtime import CallActor


class Menu(CallActor):
    '''Tells what the keys are for.'''

    def run(self):
        self.answer()
        text = "Press 1 for sales."
        self.play_tts(text).wait()
"""
"""Its line 10 is that at which the page has a call stand."""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.01, control_port=None) as running:
        yield running
        assert running.counters.calls_up == 0
        assert running.errors == []


def test_the_first_program_says_its_sentence_and_ends(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.on_dial("+15550100001", Callee().answers().hears("Your table is ready").waits_for_hangup())
    for name, value in account_of(sandbox).items():
        monkeypatch.setenv(name, value)
    names: dict[str, Any] = {}
    exec(HOTLINE, names)
    assert names["client"].state == "stopped"
    assert sandbox.runs("+15550100001")[0].wait(15).ok


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_client_that_runs_drains_at_a_signal(sandbox: Sandbox, tmp_path: Path, number: signal.Signals) -> None:
    made = 'from relay_runtime import RelayClient\nclient = RelayClient(contexts=["office"])\n'
    (tmp_path / "app.py").write_text(made + STOPPING)
    with RunningProcess(["app.py"], cwd=tmp_path, environ=account_of(sandbox)) as process:
        until(lambda: any("office" in session.contexts for session in sandbox.sessions()))
        process.send(number)
        assert process.exit_code() == 0, process.last_lines
        assert "draining" in process.stderr


def test_a_client_is_watched_as_the_page_shows(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    sandbox.settings.change(characters_per_second=0.1)
    names: dict[str, Any] = {"__name__": "app"}
    exec(compile(MENU, "/srv/app/app.py", "exec"), names)
    with client_of(sandbox, call_actor=names["Menu"]) as client:
        run = sandbox.place(CALLER)
        until(lambda: [call.doing for call in client.live_calls()] == ["calling.play"])
        exec(WATCHING, {"client": client})
        run.hang_up()
        until(lambda: sandbox.counters.calls_up == 0)
    age = re.compile(r"(?<=^answered )[\d.]+", re.MULTILINE)
    assert matches(age.sub("…", WATCHED), capsys.readouterr().out)


def test_lines_of_a_call_have_its_id_and_no_values_of_variables(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    class Talker(CallActor):
        def run(self) -> None:
            logger.info("somebody is here")
            secret = "PT0000"
            raise LookupError(len(secret))

    records: list[dict[str, Any]] = []
    with clean_process():
        exec(SINK + PATCHER, {})
        logger.add(lambda message: records.append(message.record), level="INFO")
        with client_of(sandbox, call_actor=Talker):
            run = sandbox.place(CALLER.waits_for_hangup())
            with gevent.Timeout(15):
                run.wait(15)
    (here,) = [record for record in records if record["message"] == "somebody is here"]
    assert here["extra"]["call_id"] == run.call_id
    printed = capsys.readouterr().err
    assert "LookupError" in printed
    assert "PT0000" not in printed
