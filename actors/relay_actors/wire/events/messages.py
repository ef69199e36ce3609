"""Events of text messages, and of tasks."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from relay_actors.wire.events.base import RelayEvent
from relay_actors.wire.frames import as_dict
from relay_actors.wire.values import Count

__all__ = ["MessageReceiveEvent", "MessageStateEvent", "TaskEvent"]


class _MessageEvent(RelayEvent, frozen=True, kw_only=True):
    """What an inbound message and a state of an outbound one have in common."""

    message_id: str = ""
    body_context: str = msgspec.field(default="", name="context")
    direction: str = ""
    from_number: str = ""
    to_number: str = ""
    body: str = ""
    segments: Count = 0
    message_state: str = ""
    reason: str = ""
    media_urls: tuple[str, ...] | None = msgspec.field(default=None, name="media")
    labels: tuple[str, ...] | None = msgspec.field(default=None, name="tags")

    @property
    def context(self) -> str:
        """The context it arrived on."""
        return self.body_context or self.envelope.context or ""

    @property
    def media(self) -> list[str]:
        """URLs of the media, a fresh list at each access."""
        return list(self.media_urls or ())

    @property
    def tags(self) -> list[str]:
        """Labels of the message, a fresh list at each access."""
        return list(self.labels or ())


class MessageReceiveEvent(_MessageEvent, frozen=True, kw_only=True):
    """A message came in."""

    EVENT_TYPE: ClassVar[str] = "messaging.receive"


class MessageStateEvent(_MessageEvent, frozen=True, kw_only=True):
    """A sent message changed state; order is not promised."""

    EVENT_TYPE: ClassVar[str] = "messaging.state"


class TaskEvent(RelayEvent, frozen=True, kw_only=True):
    """A task pushed through the REST API; its envelope is flat."""

    EVENT_TYPE: ClassVar[str] = "queuing.relay.tasks"

    @property
    def context(self) -> str:
        """The context it arrived on."""
        return self.envelope.context or ""

    @property
    def message(self) -> dict[str, Any]:
        """The payload that the producer pushed."""
        return as_dict(self.envelope.message)
