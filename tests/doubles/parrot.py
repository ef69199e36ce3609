"""Answers on a control socket with what it was told to."""

from __future__ import annotations

from typing import Any

from relay_runtime.inspection.protocol import Request

__all__ = ["Parrot"]


class Parrot:
    """Answers with what it was told to, or raises it."""

    def __init__(self, answer: Any = None) -> None:
        self.reply = answer

    def answer(self, request: Request) -> Any:
        if isinstance(self.reply, Exception):
            raise self.reply
        if callable(self.reply):
            return self.reply()
        return [request.op, request.id] if self.reply is None else self.reply
