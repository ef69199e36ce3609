"""Arms: what happens to the next requests of a method, or to the next events of a type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, Literal, get_type_hints

import msgspec

from relay_runtime.sandbox.faults.armed_events import armed_events, filled, queue
from relay_runtime.sandbox.ground import frames

if TYPE_CHECKING:
    from relay_runtime.sandbox.server.peer import Peer

__all__ = ["Arm", "EventArm"]

Moment = Literal["before", "during", "after"]


@dataclass(slots=True, kw_only=True)
class Arm:
    """What happens to the next requests of a method.

    Attributes:
        method: the method.
        times: how many requests it applies to.
        skip: how many requests pass unharmed before.
        sessionid: only requests of this session; None for any.
        reply: the ``result`` object that is sent in place of performing the request.
        error: the JSON-RPC ``error`` object that is sent in place of performing the request.
        perform: perform the request all the same when ``reply`` or ``error`` is given.
        patch: fields that are put over those of the ``result`` that performing gave; ``{"code": 200}`` makes the
            code a number.
        withhold: never send the reply; events of the request are sent.
        withhold_events: never send the events that belong to the request.
        events: events to send behind those: ``{"event_type", "params", "context", "delay"}`` each. ``delay`` is real
            seconds behind the event before it. In texts of ``params``, of ``reply`` and of ``error``, ``{call_id}``
            stands for that field of the request, as do ``{node_id}``, ``{control_id}``, ``{tag}`` and its other ones.
        delay: real seconds by which reply and events are late.
        events_first: send the events before the reply.
        duplicate: send the reply twice.
        truncate: send the first half of the reply (of the first event, if the reply is withheld) and cut.
        cut: cut the socket ``before`` the request is performed, ``during`` (performed, no reply), or ``after``
            the reply and its events.
        reset: cut with a TCP reset.
    """

    method: str
    times: int = 1
    skip: int = 0
    sessionid: str | None = None
    reply: frames.Frame | None = None
    error: frames.Frame | None = None
    perform: bool = False
    patch: frames.Frame | None = None
    withhold: bool = False
    withhold_events: bool = False
    events: Sequence[Any] = ()
    delay: float = 0.0
    events_first: bool = False
    duplicate: bool = False
    truncate: bool = False
    cut: Moment | None = None
    reset: bool = False

    def __post_init__(self) -> None:
        """Refuse an arm that says nothing, or two things at once.

        Raises:
            ValueError: the text says what is accepted.
        """
        _check_types(self, Arm)
        if self.reply is not None and self.error is not None:
            raise ValueError("an arm has a reply or an error, not both")
        if self.patch is not None and self.answers:
            raise ValueError("a patch changes the reply of the performed request; leave reply and error out")
        self.events = armed_events(self.events)
        if self.events and self.method == "signalwire.connect" and self.instead:
            raise ValueError("events need a session, and a login that is not performed gives none; leave them out")
        if self.times < 1 or self.skip < 0 or self.delay < 0:
            raise ValueError("an arm needs times of at least 1, and skip and delay of at least 0")
        if all(getattr(self, each.name) == each.default for each in fields(self) if each.name in _EFFECTS):
            raise ValueError(f"an arm needs an effect: one of {', '.join(sorted(_EFFECTS))}")

    @property
    def answers(self) -> bool:
        """Whether it has a reply of its own."""
        return self.reply is not None or self.error is not None

    @property
    def instead(self) -> bool:
        """Whether the request is not performed."""
        return self.answers and not self.perform

    def answer(self, request_id: Any, request: frames.Frame) -> bytes:
        """Return the frame of its own reply to what was asked with ``request``."""
        if self.error is not None:
            return frames.encode({"jsonrpc": "2.0", "id": request_id, "error": filled(self.error, request)})
        return frames.result(request_id, filled(self.reply, request))

    def send(self, peer: Peer, reply: bytes, events: list[str], request: frames.Frame) -> None:
        """Send a reply and its events as far as this fault lets them through; ``request`` is what was asked with."""
        if self.cut == "during":
            peer.drop(reset=self.reset)
            self._queued(peer, request)  # for a resume, as those of the request are
        elif self.delay:
            peer.ground.clock.after_real(self.delay, self._send, peer, reply, events, request)
        else:
            self._send(peer, reply, events, request)

    def _send(self, peer: Peer, reply: bytes, events: list[str], request: frames.Frame) -> None:
        kept = [] if self.withhold_events else events
        kept = kept + self._queued(peer, request)
        reply = self._patched(reply)
        if self.truncate:
            peer.link.truncate_next()
        first = self.events_first or peer.ground.settings.come_first(self.method)
        peer.deliver(None if self.withhold else reply, kept, first=first)
        if self.duplicate:
            peer.write(reply)
        if self.cut == "after":
            peer.drop(reset=self.reset, flush=not self.reset)

    def _queued(self, peer: Peer, request: frames.Frame) -> list[str]:
        """Return the ids of its own events that are due at once."""
        return queue(peer.session, tuple(self.events), request) if self.events and peer.session is not None else []

    def _patched(self, reply: bytes) -> bytes:
        """Return the reply with the fields of ``patch`` over its own; a failure is left as it is."""
        frame: frames.Frame = frames.decode(reply) if self.patch is not None else {}
        if "result" not in frame:
            return reply
        return frames.result(frame["id"], {**frame["result"], **(self.patch or {})})

    def as_dict(self) -> dict[str, Any]:
        """Return it as the control port shows it."""
        return {name: value for name, value in asdict(self).items() if value not in (None, False, 0, ())}


_EFFECTS: Final = {
    "reply", "error", "patch", "withhold", "withhold_events", "events", "delay", "events_first", "duplicate",
    "truncate", "cut",
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class EventArm:
    """What happens to the next events of a type.

    Attributes:
        event_type: the type.
        match: fields of the event's params that must have these values.
        times: how many events it applies to.
        skip: how many events pass unharmed before.
        sessionid: only events to this session; None for any.
        withhold: never send the event.
        delay: real seconds by which the event is late; later ones overtake it.
        duplicate: send the frame twice.
        again: send the event once more with an event id of its own.
        cut: cut the socket ``before`` or ``after`` the event is sent; one that was not sent is kept for a resume.
        truncate: send the first half of the frame and cut.
        reset: cut with a TCP reset.
    """

    event_type: str
    match: frames.Frame = field(default_factory=dict)
    times: int = 1
    skip: int = 0
    sessionid: str | None = None
    withhold: bool = False
    delay: float = 0.0
    duplicate: bool = False
    again: bool = False
    cut: Literal["before", "after"] | None = None
    truncate: bool = False
    reset: bool = False

    def __post_init__(self) -> None:
        """Refuse an arm that says nothing.

        Raises:
            ValueError: the text says what is accepted.
        """
        _check_types(self, EventArm)
        if self.times < 1 or self.skip < 0 or self.delay < 0:
            raise ValueError("an arm needs times of at least 1, and skip and delay of at least 0")
        if not any((self.withhold, self.delay, self.duplicate, self.again, self.cut, self.truncate)):
            raise ValueError("an arm needs an effect: one of again, cut, delay, duplicate, truncate, withhold")

    def fits(self, body: frames.Frame) -> bool:
        """Tell whether the params of an event match."""
        return all(body.get(name) == value for name, value in self.match.items())

    def as_dict(self) -> dict[str, Any]:
        """Return it as the control port shows it."""
        return {name: value for name, value in asdict(self).items() if value not in (None, False, 0, {})}


def _check_types(arm: Arm | EventArm, of: type) -> None:
    """Refuse a value of another type than its field has; ``events`` are read elsewhere.

    Raises:
        ValueError: the text names the field, and says what is accepted.
    """
    for name, kind in get_type_hints(of).items():
        if name != "events":
            try:
                msgspec.convert(getattr(arm, name), kind)
            except msgspec.ValidationError as error:
                raise ValueError(f"{name} of an arm: {error}") from None
