"""What users give a client for asyncio to serve what comes: types of its decorators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from relay_runtime.aio.call import Call
from relay_runtime.aio.message import Message

__all__ = ["CallHandler", "H", "MessageHandler"]

CallHandler = Callable[[Call], Any]
MessageHandler = Callable[[Message], Any]

H = TypeVar("H", bound=Callable[[Any], Any])
