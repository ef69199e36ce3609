"""What a browser wants to be done: JSON objects, each with its ``type``."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from relay_runtime.sandbox.faults.faults import Faults
from relay_runtime.sandbox.script.performance import Performance
from relay_runtime.softphone.handset import Handset, HandsetError

__all__ = ["Follow", "Order", "OrderError", "decode", "obey"]

Line = Annotated[int, msgspec.Meta(ge=1)]
Words = Annotated[str, msgspec.Meta(max_length=2000)]
Number = Annotated[str, msgspec.Meta(max_length=256)]


class Dial(msgspec.Struct, frozen=True, tag=True):
    """Call the app; an empty context or number is the phone's own."""

    context: Number = ""
    to_number: Number = ""


class Answer(msgspec.Struct, frozen=True, tag=True):
    """Take the call that rings on a line."""

    line: Line


class Decline(msgspec.Struct, frozen=True, tag=True):
    """Refuse the call that rings on a line."""

    line: Line


class HangUp(msgspec.Struct, frozen=True, tag=True):
    """Put the phone down on a line."""

    line: Line


class Press(msgspec.Struct, frozen=True, tag=True):
    """Press keys on a line."""

    line: Line
    keys: Annotated[str, msgspec.Meta(max_length=64)]


class Say(msgspec.Struct, frozen=True, tag=True):
    """Speak on a line."""

    line: Line
    words: Words


class Text(msgspec.Struct, frozen=True, tag=True):
    """Send the app a text message."""

    body: Words
    context: Number = ""


class Follow(msgspec.Struct, frozen=True, tag=True):
    """Show the timeline of a call to this browser; of none by an empty id."""

    call_id: Number = ""


class Arm(msgspec.Struct, frozen=True, tag=True):
    """Have a fault happen to the connection of the app that came last.

    ``stall`` lasts and ``delay`` is so many seconds; ``refuse`` turns so many connections away; ``calm`` ends all.
    """

    fault: Literal["cut", "stall", "half_open", "delay", "refuse", "calm"]
    amount: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 0


Order = Dial | Answer | Decline | HangUp | Press | Say | Text | Follow | Arm
_decoder = msgspec.json.Decoder(Order)


class OrderError(Exception):
    """An order that can't be read, or can't be obeyed now; the text says why."""


def decode(data: str | bytes) -> Order:
    """Return the order of a message.

    Raises:
        OrderError: it is none.
    """
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise OrderError(f"this is no order of the page: {error}") from None


def obey(handset: Handset, order: Order) -> Performance | None:
    """Do what is wanted. Never blocks.

    Returns:
        What goes on for a while, or None.

    Raises:
        OrderError: it can't be done now.
    """
    try:
        return _obey(handset, order)
    except (HandsetError, ValueError, LookupError) as error:
        raise OrderError(str(error)) from None


def _obey(handset: Handset, order: Order) -> Performance | None:
    match order:
        case Dial():
            handset.dial(order.context.strip(), order.to_number.strip())
        case Answer():
            handset.answer(order.line)
        case Decline():
            handset.decline(order.line)
        case HangUp():
            handset.turn_to(order.line).hang_up()
        case Press():
            handset.turn_to(order.line)
            return handset.line.press(order.keys)
        case Say():
            handset.turn_to(order.line)
            return handset.line.say(order.words)
        case Text():
            handset.text(order.body, order.context.strip())
        case Arm():
            _arm(handset.sandbox.faults, order)
    return None


def _arm(faults: Faults, order: Arm) -> None:
    match order.fault:
        case "cut":
            faults.cut()
        case "stall":
            faults.stall(order.amount)
        case "half_open":
            faults.half_open()
        case "delay":
            faults.disturb(delay=order.amount)
        case "refuse":
            faults.refuse("http", max(1, int(order.amount)))
        case "calm":
            faults.calm()
