"""A campaign in the loop: the same pace and promises, awaited; nothing is lost to a cancellation or to the end."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from doubles.awaited import LIMIT, THEM, client_of, phone, run, until
from doubles.threaded_sandbox import ThreadedSandbox

import relay_runtime
from relay_runtime import aio
from relay_runtime.aio import CampaignItem, ClientStopped, NotConnected, Retry
from relay_runtime.sandbox import Callee

HOW: dict[str, Any] = {"cps": 200, "at_once": 5}


def items(count: int) -> Iterator[CampaignItem]:
    return (CampaignItem(phone(), key=number, dial_timeout=LIMIT) for number in range(count))


def on_dial(threaded: ThreadedSandbox, callee: Callee, number: str = "*") -> None:
    threaded.do(threaded.sandbox.on_dial, number, callee)


async def keys(found: AsyncIterator[Any]) -> list[Any]:
    return [each.key async for each in found]


@pytest.mark.slow
def test_whoever_reads_an_outcome_serves_its_call(threaded: ThreadedSandbox) -> None:
    on_dial(threaded, Callee().answers().hears("hello").waits_for_hangup())
    on_dial(threaded, Callee().is_busy(), THEM)

    async def serve(call: aio.Call) -> None:
        action = await call.play_tts("hello")
        await action.wait(timeout=LIMIT)
        await call.hangup()

    async def main() -> None:
        async with client_of(threaded) as client, asyncio.TaskGroup() as tasks:
            campaign = await client.campaign("greetings", **HOW, retry=Retry(delays=(0.001,)))
            await campaign.add(phone(THEM), key="busy")
            for number in range(8):
                await campaign.add(phone(f"+155501001{number:02d}"), key=number)
            told = {}
            async for outcome in campaign.outcomes():
                assert outcome.key not in told
                told[outcome.key] = outcome
                if outcome.call is not None:
                    tasks.create_task(serve(outcome.call))
            busy = told.pop("busy")
            assert (busy.result, busy.reason, busy.attempts) == ("failed", "busy", 2)
            assert [told[number].result for number in range(8)] == ["answered"] * 8
            assert repr(busy) == "<CampaignOutcome failed (busy), attempts: 2>"
            assert isinstance(busy, relay_runtime.CampaignOutcome)

    run(main())


@pytest.mark.slow
def test_an_asynchronous_generator_is_pulled_in_the_loop_as_places_become_free(threaded: ThreadedSandbox) -> None:
    on_dial(threaded, Callee().answers().waits_for_hangup())
    pulled = 0

    async def rows() -> AsyncIterator[CampaignItem]:
        nonlocal pulled
        for item in items(1000):
            await asyncio.sleep(0)
            assert asyncio.get_running_loop()
            pulled += 1
            yield item

    async def main() -> None:
        async with client_of(threaded) as client:
            campaign = await client.campaign("many", **HOW)
            await campaign.add_all(rows())
            await until(lambda: client.stats.campaigns["many", "answered"] == 5)
            assert pulled == 5
            left = await campaign.stop()
            assert (await anext(left)).key == 5
            for call in await client.live_calls():
                await client.hangup_call(call.call_id)
            assert sorted(await keys(campaign.outcomes())) == [0, 1, 2, 3, 4]

    run(main())


def test_an_outcome_whose_reader_was_cancelled_goes_to_the_next(threaded: ThreadedSandbox) -> None:
    on_dial(threaded, Callee().is_busy())

    async def main() -> None:
        async with client_of(threaded) as client:
            campaign = await client.campaign("cancelled", **HOW)
            await campaign.add_all(items(3))
            unread = campaign._of._outcomes
            await until(lambda: len(unread) == 3)
            reader = asyncio.ensure_future(anext(campaign.outcomes()))
            await asyncio.sleep(0)
            end = time.monotonic() + LIMIT
            while len(unread) == 3 and time.monotonic() < end:
                time.sleep(0.001)  # the loop stands still while the hub hands an outcome over
            assert len(unread) == 2
            reader.cancel()
            assert sorted(await keys(campaign.outcomes())) == [0, 1, 2]
            assert reader.cancelled()

    run(main())


def test_after_a_drain_outcomes_and_what_is_left_are_still_there(threaded: ThreadedSandbox) -> None:
    on_dial(threaded, Callee().answers().waits_for_hangup())

    async def main() -> None:
        client = client_of(threaded)
        await client.connect()
        campaign = await client.campaign("drained", **HOW)
        await campaign.add(phone(), key="one")
        await campaign.add_all(items(20))
        await until(lambda: client.stats.campaigns["drained", "answered"] == 5)
        assert not await client.drain(0)
        told = await keys(campaign.outcomes())
        left = await keys(await campaign.stop())
        assert len(told) == 5
        assert sorted([*told, *left], key=str) == sorted([*range(20), "one"], key=str)
        assert await keys(await campaign.stop()) == []
        with pytest.raises(NotConnected):
            await campaign.add(phone())

    run(main())


def test_an_item_that_was_pulled_when_the_client_went_is_left(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        client = client_of(threaded)
        await client.connect()
        asked, row = asyncio.Event(), asyncio.Event()

        async def slow() -> AsyncIterator[CampaignItem]:
            asked.set()
            await row.wait()
            for item in items(2):
                yield item

        campaign = await client.campaign("slow", **HOW)
        await campaign.add_all(slow())
        await asked.wait()
        await client.disconnect()
        row.set()
        await asyncio.sleep(0)
        await until(lambda: campaign._sources[0]._task.done())
        assert await keys(await campaign.stop()) == [0, 1]
        assert await keys(campaign.outcomes()) == []

    run(main())


def test_an_iterable_that_raises_is_told_at_the_end(threaded: ThreadedSandbox) -> None:
    on_dial(threaded, Callee().is_busy())

    async def broken() -> AsyncIterator[CampaignItem]:
        for item in items(2):
            yield item
        raise LookupError("the database is gone")

    async def main() -> None:
        async with client_of(threaded) as client, await client.campaign("broken", **HOW) as campaign:
            await campaign.add_all(broken())
            outcomes = campaign.outcomes()
            assert {(await anext(outcomes)).key, (await anext(outcomes)).key} == {0, 1}
            with pytest.raises(LookupError, match="the database is gone"):
                await anext(outcomes)
            assert campaign.name == "broken"
            with pytest.raises(ClientStopped):
                await campaign.add(phone())

    run(main())


def test_a_call_actor_is_refused_since_nothing_would_run_it(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with client_of(threaded) as client:
            campaign = await client.campaign("wrong", **HOW)
            with pytest.raises(TypeError, match=r"^call_actor is for relay_runtime\.RelayClient"):
                await campaign.add(phone(), call_actor=relay_runtime.CallActor)
            await campaign.add_all([CampaignItem(phone(), key="wrong", call_actor=relay_runtime.CallActor)])
            with pytest.raises(TypeError, match=r"^call_actor is for relay_runtime\.RelayClient"):
                await keys(campaign.outcomes())
            assert await keys(await campaign.stop()) == ["wrong"]
            wrong: Any = 5
            with pytest.raises(TypeError, match="not iterable"):
                await campaign.add_all(wrong)

    run(main())


def test_both_faces_have_the_same_methods() -> None:
    def public(cls: type) -> dict[str, set[str]]:
        names = {name for name in vars(cls) if not name.startswith("_")}
        methods = {name: getattr(cls, name) for name in names if inspect.isfunction(getattr(cls, name))}
        return {name: set(inspect.signature(method).parameters) for name, method in methods.items()}

    plain, awaited = public(relay_runtime.Campaign), public(aio.Campaign)
    assert plain.pop("add") - awaited.pop("add") == {"call_actor"}
    assert plain == awaited
    assert all(hasattr(aio.Campaign, name) for name in ("name", "__aenter__", "__aexit__"))
