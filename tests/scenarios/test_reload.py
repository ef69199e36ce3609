"""`start --reload`, as somebody uses it who writes an app."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_process import RunningProcess, http, relay_runtime

from relay_runtime.process.process import ExitCode

pytestmark = [pytest.mark.scenario, pytest.mark.proof]

APP = """
from loguru import logger
from relay_runtime import CallActor
import words

class Patient(CallActor):
    def run(self):
        self.answer()
        prompt = self.prompt_tts("Press 1", {"digits": {"max": 1}, "initial_timeout": 10_000})
        logger.info(words.GREETING)  # from here on, a key counts
        prompt.wait(60)
        logger.info("said goodbye")
"""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "words.py").write_text('GREETING = "good morning"\n')
    return tmp_path


@pytest.fixture
def runtime() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="rr-") as path:  # a short one: sockets have a limit
        yield path
        assert [each for each in Path(path).rglob("*") if each.name != "relay-runtime"] == []


def start(here: Path, runtime: str, *arguments: str) -> RunningProcess:
    sandbox = ("--sandbox", "--sandbox-time-scale", "0.05")
    return relay_runtime(
        "start", "app.py", "--reload", *sandbox, *arguments, cwd=here, environ={"XDG_RUNTIME_DIR": runtime}
    )


def call_in(process: RunningProcess) -> str:
    control = process.wait_for_line(r"control port +(http\S+)", "stdout")[1]
    status, run = http(f"{control}/calls", {"context": "office", "steps": [{"waits_for_hangup": 60}]})
    assert status == 200, run
    return f"{control}/calls/{run['call_id']}"


def test_a_change_of_an_imported_file_starts_the_app_again_and_ends_live_calls(here: Path, runtime: str) -> None:
    with start(here, runtime) as process:
        process.wait_for_line("all workers serve calls")
        first = call_in(process)
        process.wait_for_line("good morning")
        (here / "words.py").write_text('GREETING = "good evening"\n')
        process.wait_for_line("words.py changed: replacing the workers")
        process.wait_for_line("every worker was replaced")
        assert http(f"{first}?wait=10")[1]["outcome"]["end_source"] == "outbound"
        second = call_in(process)
        process.wait_for_line("good evening")
        http(f"{second}/press", {"digits": "1"})
        process.send(signal.SIGINT)
        assert process.exit_code() == ExitCode.OK, process.stderr
    assert "admitted: 2, refused: none; ended: hangup 2" in process.stderr


def test_live_calls_may_go_on_to_their_end_with_the_code_they_began_with(here: Path, runtime: str) -> None:
    with start(here, runtime, "--reload-calls", "drain") as process:
        process.wait_for_line("all workers serve calls")
        call = call_in(process)
        process.wait_for_line("good morning")
        (here / "words.py").write_text('GREETING = "good evening"\n')
        process.wait_for_line("draining; live calls: 1")
        http(f"{call}/press", {"digits": "1"})
        process.wait_for_line("every worker was replaced")
        process.send(signal.SIGINT)
        assert process.exit_code() == ExitCode.OK, process.stderr
    assert process.stderr.count("said goodbye") == 1


def test_a_broken_change_is_told_and_the_app_serves_on_until_it_is_mended(here: Path, runtime: str) -> None:
    with start(here, runtime) as process:
        process.wait_for_line("all workers serve calls")
        (here / "app.py").write_text(APP.replace("import words", "import words\nwords.GREETNIG"))
        process.wait_for_line("app.py can't be imported: .*GREETNIG")
        process.wait_for_line("the replacement of worker 1 ended with exit code 3; the others go on as they are")
        call_in(process)
        process.wait_for_line("good morning")
        (here / "app.py").write_text(APP.replace("words.GREETING", "'mended'"))
        process.wait_for_line("every worker was replaced")
        call_in(process)
        process.wait_for_line("mended")
        process.send(signal.SIGINT)
        process.send(signal.SIGTERM)
        process.exit_code()


def test_an_app_that_is_broken_from_the_start_is_waited_for(here: Path, runtime: str) -> None:
    (here / "words.py").write_text("GREETING = (\n")
    with start(here, runtime) as process:
        process.wait_for_line("app.py can't be imported: .*words.py, line 1: SyntaxError")
        process.wait_for_line("worker 1 ended with exit code 3; waiting for a change")
        (here / "words.py").write_text('GREETING = "mended"\n')
        process.wait_for_line("all workers serve calls")
        process.send(signal.SIGINT)
        assert process.exit_code() == ExitCode.OK, process.stderr
