"""Finds where the code of a task stands: the verb that it waits in, and the line that a person wants to read."""

from __future__ import annotations

import asyncio
from types import FrameType
from typing import Any

from relay_actors.kit.stack import place

__all__ = ["stands_at"]

_OURS = "relay_runtime.aio."


def stands_at(task: asyncio.Task[Any]) -> tuple[str, str]:
    """Return what a task does, a verb's name or ``code``, and ``FILE:LINE in FUNCTION``. Any thread."""
    frames = _frames(task.get_coro())
    ours = next((frame for frame in frames if _module(frame).startswith(_OURS)), None)
    own = [frame for frame in frames if not _module(frame).startswith((_OURS, "asyncio"))]
    return ("code" if ours is None else ours.f_code.co_name), place(own[-1] if own else None)


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))


def _frames(coroutine: Any) -> list[FrameType]:
    """Return the frames of a coroutine and of those that it waits for, outermost first."""
    frames = []
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is not None:
            frames.append(frame)
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
    return frames
