"""The campaigns of a client: what makes their calls."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from relay_actors.call.call import Call
from relay_actors.call.commands import await_state
from relay_actors.errors import ClientStopped, RelayError
from relay_actors.kit.scheduler import Scheduler
from relay_actors.session.command import Command
from relay_actors.wire import call_state
from relay_runtime.campaign.campaign import Campaign
from relay_runtime.campaign.item import CampaignItem
from relay_runtime.client.actors import ClientActors
from relay_runtime.client.dialling import dial
from relay_runtime.client.handlers import CallFactory, checked_factory
from relay_runtime.client.setup import ClientSetup

__all__ = ["ClientDialler", "make_campaign"]


def make_campaign(
    actors: ClientActors, setup: ClientSetup, name: str, call_actor: CallFactory | None, **how: Any
) -> Campaign:
    """Return a campaign of a client; see `RelayClient.campaign`. Never blocks.

    Raises:
        TypeError: ``call_actor`` can't make a `CallActor`.
        NotConnected: the client is not connected.
        ClientStopped: it drains or has failed.
    """
    factory = None if call_actor is None else checked_factory(call_actor)
    campaign = Campaign(name, dialler := ClientDialler(actors, setup, factory), **how)
    if dialler.over:
        raise ClientStopped("the client drains or stops; it makes no new calls")
    return campaign


class ClientDialler:
    """Makes calls by the actors that a client has now: when they end, it is over.

    Args:
        actors: the actors of the client.
        setup: what it was made with.
        call_actor: makes the actors of the calls whose items name none, or None.

    Attributes:
        stats: where outcomes are counted.

    Raises:
        NotConnected: there are none.
    """

    def __init__(self, actors: ClientActors, setup: ClientSetup, call_actor: CallFactory | None = None) -> None:
        self._actors = actors
        self._call_actor = call_actor
        self._tree = actors.running()
        self._scheduler = Scheduler.current()
        self._limit = setup.timing.dial_timeout
        self.stats = setup.stats

    def refuse_elsewhere(self) -> None:
        """Refuse another thread, while the hub is there: what is left of a campaign outlives it."""
        if self._scheduler.hub.loop is not None:
            self._scheduler.refuse_elsewhere()

    @property
    def ready(self) -> bool:
        """Whether the connection is up."""
        return self._tree.link.up

    @property
    def over(self) -> bool:
        """Whether these actors make no more dials.

        Raises:
            RuntimeError: they belong to another thread.
        """
        return self._actors.here() is not self._tree or self._tree.draining or self._tree.failed

    def watch(self, told: Callable[[], object]) -> Callable[[], object]:
        """Call ``told()`` when one of these may have changed; return what ends that. Never blocks."""
        return self._tree.watch(told)

    def dial(self, item: CampaignItem, command: Command) -> Call:
        """Return the call once it is answered. Blocks the current greenlet."""
        params: dict[str, Any] = {"tag": None, **item.arguments, "devices": item.devices}
        limit = params.pop("dial_timeout", None)
        limit = self._limit if limit is None else limit
        return dial(self._actors, params, item.call_actor or self._call_actor, limit, command)

    def wait_for_end(self, call: Call) -> None:
        """Block the current greenlet until a call is over."""
        with suppress(RelayError):  # over without an event that says so: its session or its client has gone
            await_state(call._relay, call_state.ENDED, None)
