"""Draws the life of a call: its states and the steps between them, as the table in the code has them."""

from __future__ import annotations

from itertools import pairwise
from types import UnionType
from typing import Final, get_args, get_type_hints

from drawings.canvas import COLUMN, Canvas
from relay_actors.call.core import CallCore
from relay_actors.wire.call_state import OVER, STATES, TRANSITIONS

__all__ = ["call_states", "ended_without_event"]

_BOX: Final = (156, 40)
_MIDDLE: Final = 226
_STEP: Final = 92
_LANE: Final = 22
_TOP: Final = 24


def ended_without_event() -> list[str]:
    """Return the messages by which a call ends for the client without an event of the server."""
    kinds: UnionType = get_type_hints(CallCore._end_untold)["message"]
    return [each.__name__ for each in get_args(kinds)]


def call_states() -> str:
    """Return the picture."""
    canvas = Canvas(
        "The states of a call and the steps between them",
        "From top to bottom: not seen yet, created, ringing, answered, ending, ended. Arrows lead from each state to "
        "every later one, on the left those from a call that was not seen yet; none leads back.",
    )
    order = ["", *STATES]
    tops = {state: _TOP + row * _STEP for row, state in enumerate(order)}
    for state, top in tops.items():
        kind = "panel" if not state else "red" if state in OVER else "green"
        canvas.box(_MIDDLE - _BOX[0] / 2, top, *_BOX, kind)
        canvas.text(_MIDDLE, top + 26, state or "not seen yet", "name middle")
    lanes = {"left": 0, "right": 0}
    for state in order:
        for to in sorted(TRANSITIONS[state], key=order.index):
            if (state, to) in pairwise(order):
                canvas.arrow(f"M{_MIDDLE},{tops[state] + _BOX[1]} V{tops[to] - 6}")
            else:
                side = "right" if state else "left"
                _aside(canvas, tops[state], tops[to], side, lanes[side])
                lanes[side] += 1
    bottom = tops[STATES[-1]] + _BOX[1]
    return canvas.svg(_without_event(canvas, bottom))


def _aside(canvas: Canvas, top: float, to: float, side: str, lane: int) -> None:
    """Draw a step that skips states, past them on a way of its own."""
    sign = 1 if side == "right" else -1
    edge = _MIDDLE + sign * _BOX[0] / 2
    out = edge + sign * (20 + _LANE * lane)
    start, end = top + 24 + 4 * (lane % 4), to + 5 + 4 * lane  # out below, in above
    canvas.arrow(
        f"M{edge:.0f},{start} H{out - sign * 8:.0f} Q{out:.0f},{start} {out:.0f},{start + 8} "
        f"V{end - 8} Q{out:.0f},{end} {out - sign * 8:.0f},{end} H{edge + sign * 6:.0f}"
    )


def _without_event(canvas: Canvas, bottom: float) -> float:
    """Say below what else ends a call; return where the picture ends."""
    names = ended_without_event()
    top = bottom + 42
    height = 34 + 20 * len(names) + 8
    canvas.arrow(f"M{_MIDDLE},{top} V{bottom + 6}", "dashed")
    canvas.box(60, top, COLUMN - 120, height, "panel")
    canvas.text(COLUMN / 2, top + 23, "ended, and no event says so", "name middle")
    for row, name in enumerate(names):
        canvas.text(COLUMN / 2, top + 46 + 20 * row, name, "note middle")
    return top + height + 16
