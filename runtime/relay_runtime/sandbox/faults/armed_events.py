"""The events that an arm sends behind the reply, filled in from the request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec

from relay_runtime.sandbox.ground.fields import Filled

if TYPE_CHECKING:
    from relay_runtime.sandbox.calls.session import Session

__all__ = ["ArmedEvent", "armed_events", "filled", "queue"]

_FIELD: Final = re.compile(r"\{(\w+)\}")


class ArmedEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An event that an arm sends.

    Attributes:
        event_type: its type.
        params: its body, with fields of the request for ``{call_id}`` and the like.
        context: the context of its envelope.
        delay: real seconds by which it follows the event before it, or the reply.
    """

    event_type: Filled
    params: dict[str, Any] = {}
    context: str | None = None
    delay: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 0.0


def armed_events(given: Any) -> tuple[ArmedEvent, ...]:
    """Return the events that a list of objects describes.

    Raises:
        ValueError: it does not; the text says where, and what is accepted.
    """
    try:
        events = msgspec.convert(given, tuple[ArmedEvent, ...])
        msgspec.json.encode(events)
        return events
    except RecursionError:
        raise ValueError("events of an arm are nested too deep to be sent") from None
    except msgspec.ValidationError as error:
        accepted = ", ".join(ArmedEvent.__struct_fields__)
        raise ValueError(f"events must be a list of objects with {accepted}: {error}") from None


def filled(value: Any, request: Mapping[str, Any]) -> Any:
    """Return a copy in which ``{name}`` in a text is that field of a request; a name that it has not stays.

    A text that is one such name alone becomes the field itself, whatever it is; in a longer one stand texts and
    numbers.
    """
    if isinstance(value, dict):
        return {key: filled(inner, request) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, request) for inner in value]
    if not isinstance(value, str):
        return value
    alone = _FIELD.fullmatch(value)
    if alone is not None:
        return request.get(alone[1], value)
    return _FIELD.sub(partial(_text_of, request), value)


def _text_of(request: Mapping[str, Any], match: re.Match[str]) -> str:
    value = request.get(match[1])
    return str(value) if isinstance(value, str | int | float) else match[0]


def queue(session: Session, events: tuple[ArmedEvent, ...], request: Mapping[str, Any]) -> list[str]:
    """Push events about a request to a session; the late ones in their time.

    Returns:
        The ids of those that are due at once, which are kept back until they are sent.
    """
    fields = {"node_id": session.ground.node_id, **request}
    session.hold()
    late = 0.0
    for event in events:
        late += event.delay
        channel = "calling" if event.event_type.startswith("calling.") else None
        body = filled(event.params, fields)
        push = partial(session.event, event.event_type, body, context=event.context, channel=channel)
        if late:
            session.ground.clock.after_real(late, push)
        else:
            push()
    return session.release()
