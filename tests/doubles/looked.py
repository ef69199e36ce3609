"""A process that is looked into over its control socket."""

from __future__ import annotations

from typing import Any

from relay_runtime.inspection.protocol import Request

__all__ = ["Looked"]


class Looked:
    """Answers what it was told to.

    Attributes:
        asked: the requests that came.
        answers: what it says, by op: a value, an exception to be raised, or a function that is called.
    """

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.answers: dict[str, Any] = {}

    def answer(self, request: Request) -> Any:
        self.asked.append(request)
        answer = self.answers[request.op]
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer
