"""The sandbox that ``start --sandbox`` brings with it, on a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from doubles.hub import LIMIT
from doubles.output import Output

from relay_runtime import RelayClient
from relay_runtime.cli.embedded_thread import EmbeddedThread
from relay_runtime.cli.example_callers import ExampleCallers
from relay_runtime.sandbox import Sandbox


@pytest.fixture
def embedded() -> Iterator[EmbeddedThread]:
    before = threading.active_count()
    with EmbeddedThread(0.001, ExampleCallers(2)) as running:
        assert threading.active_count() == before + 1
        yield running
    assert threading.active_count() == before


def test_a_client_of_another_hub_is_led_to_it(embedded: EmbeddedThread) -> None:
    with RelayClient(**embedded.settings()) as client:
        assert client.relay_protocol


def test_example_callers_dial_whoever_lets_them(embedded: EmbeddedThread, output: Output) -> None:
    embedded.loaded([])
    embedded.begin()
    said, deadline = "", time.monotonic() + LIMIT
    while said.count("\ncaller") < 2:
        assert time.monotonic() < deadline, said
        time.sleep(0.001)  # the hub of this thread does not run meanwhile
        said += output()[0]
    assert {line.partition(":")[0] for line in said.splitlines()[3:]} == {"caller 1", "caller 2"}


def test_what_keeps_it_from_starting_is_raised_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: Sandbox) -> None:
        raise OSError("no port is free")

    monkeypatch.setattr(Sandbox, "start", start)
    before = threading.active_count()
    with pytest.raises(OSError, match="no port is free"), EmbeddedThread(0.001, ExampleCallers(0)):
        pass
    assert threading.active_count() == before
