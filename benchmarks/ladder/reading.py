"""What comes, decoded: replies and events are handed to who serves the calls, and events acknowledged."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from benchmarks.clients.floor import Body, Incoming
from benchmarks.ladder.serving import Serving
from relay_actors.wire.events import RelayEvent, parse_event
from relay_actors.wire.events.calls import CallReceiveEvent, CallStateEvent
from relay_actors.wire.events.media import PlayEvent
from relay_actors.wire.frames import decode_frame

Acknowledge = Callable[[Any], bytes]
Fresh = Callable[[Iterable[tuple[Any, RelayEvent]]], Iterable[RelayEvent]]


class PlainReading:
    """Decodes the documented floor's few fields, and nothing else.

    Args:
        serving: Who is told.
        acknowledge: Makes the acknowledgement of an event's id.
    """

    def __init__(self, serving: Serving, acknowledge: Acknowledge) -> None:
        self._decode = msgspec.json.Decoder(Incoming).decode
        self._acknowledge = acknowledge
        self._replied = serving.replied
        self._routes: dict[str, Callable[[Body], None]] = {
            "calling.call.receive": serving.offered,
            "calling.call.play": serving.played,
            "calling.call.state": serving.stated,
        }

    def take(self, texts: Iterable[str | bytes], acks: list[bytes]) -> None:
        """Handle frames in order, and add the acknowledgements to a list."""
        decode, acknowledge, routes, replied = self._decode, self._acknowledge, self._routes, self._replied
        for text in texts:
            incoming = decode(text)
            envelope = incoming.params
            if envelope is None:
                replied(incoming.id)
                continue
            acks.append(acknowledge(incoming.id))
            route = routes.get(envelope.event_type)
            if route is not None and envelope.params is not None:
                route(envelope.params)


class TypedReading:
    """Decodes frames and events as ours does: every field, typed, and whatever is odd passes.

    Args:
        serving: Who is told.
        acknowledge: Makes the acknowledgement of an event's id.
        fresh: Returns those of some events, each with the id of its frame, that are to be handled.
    """

    def __init__(self, serving: Serving, acknowledge: Acknowledge, fresh: Fresh) -> None:
        self._acknowledge = acknowledge
        self._fresh = fresh
        self._replied = serving.replied
        self._routes: dict[type[RelayEvent], Callable[[Any], None]] = {
            CallReceiveEvent: serving.offered,
            PlayEvent: serving.played,
            CallStateEvent: serving.stated,
        }

    def take(self, texts: Iterable[str | bytes], acks: list[bytes]) -> None:
        """Handle frames in order, events behind replies, and add the acknowledgements to a list."""
        events: list[tuple[Any, RelayEvent]] = []
        for text in texts:
            frame = decode_frame(text)
            if frame.method is None:
                self._replied(frame.id)
            elif frame.method == "signalwire.event":
                events.append((frame.id, parse_event(frame.params)))
                acks.append(self._acknowledge(frame.id))
        routes = self._routes
        for event in self._fresh(events):
            route = routes.get(type(event))
            if route is not None:
                route(event)


def all_of(events: Iterable[tuple[Any, RelayEvent]]) -> Iterable[RelayEvent]:
    """Return all events: who recognises no repetition takes each for a new one."""
    return [event for _, event in events]
