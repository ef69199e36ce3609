"""What a campaign needs of a client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from relay_actors.call.call import Call
from relay_actors.session.command import Command
from relay_actors.telemetry.stats import Stats
from relay_runtime.campaign.item import CampaignItem

__all__ = ["Dialler"]


class Dialler(Protocol):
    """Makes the calls of a campaign."""

    stats: Stats
    """Where outcomes are counted."""

    @property
    def ready(self) -> bool:
        """Whether a dial would be sent at once: the connection is up."""

    @property
    def over(self) -> bool:
        """Whether no more dials are made: the client drains, stops, or has failed."""

    def refuse_elsewhere(self) -> None:
        """Refuse another thread than that of the client, and a child of its process, by a `RuntimeError`."""

    def watch(self, told: Callable[[], object]) -> Callable[[], object]:
        """Call ``told()`` when `ready` or `over` may have changed, until the function that is returned is called."""

    def dial(self, item: CampaignItem, command: Command) -> Call:
        """Return the call once it is answered; see `RelayClient.dial`. Blocks the current greenlet.

        Args:
            item: whom to call.
            command: becomes the dial's command; whatever is raised, ``sent`` of it is right.
        """

    def wait_for_end(self, call: Call) -> None:
        """Block the current greenlet until a call is over, in whatever way."""
