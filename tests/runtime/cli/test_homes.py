"""Where the code of an app runs, and the sandbox beside it."""

from __future__ import annotations

from relay_runtime.cli.asyncio_app import Loop
from relay_runtime.cli.embedded import Embedded
from relay_runtime.cli.embedded_thread import EmbeddedThread
from relay_runtime.cli.example_callers import ExampleCallers
from relay_runtime.cli.homes import bring_sandbox, home_of
from relay_runtime.cli.serving import Greenlets


def test_an_app_of_asyncio_has_a_loop_and_its_sandbox_a_thread_of_its_own() -> None:
    assert isinstance(home_of(asyncio=True), Loop)
    assert isinstance(bring_sandbox(1.0, ExampleCallers(0), asyncio=True), EmbeddedThread)


def test_any_other_shares_the_hub_with_its_sandbox() -> None:
    assert isinstance(home_of(asyncio=False), Greenlets)
    assert type(bring_sandbox(1.0, ExampleCallers(0), asyncio=False)) is Embedded
