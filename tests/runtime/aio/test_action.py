"""What all operations have in common: their waits, their sub-commands, and results that come one by one."""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import gevent
import pytest
from doubles.awaited import LIMIT, bridged, run
from doubles.operations import collected, detected, of
from gevent.hub import get_hub

from relay_actors.call import actions as model
from relay_actors.kit.future import GreenletFuture
from relay_runtime import CallEnded, RelayError, RelayTimeout
from relay_runtime.aio import DetectAction, PlayAction, StandaloneCollectAction
from relay_runtime.aio.bridge import Bridge


class Operator:
    """The call of an operation, as far as the operation sees it.

    Attributes:
        commands: what it was given to send.
        refusal: what it answers with, if it is set.
    """

    call_id = "c1"

    def __init__(self) -> None:
        self.commands: list[tuple[str, dict[str, Any]]] = []
        self.refusal: RelayError | None = None

    def command(self, method: str, params: dict[str, Any], *, timeout: float | None = None) -> dict[str, Any]:
        self.commands.append((method, params))
        if self.refusal is not None:
            raise self.refusal
        return {"code": "200"}

    def refuse_elsewhere(self) -> None:
        """Belong to every thread."""

    def wait_for_future(self, future: GreenletFuture[Any], timeout: float | None) -> bool:
        return future.wait(timeout)


@asynccontextmanager
async def begun(kind: Any, awaited: Any) -> AsyncIterator[tuple[Bridge, Any, Any]]:
    """Give the bridge, an operation of the hub, and the same one as coroutines know it."""
    async with bridged() as bridge:
        operation = kind(Operator(), "k1")
        yield bridge, operation, awaited(bridge, operation)


def playing() -> Any:
    return begun(model.PlayAction, PlayAction)


def collecting() -> Any:
    return begun(model.StandaloneCollectAction, StandaloneCollectAction)


def finished(operation: Any) -> Any:
    return of(operation, "calling.call.play", state="finished")


# Waits


def test_what_is_known_of_it_can_be_read_before_and_after_its_end() -> None:
    async def main() -> None:
        async with playing() as (bridge, operation, action):
            operation.reply = {"code": "200"}
            assert (action.control_id, action.reply, action.METHOD) == ("k1", {"code": "200"}, "calling.play")
            assert (action.is_done, action.completed, action.state) == (False, False, "")
            assert (action.result, action.error) == (None, None)
            assert repr(action) == repr(operation)
            await bridge.ask(operation.apply, finished(operation))
            assert (action.is_done, action.completed, action.state) == (True, True, "finished")
            assert action.result.state == "finished"

    run(main())


def test_any_number_of_waits_end_with_the_last_event() -> None:
    async def main() -> None:
        async with playing() as (bridge, operation, action):
            waits = [asyncio.ensure_future(action.wait(LIMIT)) for _ in range(3)]
            await bridge.ask(operation.apply, of(operation, "calling.call.play", state="playing"))
            assert not any(each.done() for each in waits)
            bridge.send(operation.apply, finished(operation))
            assert [event.state for event in await asyncio.gather(*waits)] == ["finished"] * 3
            assert (await action.wait(0)).state == "finished"

    run(main())


def test_a_wait_has_a_limit_of_its_own_which_is_no_limit_of_asyncio() -> None:
    async def main() -> None:
        async with playing() as (bridge, operation, action):
            with pytest.raises(RelayTimeout, match=r"calling\.play did not end within 0\.001 s"):
                await action.wait(0.001)
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(0.001):
                    await action.wait(LIMIT)
            assert not isinstance(caught.value, RelayTimeout)
            bridge.send(operation.apply, finished(operation))
            assert (await action.wait(LIMIT)).state == "finished"

    run(main())


def test_the_end_of_the_call_is_what_a_wait_raises() -> None:
    async def main() -> None:
        async with playing() as (bridge, operation, action):
            waiting = asyncio.ensure_future(action.wait(LIMIT))
            await bridge.ask(operation.abort, CallEnded("hangup"))
            with pytest.raises(CallEnded):
                await waiting
            assert isinstance(action.error, CallEnded)
            assert (action.is_done, action.result) == (True, None)

    run(main())


def test_an_end_that_is_a_timeout_itself_keeps_its_own_words() -> None:
    async def main() -> None:
        async with playing() as (bridge, operation, action):
            waiting = asyncio.ensure_future(action.wait())
            await bridge.ask(operation.abort, RelayTimeout("something else took too long"))
            with pytest.raises(RelayTimeout, match="something else took too long"):
                await waiting

    run(main())


