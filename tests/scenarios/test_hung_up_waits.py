"""What the wait does in which somebody hangs up: one with an event of its own returns that, any other raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
import pytest
from doubles.one_process import in_one_process
from gevent.event import AsyncResult

from relay_runtime import CallActor, CallEnded, RelayClient
from relay_runtime.sandbox import Caller

pytestmark = pytest.mark.scenario

LIMIT = 60.0
TEXT = "What we have to say takes longer than you stay."
RETURN: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a prompt": (lambda call: call.prompt_tts(TEXT, {"digits": {"max": 1}}).wait().type, "no_input"),
    "a collection": (lambda call: call.collect(digits={"max": 1}, initial_timeout=50).wait().type, "no_input"),
    "a playback": (lambda call: call.play_tts(TEXT).wait().state, "finished"),
    "a recording": (lambda call: call.record({"audio": {}}).wait().state, "finished"),
}
RAISE: dict[str, Callable[[Any], Any]] = {
    "sleep": lambda call: call.sleep(50),
    "wait_for": lambda call: call.wait_for("calling.call.pay"),
}


def what_run_sees(wait: Callable[[Any], Any]) -> list[Any]:
    """Return what a wait gave, and what that of the verb behind it did, of a caller who hangs up meanwhile."""
    seen: AsyncResult[list[Any]] = AsyncResult()

    class App(CallActor):
        def run(self) -> None:
            self.answer()
            results: list[Any] = []
            for each in (wait, lambda call: call.play_tts("Goodbye.").wait()):
                try:
                    results.append(each(self))
                except CallEnded as ended:
                    results.append(type(ended))
            seen.set(results)

    with gevent.Timeout(LIMIT, AssertionError("waited in vain")), in_one_process() as sandbox:
        client = RelayClient(sandbox.project, sandbox.token, host=sandbox.url, contexts=["office"], call_actor=App)
        client.connect(LIMIT)
        try:
            sandbox.place(Caller("+15550100001").dials("office").waits(1).hangs_up()).wait(LIMIT)
            return seen.get(timeout=LIMIT) or []
        finally:
            client.disconnect()


@pytest.mark.parametrize("kind", RETURN)
def test_a_wait_whose_own_event_comes_returns_and_the_next_verb_raises(kind: str) -> None:
    wait, result = RETURN[kind]
    assert what_run_sees(wait) == [result, CallEnded]


@pytest.mark.parametrize("kind", RAISE)
def test_a_wait_that_no_such_event_ends_raises(kind: str) -> None:
    assert what_run_sees(RAISE[kind]) == [CallEnded, CallEnded]
