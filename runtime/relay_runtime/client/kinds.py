"""The kinds of handlers that a client takes, as types: a decorator returns its handler as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from relay_actors.call.call import Call
from relay_actors.kit.supervisor import Change
from relay_actors.messaging.message import Message

__all__ = ["C", "CallHandler", "ChangeHandler", "ClientHandler", "EventHandler", "MessageHandler"]

C = TypeVar("C", bound=Call)
CallHandler = TypeVar("CallHandler", bound=Callable[[Call], Any])
MessageHandler = TypeVar("MessageHandler", bound=Callable[[Message], Any])
EventHandler = TypeVar("EventHandler", bound=Callable[[Any], Any])
ChangeHandler = TypeVar("ChangeHandler", bound=Callable[[Change], Any])
ClientHandler = TypeVar("ClientHandler", bound=Callable[[Any], Any])
