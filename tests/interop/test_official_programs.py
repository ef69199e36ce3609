"""The programs of SignalWire's own documentation, as they come with signalwire-sdk, run here.

They are read from the installed package, moved over as ``docs/migrating.md`` says (``async`` and ``await`` dropped, the
import changed), and run against the sandbox: whole programs as processes, the documentation's snippets on a live call.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from doubles.client import account_of
from gevent.queue import Queue
from running_process import RunningProcess

import relay_runtime
from relay_runtime import Call, RelayClient, RelayError, Timing
from relay_runtime.sandbox import Callee, Caller, Sandbox

SPEC = importlib.util.find_spec("signalwire")
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(SPEC is None, reason="signalwire-sdk is not installed; it is in the extra 'interop'"),
]

THEIRS = Path(SPEC.origin).parent / "_docs" / "relay" if SPEC is not None and SPEC.origin else Path("nowhere")
LIMIT = 8.0
FENCE = re.compile(r"```python\n(.*?)```", re.DOTALL)

ENDS_OTHERWISE = {
    "call.answer()": "409: the call is answered already",
    "call.pass_()": "409: the call is answered already",
    "call.disconnect()": "409: nothing is connected",
    'call.leave_conference("conf-123")': "404: the call is in no conference",
    "call.leave_room()": "404: the call is in no room",
    'call.queue_leave("support", queue_id="q-123")': "404: the call is in no queue",
}
"""Snippets that the server refuses where they stand alone, with its code."""

NOT_A_PROGRAM = {
    "client.run()": "a whole program: such ones run as processes",
    "RelayClient(": "makes a client of its own",
    "raw_payload": "has names that stand for something",
    "[...]": "has dots that stand for something",
    'wait_for("calling.call.play", timeout=30.0)': "waits for what nothing causes",
    "wait_for_ended()": "waits for what nothing causes",
}
"""What makes a snippet one that cannot run alone."""


def moved_over(program: str) -> str:
    """A program as it stands here."""
    program = re.sub(r"\basync (def|with|for)\b", r"\1", program)
    program = re.sub(r"\bawait ", "", program)
    program = program.replace("from signalwire.relay import", "from relay_runtime import")
    return program.replace("asyncio.run(main())", "main()")


def snippets() -> Iterator[Any]:
    for page in sorted(THEIRS.glob("docs/*.md")):
        for number, code in enumerate(FENCE.findall(page.read_text())):
            if not any(mark in moved_over(code) for mark in NOT_A_PROGRAM):
                yield pytest.param(moved_over(code), id=f"{page.stem}-{number}")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    limit = gevent.Timeout(3 * LIMIT, AssertionError("the test waited in vain"))
    with limit, Sandbox(time_scale=0.002, control_port=None) as running:
        yield running
        assert running.errors == []


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[RelayClient]:
    timing = Timing(request_timeout=2, call_linger=0.2, stop_timeout=0.5)
    made = RelayClient(sandbox.project, sandbox.token, host=sandbox.url, contexts=["default"], timing=timing)
    made.connect(LIMIT)
    yield made
    made.disconnect()


@pytest.fixture
def call(sandbox: Sandbox, client: RelayClient) -> Call:
    """A call with a caller who presses keys now and then."""
    calls: Queue[Call] = Queue()

    def serve(live: Call) -> None:
        live.answer()
        live.wait_for_answered(LIMIT)
        calls.put(live)
        live.wait_for_ended()

    client.on_call(serve)
    sandbox.on_dial("*", Callee().answers().waits_for_hangup())
    caller = Caller().over_sip().dials("default")  # what is referred is a SIP call
    sandbox.place(caller.waits(50).presses("1").waits(5).presses("2#").waits_for_hangup())
    return calls.get(timeout=LIMIT)


@pytest.mark.parametrize("program", list(snippets()))
def test_a_snippet_of_the_documentation_runs_here(program: str, call: Call, client: RelayClient) -> None:
    names: dict[str, Any] = {**vars(relay_runtime), "call": call, "client": client, "print": lambda *_: None}
    names.update({"RelayEvent": relay_runtime.RelayEvent, "callback_fn": lambda _event: None})
    code = compile(program, "snippet", "exec")
    refusal = ENDS_OTHERWISE.get(program.strip())
    if refusal is None:
        exec(code, names)
        return
    with pytest.raises(RelayError) as caught:
        exec(code, names)
    assert str(caught.value.code) == refusal.split(":")[0]


def test_every_exception_in_the_list_is_a_snippet_that_exists() -> None:
    programs = {param.values[0].strip() for param in snippets()}  # type: ignore[union-attr]
    assert ENDS_OTHERWISE.keys() <= programs
    assert len(programs) > 40


# Whole programs


@pytest.fixture
def slower() -> Iterator[Sandbox]:
    """A sandbox for programs that are processes of their own."""
    with Sandbox(time_scale=0.02, control_port=None) as running:
        yield running
        assert running.errors == []


def started(name: str, sandbox: Sandbox, folder: Path) -> RunningProcess:
    """A program that was moved over, running."""
    (folder / name).write_text(moved_over((THEIRS / "examples" / name).read_text()))
    return RunningProcess([name], cwd=folder, environ=account_of(sandbox))


def test_their_welcome_runs_here(slower: Sandbox, tmp_path: Path) -> None:
    with started("relay_answer_and_welcome.py", slower, tmp_path) as program:
        program.wait_for_line("connection connected")
        outcome = slower.place(Caller().dials("default").hears("Welcome to SignalWire").waits_for_hangup()).wait(15)
        assert outcome.ok
        program.wait_for_line(f"Call ended: {outcome.call_id}", "stdout")


@pytest.mark.parametrize(
    ("key", "sentence"),
    [("1", "sales representative"), ("2", "support team"), ("0", "Connecting you"), ("", "didn't receive")],
)
def test_their_menu_runs_here(slower: Sandbox, tmp_path: Path, key: str, sentence: str) -> None:
    slower.on_dial("*", Callee().answers().hangs_up())
    with started("relay_ivr_connect.py", slower, tmp_path) as program:
        program.wait_for_line("connection connected")
        caller = Caller().dials("default").hears("Press 1 for sales")
        caller = (caller.presses(key) if key else caller).hears(sentence, timeout=15)
        end = caller.hangs_up() if key == "0" else caller.waits_for_hangup()
        assert slower.place(end).wait(20).ok


def test_their_dial_runs_here(slower: Sandbox, tmp_path: Path) -> None:
    slower.on_dial("*", Callee().rings(1).answers().hears("Welcome to SignalWire").waits_for_hangup())
    with started("relay_dial_and_play.py", slower, tmp_path) as program:
        assert program.exit_code() == 0
        for line in ("Call answered", "Playback finished", "Call ended", "Disconnected"):
            assert line in program.stdout
