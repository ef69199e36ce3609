"""Somebody whom a campaign is to call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from relay_actors.call.call import Call
from relay_actors.wire.checks import check_devices
from relay_actors.wire.dicts import DialDevices

__all__ = ["CampaignItem"]


class CampaignItem:
    """Somebody to call, and what is to be known of them when the outcome comes.

    Args:
        devices: whom to call, as for `RelayClient.dial`.
        key: names the item for its user: an id, a row, any object. The runtime hands it back and never logs it.
        call_actor: a `CallActor` class that serves the call; None takes the campaign's.
        arguments: further arguments of `RelayClient.dial`: ``max_duration``, ``dial_timeout``, ``timeout``, …

    Attributes:
        devices: see above.
        key: see above.
        call_actor: see above.
        arguments: see above.

    Raises:
        ValueError: a device is malformed.
    """

    __slots__ = ("arguments", "call_actor", "devices", "key")

    def __init__(
        self,
        devices: DialDevices,
        *,
        key: Any = None,
        call_actor: Callable[..., Call] | None = None,
        **arguments: Any,
    ) -> None:
        self.devices = check_devices(devices)
        self.key = key
        self.call_actor = call_actor
        self.arguments = arguments
