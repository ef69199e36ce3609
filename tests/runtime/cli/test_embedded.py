"""The sandbox that ``relay-runtime start --sandbox`` brings with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from doubles.hub import until
from gevent.hub import get_hub

from relay_runtime import CallActor, RelayClient
from relay_runtime.cli.embedded import Embedded
from relay_runtime.cli.example_callers import ExampleCallers
from relay_runtime.sandbox import Sandbox


@pytest.fixture
def embedded() -> Iterator[Embedded]:
    with Embedded(0.001, ExampleCallers(4)) as running:
        yield running


def test_its_settings_lead_to_it(embedded: Embedded) -> None:
    layer = embedded.layer()
    assert {name: found.value for name, found in layer.items()} == embedded.settings()
    assert {found.origin for found in layer.values()} == {"--sandbox"}
    client = RelayClient(**embedded.settings())
    client.connect(timeout=10.0)
    client.disconnect()


def test_an_app_without_contexts_gets_one(embedded: Embedded) -> None:
    known = RelayClient("p", "t", contexts=["shop"])
    assert embedded.contexts_for(CallActor) == ("office",)
    assert embedded.contexts_for(RelayClient("p", "t")) == ("office",)
    assert embedded.contexts_for(known) == ()


class Guest:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.end: Callable[[str], object] = lambda _: None

    def open(self) -> None:
        self.told.append("open")

    def loaded(self, sandbox: Sandbox, contexts: list[str]) -> None:
        self.told.append((sandbox.url, contexts))

    def failed(self, why: str) -> None:
        self.told.append(why)

    def begin(self) -> None:
        self.told.append("begin")

    def stop(self) -> None:
        self.told.append("stop")

    def close(self) -> None:
        self.told.append("close")


def test_its_guest_is_told_of_the_app_each_time_and_of_beginning_and_end() -> None:
    guest = Guest()
    with Embedded(0.001, guest) as embedded:
        url = embedded.settings()["host"]
        embedded.loaded(["shop"])
        embedded.loaded_by_worker({"files": []})
        embedded.loaded_by_worker({"files": [], "error": "no such file"})
        embedded.loaded_by_worker({"contexts": []})
        embedded.begin()
        embedded.stopping()
    assert guest.told == ["open", (url, ["shop"]), "no such file", (url, ["office"]), "begin", "stop", "stop", "close"]


def test_its_guest_goes_though_it_could_not_stop() -> None:
    guest = Guest()

    def fail() -> None:
        raise KeyboardInterrupt

    guest.stop = fail  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt), Embedded(0.001, guest):
        pass
    assert guest.told == ["open", "close"]


def test_its_guest_can_end_the_process_from_any_thread() -> None:
    guest, stopped = Guest(), list[str]()
    with Embedded(0.001, guest) as embedded:
        embedded.end_by(stopped.append)
        get_hub().threadpool.apply(guest.end, ("enough",))
        gevent.sleep(0)
        until(lambda: stopped)
    assert stopped == ["enough"]
