"""Starts actors for a test and ends them after it."""

from __future__ import annotations

from typing import Any, TypeVar

from doubles.hub import LIMIT

from relay_actors.kit.actor import GreenletActor

__all__ = ["Started"]

A = TypeVar("A", bound=GreenletActor)


class Started:
    """Actors of one test. Calling it starts an actor that was made, and returns the actor itself."""

    def __init__(self) -> None:
        self._actors: list[GreenletActor] = []

    def __call__(self, actor: A) -> A:
        self.adopt(actor)
        actor.launch()
        return actor

    def adopt(self, actor: Any) -> None:
        """End this actor too after the test."""
        self._actors.append(actor)

    def end(self) -> None:
        for actor in reversed(self._actors):
            actor.ref.kill()
        for actor in self._actors:
            assert actor.ref.join(LIMIT)
