"""The imports and the handlers of docs/migrating.md: each serves a call, and the second is made of the first."""

from __future__ import annotations

import ast
import asyncio
import importlib
from pathlib import Path
from typing import Any

import pytest
from doubles.threaded_sandbox import ThreadedSandbox
from walkthrough import block_with

import relay_runtime
from relay_runtime import aio
from relay_runtime.sandbox import Caller, Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "migrating.md").read_text(encoding="utf-8")
FIRST = block_with(PAGE, "from signalwire.relay import RelayClient ")
THEN = block_with(PAGE, "from relay_runtime.aio import RelayClient         # before")
HANDLERS = block_with(PAGE, "async def handle(call):")
CALLER = Caller("+15550100001").dials("office").hears("Hello").waits_for_hangup()


def imported(block: str) -> list[type[Any]]:
    """Return what each line of a block imports."""
    names = [node for node in ast.walk(ast.parse(block)) if isinstance(node, ast.ImportFrom)]
    return [getattr(importlib.import_module(node.module or ""), node.names[0].name) for node in names]


def test_the_imports_are_of_the_clients() -> None:
    pytest.importorskip(
        "signalwire.relay.client", reason="signalwire-sdk is not installed; it is in the extra 'interop'"
    )
    assert imported(FIRST)[1] is aio.RelayClient
    assert imported(FIRST)[0].__module__.startswith("signalwire.")


def test_the_second_change_is_from_one_of_ours_to_the_other() -> None:
    assert imported(THEN) == [aio.RelayClient, relay_runtime.RelayClient]


def handlers() -> tuple[str, str]:
    before, _, after = HANDLERS.partition("\n\n")
    assert (
        before.replace("async ", "").replace("await ", "").replace("      # before", "# after").split() == after.split()
    )
    return before, after


def keywords(sandbox: Sandbox) -> dict[str, Any]:
    return {"project": sandbox.project, "token": sandbox.token, "host": sandbox.url, "contexts": ["office"]}


def test_the_handler_before_serves_a_call() -> None:
    with ThreadedSandbox() as threaded:
        sandbox = threaded.sandbox

        async def main() -> None:
            client = aio.RelayClient(**keywords(sandbox))
            exec(handlers()[0], {"client": client})
            async with client:
                run = threaded.do(sandbox.place, CALLER)
                outcome = await asyncio.to_thread(threaded.do, run.wait, 15)
                assert outcome.ok

        asyncio.run(main())


def test_the_handler_after_serves_a_call() -> None:
    with Sandbox(time_scale=0.01, control_port=None) as sandbox:
        client = relay_runtime.RelayClient(**keywords(sandbox))
        exec(handlers()[1], {"client": client})
        with client:
            assert sandbox.place(CALLER).wait(15).ok
