"""A campaign for asyncio: it dials in the thread of the client; its iterables and outcomes are the loop's."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from contextlib import suppress
from typing import Any, Self, cast

import msgspec

from relay_actors.errors import ClientFailed, NotConnected
from relay_actors.kit.future import GreenletFuture
from relay_actors.wire.dicts import DialDevices
from relay_runtime.aio.bridge import Bridge
from relay_runtime.aio.call import Call
from relay_runtime.aio.tasks import Tasks
from relay_runtime.campaign import campaign as model
from relay_runtime.campaign.item import CampaignItem
from relay_runtime.campaign.outcome import CampaignOutcome
from relay_runtime.campaign.outcomes import Told

__all__ = ["Campaign"]


class Campaign:
    """A paced, bounded dialler; as `relay_runtime.Campaign`. Made by `RelayClient.campaign`.

    Whoever reads an outcome serves its call. With ``async with``, it is stopped when the block ends.
    """

    __slots__ = ("_bridge", "_of", "_sources", "_tasks")

    def __init__(self, bridge: Bridge, tasks: Tasks, of: model.Campaign) -> None:
        self._bridge = bridge
        self._tasks = tasks
        self._of = of
        self._sources: list[Source] = []

    def __repr__(self) -> str:
        return repr(self._of)

    @property
    def name(self) -> str:
        """Names it in the log and in metrics."""
        return self._of.name

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def add(self, devices: DialDevices, *, key: Any = None, **arguments: Any) -> None:
        """Have somebody called; the item is kept in memory until its turn comes.

        Args:
            devices: whom to call, as for `RelayClient.dial`.
            key: names the item for its user: an id, a row, any object. It comes back with the outcome.
            arguments: further arguments of `RelayClient.dial`: ``max_duration``, ``dial_timeout``, ``timeout``, …

        Raises:
            ValueError: a device is malformed.
            ClientStopped: the campaign has stopped.
        """
        refuse_actor(arguments.pop("call_actor", None))
        await self._bridge.ask(self._of.add, devices, key=key, **arguments)

    async def add_all(self, items: Iterable[CampaignItem] | AsyncIterable[CampaignItem]) -> None:
        """Have everybody called whom an iterable gives, such as an asynchronous generator over the rows of a table.

        Items are pulled in the loop, one at a time, when they can be dialled. If the iterable raises, or gives
        something else than a `CampaignItem`, the campaign stops, and `outcomes` raises the error at its end.

        Raises:
            TypeError: ``items`` is not iterable.
            ClientStopped: the campaign has stopped.
        """
        source = Source(self._bridge, items)
        await self._bridge.ask(self._of.add_all, source)
        self._sources.append(source)

    async def outcomes(self) -> AsyncIterator[CampaignOutcome[Call]]:
        """Yield the outcomes as they come, each once, whoever is cancelled meanwhile.

        It ends when there is nothing more to dial, or the campaign was stopped, and the last call has ended.

        Raises:
            TypeError: an iterable gave something else than a `CampaignItem`.
            Exception: whatever an iterable raised.
        """
        while (outcome := await self._next()) is not None:
            call = None if outcome.call is None else Call(self._bridge, self._tasks, outcome.call)
            yield cast("CampaignOutcome[Call]", msgspec.structs.replace(outcome, call=call))

    async def stop(self) -> AsyncIterator[CampaignItem]:
        """Begin no more dials, and return what is left: items that were not dialled, or that wait for another try.

        What is under way is left alone, and has its outcome; nothing is tried again. The items are taken out of the
        campaign while they are iterated, then the rest of each iterable. May be called after a drain too.
        """
        try:
            kept = await self._bridge.ask(self._of.stop, lasting=True)
        except (ClientFailed, NotConnected):
            kept = self._of.stop()  # its hub has gone
        for source in self._sources:
            source.closed = True
        return self._left(kept)

    async def _left(self, kept: Iterator[CampaignItem]) -> AsyncIterator[CampaignItem]:
        for item in kept:
            yield item
        while self._sources:
            source = self._sources[0]
            async for item in source.rest():
                yield item
            if source in self._sources:
                self._sources.remove(source)

    async def _next(self) -> Told | None:
        outcomes = self._of._outcomes
        with suppress(NotConnected, ClientFailed):
            return await self._bridge.ask(self._of._next_outcome, unclaimed=self._give_back)
        # Its hub has gone: no more come.
        return self._of._next_outcome() if outcomes or self._of._is_through() else None

    def _give_back(self, outcome: Told | None) -> None:
        """Keep an outcome for the next who asks: whoever asked was cancelled."""
        give_back = self._of._outcomes.give_back
        if outcome is not None and not self._bridge.send_if_alive(give_back, outcome):
            give_back(outcome)


class Source:
    """An iterable of the loop, iterated by the hub: each item is pulled in the loop.

    Args:
        bridge: joins them.
        items: the iterable.

    Attributes:
        closed: whether it gives the hub no more.

    Raises:
        TypeError: ``items`` is not iterable.
    """

    def __init__(self, bridge: Bridge, items: Iterable[CampaignItem] | AsyncIterable[CampaignItem]) -> None:
        self.closed = False
        self._bridge = bridge
        self._items = aiter(items) if isinstance(items, AsyncIterable) else _awaited(iter(items))
        self._pulled: CampaignItem | None = None  # until the hub takes it
        self._task: Any = None

    # In the hub

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> CampaignItem:
        """Return the next item. Blocks the current greenlet until the loop has it."""
        if self.closed:
            raise StopIteration
        future: GreenletFuture[CampaignItem] = GreenletFuture()
        self._bridge.post(self._begin, future)
        item: CampaignItem = future.get()
        self._pulled = None
        return item

    # In the loop

    def _begin(self, future: GreenletFuture[CampaignItem]) -> None:
        context = self._bridge.context.copy()
        self._task = context.run(self._bridge.loop.create_task, self._pull(future))

    async def _pull(self, future: GreenletFuture[CampaignItem]) -> None:
        try:
            item = self._pulled = await anext(self._items)
            refuse_actor(getattr(item, "call_actor", None))
        except StopAsyncIteration:
            self._bridge.send_if_alive(future.fail, StopIteration())
        except BaseException as error:
            self._bridge.send_if_alive(future.fail, error)
            if not isinstance(error, Exception):
                raise
        else:
            self._bridge.send_if_alive(future.resolve, item)

    async def rest(self) -> AsyncIterator[CampaignItem]:
        """Yield what the hub has not taken."""
        if self._pulled is not None:
            item, self._pulled = self._pulled, None
            yield item
        async for item in self._items:
            yield item


async def _awaited(items: Iterator[CampaignItem]) -> AsyncIterator[CampaignItem]:
    for item in items:
        yield item


def refuse_actor(call_actor: object) -> None:
    """Refuse the one thing that an item has on greenlets alone.

    Raises:
        TypeError: it has one.
    """
    if call_actor is not None:
        raise TypeError("call_actor is for relay_runtime.RelayClient; here, whoever reads the outcome serves its call")