# Sub-commands


def test_a_sub_command_is_sent_and_gives_the_reply() -> None:
    async def main() -> None:
        async with playing() as (_, operation, action):
            assert await action.stop() == {"code": "200"}
            assert await action.volume(-3) == {"code": "200"}
            assert operation._call.commands == [
                ("calling.play.stop", {"control_id": "k1"}),
                ("calling.play.volume", {"control_id": "k1", "volume": -3}),
            ]

    run(main())


def test_a_sub_command_that_is_refused_or_wrong_says_so_and_one_that_is_late_does_nothing() -> None:
    async def main() -> None:
        async with playing() as (bridge, operation, action):
            with pytest.raises(ValueError, match="volume"):
                await action.volume(1000)
            operation._call.refusal = RelayError(500, "broken")
            with pytest.raises(RelayError, match="broken"):
                await action.pause()
            await bridge.ask(operation.apply, finished(operation))
            assert await action.stop() == {}

    run(main())


def test_an_operation_with_several_results_can_be_stopped_too() -> None:
    async def main() -> None:
        detecting = begun(model.DetectAction, DetectAction)
        for each, method in ((detecting, "calling.detect.stop"), (collecting(), "calling.collect.stop")):
            async with each as (_, operation, action):
                assert await action.stop() == {"code": "200"}
                assert operation._call.commands == [(method, {"control_id": "k1"})]

    run(main())


# Results


def test_results_come_one_by_one_until_the_operation_is_over() -> None:
    async def main() -> None:
        async with collecting() as (bridge, operation, action):
            operation.continuous = True
            await bridge.ask(operation.apply, collected(operation, digits="1"))

            async def listen() -> list[str]:
                return [result.digits async for result in action.results()]

            listening = asyncio.ensure_future(listen())
            bridge.send(operation.apply, collected(operation, digits="2"))
            bridge.send(operation.apply, collected(operation, "finished", state="finished"))
            assert await listening == ["1", "2"]

    run(main())


def test_waiting_for_the_next_result_is_bounded_and_ends_with_the_call() -> None:
    async def main() -> None:
        async with collecting() as (bridge, operation, action):
            with pytest.raises(RelayTimeout, match=r"calling\.collect brought no result in time"):
                await anext(action.results(0.001))
            waiting = asyncio.ensure_future(anext(action.results()))
            await bridge.ask(operation.abort, CallEnded("hangup"))
            with pytest.raises(CallEnded):
                await waiting

    run(main())


def test_a_result_that_comes_together_with_a_cancellation_goes_to_the_next_who_asks() -> None:
    async def main() -> None:
        async with collecting() as (bridge, operation, action):
            operation.continuous = True
            waiting = asyncio.ensure_future(anext(action.results()))
            await bridge.ask(gevent.sleep, 0)  # it waits
            there = threading.Event()

            def bring() -> None:
                operation.apply(collected(operation, digits="1"))
                get_hub().loop.run_callback(lambda: gevent.spawn(gevent.spawn, there.set))

            bridge.send(bring)
            there.wait(LIMIT)  # the loop stands still meanwhile: the result has come over, and nobody has taken it
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert (await anext(action.results(LIMIT))).digits == "1"

    run(main())


def test_a_detector_waits_for_the_machine_to_be_ready() -> None:
    async def main() -> None:
        async with begun(model.DetectAction, DetectAction) as (bridge, operation, action):
            waiting = asyncio.ensure_future(action.wait_for_ready(LIMIT))
            await bridge.ask(operation.apply, detected(operation, "MACHINE"))
            assert (await action.wait(LIMIT)).event == "MACHINE"
            assert not waiting.done()
            bridge.send(operation.apply, detected(operation, "READY"))
            assert (await waiting).event == "READY"

    run(main())


def test_what_only_the_event_has_is_asked_of_it_after_a_wait() -> None:
    async def main() -> None:
        async with playing() as (_, _, operation):
            assert not hasattr(operation, "timestamp")
            words = r"^PlayAction has no 'timestamp': await \.wait\(\) first, which returns the PlayEvent with it$"
            with pytest.raises(AttributeError, match=words):
                _ = operation.timestamp
            with pytest.raises(AttributeError, match="^'PlayAction' object has no attribute 'digits'"):
                _ = operation.digits
            assert copy.copy(operation).control_id == operation.control_id

    run(main())
