"""The actors that run in this process, by their class, for tests that kill or hold one."""

from __future__ import annotations

from typing import Any

import pykka

from relay_actors.kit.actor import GreenletActor

__all__ = ["running", "the_running"]


def running(kind: type[GreenletActor]) -> Any:
    """Return the reference of the newest living actor of a class, or None when there is none."""
    living = [ref for ref in pykka.ActorRegistry.get_by_class(kind) if ref.is_alive()]
    return living[-1] if living else None


def the_running(kind: type[GreenletActor]) -> Any:
    """Return the reference of the newest living actor of a class, of which there is one."""
    ref = running(kind)
    assert ref is not None
    return ref
