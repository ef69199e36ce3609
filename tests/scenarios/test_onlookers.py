"""Code that only looks can't hurt: observers, taps, handlers of changes, listeners, sinks of the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gevent
import loguru
import pytest
from doubles.one_process import in_one_process

from relay_runtime import CallActor, CallObserver, RelayClient
from relay_runtime.sandbox import Caller

pytestmark = pytest.mark.scenario

LIMIT = 20.0
FAILURES = [ZeroDivisionError("broken"), gevent.Timeout(1), SystemExit(1)]


class Broken(CallObserver):
    """Raises whatever it is told."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.told: set[str] = set()

    def __getattribute__(self, name: str) -> Any:
        if name.startswith(("call_", "command_")):
            return lambda *_: self.fail(name)
        return super().__getattribute__(name)

    def fail(self, name: str) -> None:
        self.told.add(name)
        raise self.error


class Polite(CallActor):
    def run(self) -> None:
        self.on("calling.call.play", broken_listener)
        self.answer()
        self.play_tts("Hello").wait()
        self.hangup()


def broken_listener(_: Any) -> None:
    raise ZeroDivisionError


@pytest.fixture
def _no_sinks() -> Iterator[None]:
    loguru.logger.remove()
    yield
    loguru.logger.remove()


@pytest.mark.usefixtures("_no_sinks")
@pytest.mark.parametrize("error", FAILURES, ids=type)
def test_calls_are_served_on_one_connection_whatever_all_onlookers_raise(error: BaseException) -> None:
    def fail(*_: Any) -> None:
        raise error

    loguru.logger.add(fail, level="DEBUG", catch=False)
    observer = Broken(error)
    with in_one_process() as sandbox:
        client = RelayClient(
            project=sandbox.project, token=sandbox.token, host=sandbox.url, contexts=["office"], call_actor=Polite,
            observer=observer,
        )  # fmt: skip
        client.on_change(fail)
        client.tap.watch(fail)
        seen: list[Any] = []
        client.tap.watch(lambda *frame: seen.append(frame))
        with client:
            for _ in range(3):
                outcome = sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup()).wait(timeout=LIMIT)
                assert (outcome.status, outcome.heard) == ("answered", ("Hello",))
            assert client.status().connection.state == "connected"
        assert client.stats.connections == 1
        assert client.stats.calls_crashed == 0
        assert not any(client.stats.frames_bad.values())
        assert client.stats.connections_ended == {"closed": 1}
    told = {"call_began", "call_changed", "call_crashed", "call_over", "command_began", "command_over"}
    assert observer.told == told
    assert len(seen) > 20
