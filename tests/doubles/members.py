"""Processes of a fleet, as the engine is told of them."""

from __future__ import annotations

from relay_runtime.fleet.engine import Member

__all__ = ["member"]


def member(name: str, host: str = "alpha", machine: str = "m1", key: str = "k") -> Member:
    return Member(id=name, host=host, machine=machine, pid=1, key=key, app="app:Menu", version="0.1.0")
