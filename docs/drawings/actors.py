"""Draws the tree of actors of a client: of one that runs, with a call, as its supervisors have it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import gevent

from drawings.canvas import COLUMN, Canvas, wrapped
from relay_actors.kit.actor import GreenletRef
from relay_actors.kit.child import ChildSpec
from relay_actors.kit.supervisor import Supervisor
from relay_actors.tree import Tree
from relay_runtime import CallActor
from relay_runtime.testing import RelayKit

__all__ = ["actors"]

_INDENT, _NOTE, _GAP = 30, 18, 14
_COLOURS: Final = {"supervisor": "amber", "actor": "panel", "call": "green"}


class _Node(NamedTuple):
    depth: int
    name: str
    kind: str
    notes: tuple[str, ...]


class _App(CallActor):
    """Waits."""

    def run(self) -> None:
        self.answer()
        self.wait_for_ended()


def _nodes(name: str, ref: GreenletRef, depth: int, notes: tuple[str, ...]) -> list[_Node]:
    """Return an actor and what it supervises, in the order of their start."""
    actor: Any = ref.actor()
    name_of_class = ref.actor_class.__name__
    if not isinstance(actor, Supervisor):
        return [_Node(depth, f"{name}: {name_of_class}", "actor", notes)]
    intensity = actor._window._intensity
    limit = "no limit" if intensity is None else f"{intensity.restarts} restarts in {intensity.period:g} s at most"
    notes = (*notes, f"{actor._strategy}; {limit}")
    found = [_Node(depth, f"{name}: {name_of_class}", "supervisor", notes)]
    for child in actor._children.values():
        if child.ref is not None:
            found += _nodes(child.spec.name, child.ref, depth + 1, (_restart(child.spec),))
    return found


def _restart(spec: ChildSpec) -> str:
    if spec.backoff is None:
        return f"{spec.restart}: started again at once"
    backoff = spec.backoff
    return (
        f"{spec.restart}: started again after up to {backoff.first:g} s, doubling to {backoff.limit:g} s, "
        f"or {backoff.limit_urgent:g} s while calls are live"
    )


def _running() -> list[_Node]:
    """Return the actors of a client that serves one call."""
    with RelayKit(_App) as kit:
        kit.caller("+15550100001").dials("office").is_answered()
        gevent.sleep(1)
        client: Any = kit.client
        tree: Tree = client._actors.tree
        nodes = _nodes("client", tree.root, 0, ())
        calls = [
            _Node(
                2,
                "a call: CallCore",
                "call",
                (f"serves {live.ref.actor_class.__name__.strip('_')}; no supervisor has it",),
            )
            for live in tree._calls.calls.values()
        ]
    at = next(index for index, node in enumerate(nodes) if node.name.startswith("subscription")) + 1
    return [*nodes[:at], *calls, *nodes[at:]]


def actors() -> str:
    """Return the picture."""
    nodes = _running()
    canvas = Canvas(
        "The actors of a client",
        "A tree from top to bottom, each actor under the one that started it: supervisors with their strategy and how "
        "many restarts they allow, actors with how they are started again, and a call that no supervisor watches.",
    )
    y, ends = 16.0, dict[int, float]()
    for node in nodes:
        left = 12 + _INDENT * node.depth
        width = COLUMN - 12 - left
        notes = [line for note in node.notes for line in wrapped(note, width - 24)]
        height = 34 + _NOTE * len(notes)
        if node.depth:
            line = left - _INDENT / 2
            dashed = "dashed" if node.kind == "call" else ""
            canvas.arrow(f"M{line:.0f},{ends[node.depth - 1]:.0f} V{y + 17:.0f} H{left - 6}", dashed)
        canvas.box(left, y, width, height, _COLOURS[node.kind])
        canvas.text(left + 12, y + 22, node.name, "name")
        for row, note in enumerate(notes):
            canvas.text(left + 12, y + 41 + _NOTE * row, note, "note")
        ends[node.depth] = y + height
        y += height + _GAP
    return canvas.svg(y + 2)
