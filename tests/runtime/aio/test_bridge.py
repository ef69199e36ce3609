"""The way between the loop and the hub: what is asked comes back, whatever happens to either side."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from doubles.awaited import LIMIT, bridged, run, until
from gevent.event import Event
from gevent.hub import get_hub

from relay_actors.kit.future import GreenletFuture
from relay_runtime import CallEnded, ClientFailed, NotConnected
from relay_runtime.aio.bridge import Bridge


class Wakes:
    """Counts how often other threads wake the running loop."""

    def __init__(self) -> None:
        self.count = 0
        loop: Any = asyncio.get_running_loop()
        wake = loop.call_soon_threadsafe

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            return wake(*args, **kwargs)

        loop.call_soon_threadsafe = counted


async def both_ways(bridge: Bridge) -> None:
    """Return when both sides have done all that they were given before."""
    await asyncio.sleep(0)  # tasks that were made just now begin
    await bridge.ask(lambda: None)


def die() -> None:
    raise SystemExit(7)


# Asking


def test_a_function_runs_in_a_greenlet_of_the_hub_and_its_result_comes_back() -> None:
    def where(*args: int, **kwargs: int) -> tuple[Any, ...]:
        gevent.sleep(0.001)
        return threading.current_thread().name, gevent.getcurrent() is not get_hub(), args, kwargs

    async def main() -> None:
        async with bridged() as bridge:
            assert await bridge.ask(where, 1, key=2) == ("relay-runtime", True, (1,), {"key": 2})

    run(main())


def test_what_a_function_raises_comes_back_with_its_own_type() -> None:
    def end() -> None:
        raise CallEnded("busy")

    async def main() -> None:
        async with bridged() as bridge:
            with pytest.raises(CallEnded, match="busy"):
                await bridge.ask(end)

    run(main())


def test_a_stop_iteration_is_an_error_and_no_end_of_the_coroutine() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            with pytest.raises(RuntimeError, match="StopIteration"):
                await bridge.ask(next, iter(()))

    run(main())


def test_functions_that_block_run_side_by_side() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            opened = await bridge.ask(Event)
            waits = [asyncio.ensure_future(bridge.ask(opened.wait, LIMIT)) for _ in range(50)]
            await bridge.ask(opened.set)
            assert await asyncio.gather(*waits) == [True] * 50

    run(main())


def test_another_loop_is_refused() -> None:
    async def elsewhere(bridge: Bridge) -> None:
        with pytest.raises(RuntimeError, match="belongs to the loop that connected it"):
            await bridge.ask(lambda: None)

    async def main() -> None:
        async with bridged() as bridge:
            await asyncio.to_thread(asyncio.run, elsewhere(bridge))

    run(main())


def test_after_the_end_nothing_is_taken() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            assert bridge.alive
        assert not bridge.alive
        with pytest.raises(NotConnected):
            await bridge.ask(lambda: None)
        with pytest.raises(NotConnected):
            bridge.send(pytest.fail)
        assert not bridge.send_if_alive(pytest.fail)

    run(main())


# Batches


def test_however_many_results_a_pass_of_the_hub_brings_the_loop_is_woken_once() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            futures = [GreenletFuture[int]() for _ in range(500)]
            waits = [asyncio.ensure_future(bridge.result(each)) for each in futures]
            await both_ways(bridge)
            wakes = Wakes()
            bridge.send(lambda: [each.resolve(number) for number, each in enumerate(futures)])
            assert await asyncio.gather(*waits) == list(range(500))
            assert wakes.count == 1

    run(main())


def test_what_is_posted_runs_in_its_order_in_the_loop() -> None:
    async def main() -> None:
        taken: list[tuple[int, str]] = []
        async with bridged() as bridge:
            for number in range(10):
                bridge.send(bridge.post, lambda number=number: taken.append((number, threading.current_thread().name)))
            await both_ways(bridge)
        assert taken == [(number, threading.current_thread().name) for number in range(10)]

    run(main())


def test_a_callback_that_raises_goes_to_the_handler_of_the_loop_and_the_next_one_runs() -> None:
    async def main() -> None:
        told, taken = list[dict[str, Any]](), list[str]()
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        async with bridged() as bridge:
            bridge.send(lambda: (bridge.post(lambda: 1 / 0), bridge.post(taken.append, "next")))
            await both_ways(bridge)
        assert isinstance(told[0]["exception"], ZeroDivisionError)
        assert taken == ["next"]

    run(main())


# Cancellation


def test_a_cancelled_ask_ends_the_function_where_it_stands() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            begun, ended = await bridge.ask(Event), await bridge.ask(GreenletFuture[str])

            def stand() -> None:
                begun.set()
                try:
                    gevent.sleep(2 * LIMIT)
                except gevent.GreenletExit:
                    ended.resolve("interrupted")
                    raise

            asking = asyncio.ensure_future(bridge.ask(stand))
            await bridge.ask(begun.wait, LIMIT)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert await bridge.result(ended) == "interrupted"
            assert await bridge.ask(lambda: "usable") == "usable"

    run(main())


def test_what_is_cancelled_before_its_turn_is_not_begun() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            begun: list[int] = []
            release = await held(bridge)
            asking = asyncio.ensure_future(bridge.ask(begun.append, 1))
            await asyncio.sleep(0)
            asking.cancel()
            await asyncio.sleep(0)
            release.set()
            await both_ways(bridge)
            assert begun == []
            assert asking.cancelled()

    run(main())


async def held(bridge: Bridge) -> threading.Event:
    """Keep the hub busy until the event that is returned is set."""
    busy, release = threading.Event(), threading.Event()
    bridge.send(lambda: (busy.set(), release.wait(LIMIT)))
    await asyncio.to_thread(busy.wait, LIMIT)
    return release


def test_a_result_that_comes_after_the_cancellation_is_handed_to_unclaimed() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            unclaimed: list[str] = []
            asking = asyncio.ensure_future(bridge.ask(lambda: "a call", unclaimed=unclaimed.append))
            await asyncio.sleep(0)  # it is on its way
            gone_over = threading.Event()
            bridge.send(lambda: get_hub().loop.run_callback(lambda: gevent.spawn(gone_over.set)))
            gone_over.wait(LIMIT)  # the loop stands still meanwhile: the result is there, and nobody has taken it
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await until(lambda: unclaimed)
            assert unclaimed == ["a call"]

    run(main())


def test_a_result_that_came_just_before_the_cancellation_is_handed_to_unclaimed() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            unclaimed: list[str] = []

            def finish() -> str:  # the cancellation comes in one batch with the result, right behind it
                get_hub().loop.run_callback(bridge.post, asking.cancel)
                return "a call"

            asking = asyncio.ensure_future(bridge.ask(finish, unclaimed=unclaimed.append))
            with pytest.raises(asyncio.CancelledError):
                await asking
            await both_ways(bridge)
            assert unclaimed == ["a call"]

    run(main())


def test_a_timeout_around_an_ask_is_the_loops_own() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            never = await bridge.ask(Event)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await bridge.ask(never.wait)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(bridge.ask(never.wait), 0.001)

    run(main())


# Futures of the hub


def test_a_future_of_the_hub_gives_its_result_or_its_error_at_once_or_later() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            there, later, broken = GreenletFuture[int](), GreenletFuture[int](), GreenletFuture[int]()
            there.resolve(1)
            assert await bridge.result(there) == 1
            waiting = [asyncio.ensure_future(bridge.result(each)) for each in (later, broken)]
            await both_ways(bridge)
            bridge.send(lambda: (later.resolve(2), broken.fail(CallEnded("over"))))
            assert await waiting[0] == 2
            with pytest.raises(CallEnded, match="over"):
                await waiting[1]

    run(main())


def test_a_cancelled_wait_for_a_future_leaves_it_as_it_is() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            future = GreenletFuture[int]()
            waiting = asyncio.ensure_future(bridge.result(future))
            await both_ways(bridge)
            assert future._callback is not None
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await both_ways(bridge)
            assert future._callback is None
            bridge.send(future.resolve, 3)
            assert await bridge.result(future) == 3

    run(main())


# The death of either side


def test_the_death_of_the_hub_fails_every_await_and_all_that_come_after() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            waits = [
                asyncio.ensure_future(bridge.ask(gevent.sleep, 2 * LIMIT)),
                asyncio.ensure_future(bridge.result(GreenletFuture[int]())),
            ]
            await both_ways(bridge)
            bridge.send(die)
            for each in waits:
                with pytest.raises(ClientFailed, match="died: SystemExit") as caught:
                    await each
                assert isinstance(caught.value.__cause__, SystemExit)
            with pytest.raises(ClientFailed):
                await bridge.ask(lambda: None)
            with pytest.raises(ClientFailed):
                await bridge.result(GreenletFuture[int]())

    run(main())


def test_the_end_of_the_hub_fails_what_still_waits() -> None:
    async def main() -> None:
        async with bridged() as bridge:
            waiting = asyncio.ensure_future(bridge.ask(gevent.sleep, 2 * LIMIT))
            await both_ways(bridge)
        with pytest.raises(NotConnected):
            await waiting

    run(main())


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(lambda bridge: None, id="nothing is posted", marks=pytest.mark.slow),
        pytest.param(lambda bridge: bridge.send(bridge.post, pytest.fail), id="something is posted"),
    ],
)
def test_a_loop_that_was_closed_is_noticed_whether_or_not_anything_is_posted(how: Callable[[Bridge], None]) -> None:
    told: list[tuple[object, bool]] = []
    abandoned = threading.Event()

    def note(bridge: object) -> None:
        gevent.sleep(0)  # in a greenlet, which may wait
        told.append((bridge, threading.current_thread().name == "relay-runtime"))
        abandoned.set()

    async def main() -> Bridge:
        bridge = Bridge(asyncio.get_running_loop(), contextvars.copy_context(), note)
        bridge.start()
        await both_ways(bridge)
        return bridge

    bridge = run(main())
    how(bridge)
    assert abandoned.wait(LIMIT)
    bridge.stop()
    bridge.join(LIMIT)
    assert told == [(bridge, True)]
    assert not bridge.alive
