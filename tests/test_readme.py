"""README is one screen and a half, its programs work as printed, and what it names exists."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
import typer
from awaiting import coroutine_methods, with_awaits
from doubles.threaded_sandbox import ThreadedSandbox

from relay_runtime import RelayClient
from relay_runtime.aio import call, client
from relay_runtime.cli import app
from relay_runtime.sandbox import Callee, Caller, Sandbox

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
TARGETS = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
COLUMNS, ROWS = 120, 75


def test_it_is_one_screen_and_a_half() -> None:
    assert sum(1 + max(0, len(line) - 1) // COLUMNS for line in README.splitlines()) <= ROWS


def test_the_first_screen_has_a_call_actor_and_the_commands_to_try_it() -> None:
    screen = "\n".join(README.splitlines()[:32])
    assert "class Receptionist(CallActor)" in screen
    assert "$ make demo" in screen
    assert "$ relay-runtime phone app:App" in screen


def test_every_make_target_that_it_names_exists() -> None:
    assert set(re.findall(r"\$ make ([a-z-]+)", README)) <= TARGETS


def test_every_command_that_it_names_exists() -> None:
    assert set(re.findall(r"\$ relay-runtime ([a-z-]+)", README)) <= COMMANDS.keys()


def test_every_option_that_it_names_exists() -> None:
    for name, rest in re.findall(r"\$ relay-runtime ([a-z-]+)([^\n]*)", README):
        for option in re.findall(r"--[a-z-]+", rest):
            assert any(option in parameter.opts for parameter in COMMANDS[name].params), (name, option)


def test_every_file_that_it_links_exists() -> None:
    for link in re.findall(r"\]\(([^)#:]+)", README):
        assert (ROOT / link).exists(), link


def namespace(program: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(program, "README.md", "exec"), names)
    return names


@pytest.mark.parametrize(("key", "sentence"), [("1", "Sales will call"), ("2", "did not understand")])
def test_the_call_actor_works_as_printed(key: str, sentence: str) -> None:
    receptionist = namespace(PROGRAMS[0])["Receptionist"]
    with Sandbox(time_scale=0.01, control_port=None) as sandbox:
        client = RelayClient(
            project=sandbox.project,
            token=sandbox.token,
            host=sandbox.url,
            contexts=["office"],
            call_actor=receptionist,
        )
        with client:
            caller = Caller("+15550100001").dials("office").hears("Press 1").presses(key).hears(sentence)
            assert sandbox.place(caller.waits_for_hangup()).wait(timeout=10).ok


GUEST = "+15550100001"
HEARS_OF_THE_TABLE = Callee().answers().hears("Your table is ready").waits_for_hangup()


def give_credentials(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    monkeypatch.setenv("SIGNALWIRE_SPACE", sandbox.url)
    monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", sandbox.project)
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", sandbox.token)


def test_the_program_that_dials_works_as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(time_scale=0.01, control_port=None) as sandbox:
        give_credentials(monkeypatch, sandbox)
        sandbox.on_dial(GUEST, HEARS_OF_THE_TABLE)
        namespace(PROGRAMS[1])
        assert sandbox.runs(GUEST)[0].wait(timeout=10).ok


def test_it_is_the_same_on_asyncio_with_another_import_and_await(monkeypatch: pytest.MonkeyPatch) -> None:
    imports, body = PROGRAMS[1].split("\n\n", 1)
    program = f"{imports}\ndef main():\n{indent(body, '    ')}\nmain()\n"
    awaited = with_awaits(program, coroutine_methods(call, client))
    assert "async with RelayClient()" in awaited
    with ThreadedSandbox() as threaded:
        give_credentials(monkeypatch, threaded.sandbox)
        threaded.do(threaded.sandbox.on_dial, GUEST, HEARS_OF_THE_TABLE)
        namespace(awaited)
        assert threaded.do(lambda: threaded.sandbox.runs(GUEST)[0].wait(timeout=10).ok)
