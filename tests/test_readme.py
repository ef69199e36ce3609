"""The README's programs work as printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import gevent
import pytest
from doubles.threaded_sandbox import ThreadedSandbox

import relay_runtime
from relay_runtime import RelayClient
from relay_runtime.sandbox import Callee, Caller, Sandbox

README = (Path(__file__).parent.parent / "README.md").read_text()
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
TARGETS = set(re.findall(r"^([a-z-]+):.*##", (Path(__file__).parent.parent / "Makefile").read_text(), re.MULTILINE))


def test_the_first_screen_has_the_two_commands_and_a_call_actor() -> None:
    screen = "\n".join(README.splitlines()[:40])
    assert "$ make demo" in screen
    assert "$ make test" in screen
    assert "class Receptionist(CallActor)" in screen


def test_every_make_target_that_it_names_exists() -> None:
    assert set(re.findall(r"\$ make ([a-z-]+)", README)) <= TARGETS


def test_every_file_that_it_links_exists() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (Path(__file__).parent.parent / link).exists(), link


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


def test_the_program_with_handlers_works_as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(time_scale=0.01, control_port=None) as sandbox:
        made: list[RelayClient] = []

        def client_of_the_sandbox(**arguments: Any) -> RelayClient:
            assert set(arguments) == {"contexts"}  # the credentials are in the environment
            made.append(
                RelayClient(
                    project=sandbox.project, token=sandbox.token, host=sandbox.url, contexts=arguments["contexts"]
                )
            )
            return made[0]

        monkeypatch.setattr(relay_runtime, "RelayClient", client_of_the_sandbox)
        program = gevent.spawn(namespace, PROGRAMS[1])
        with gevent.Timeout(10):
            while not made or made[0].state != "connected":
                gevent.sleep(0.001)
        caller = Caller("+15550100001").dials("office").hears("Hello, and goodbye").waits_for_hangup()
        assert sandbox.place(caller).wait(timeout=10).ok
        sandbox.sends_message(from_number="+15550100001", to_number="+15550100002", body="hi", context="office")
        with gevent.Timeout(10):
            while not sandbox.messages():
                gevent.sleep(0.001)
        assert sandbox.messages()[0].body == "Thank you!"
        made[0].disconnect()
        program.get(timeout=10)


def test_the_program_on_asyncio_works_as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadedSandbox() as threaded:
        sandbox = threaded.sandbox
        monkeypatch.setenv("SIGNALWIRE_SPACE", sandbox.url)
        monkeypatch.setenv("SIGNALWIRE_PROJECT_ID", sandbox.project)
        monkeypatch.setenv("SIGNALWIRE_API_TOKEN", sandbox.token)
        threaded.do(sandbox.on_dial, "+15550100001", Callee().answers().hears("Your table").waits_for_hangup())
        namespace(PROGRAMS[2])
        assert threaded.do(lambda: sandbox.runs("+15550100001")[0].wait(timeout=10).ok)
