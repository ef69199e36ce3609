"""Who serves what comes to a client: the handlers of its user."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from relay_actors.call.call import Call, CallActor
from relay_actors.call.handler_call import HandlerCall
from relay_actors.kit.supervisor import Change
from relay_actors.messaging.message import Message
from relay_actors.tree import Tree

__all__ = ["CallFactory", "ClientHandlers", "checked_factory"]

CallHandler = TypeVar("CallHandler", bound=Callable[[Call], Any])
MessageHandler = TypeVar("MessageHandler", bound=Callable[[Message], Any])
EventHandler = TypeVar("EventHandler", bound=Callable[[Any], Any])
ChangeHandler = TypeVar("ChangeHandler", bound=Callable[[Change], Any])
CallFactory = Callable[..., Call]


class ClientHandlers:
    """The handlers of a client, before it is connected and after; see `RelayClient`."""

    def __init__(self, call_actor: CallFactory | None) -> None:
        self._call_factory = checked_factory(call_actor) if call_actor is not None else None
        self._message_handler: Callable[[Message], Any] | None = None
        self._event_handler: Callable[[Any], Any] | None = None
        self._task_handler: Callable[[Any], Any] | None = None
        self._change_handler: Callable[[Change], Any] | None = None
        self._tree: Tree | None = None

    def on_call(self, handler: CallHandler) -> CallHandler:
        """Serve inbound calls by ``handler(call)``; use it as a decorator.

        The handler runs once for each call, in the call's own greenlet, like `CallActor.run`: when it returns, a call
        that is still up is hung up, and when it raises, the client's ``when_crashed`` says what becomes of the call.
        Registering again replaces the former handler, and a ``call_actor``.

        Raises:
            TypeError: if ``handler`` is not callable.
        """
        self._call_factory = partial(HandlerCall, handler=_checked_handler(handler))
        if self._tree is not None:
            self._tree.serve_calls(self._call_factory)
        return handler

    def on_message(self, handler: MessageHandler) -> MessageHandler:
        """Give inbound messages to ``handler(message)``; use it as a decorator.

        The handler runs once for each message, in a greenlet of its own, and may block and send. Registering again
        replaces the former handler.

        Raises:
            TypeError: if ``handler`` is not callable.
        """
        self._message_handler = _checked_handler(handler)
        if self._tree is not None:
            self._tree.serve_messages(handler)
        return handler

    def on_event(self, handler: EventHandler) -> EventHandler:
        """Give what belongs to no live call to ``handler(event)``; use it as a decorator.

        That is: conferences (what names a live call goes to that call), tasks, errors, events of unknown types, and
        what comes after the end of its call. The handler runs in a greenlet of its own for each event, and may block
        and send. Registering again replaces the former handler.

        Raises:
            TypeError: if ``handler`` is not callable.
        """
        self._event_handler = _checked_handler(handler)
        if self._tree is not None:
            self._tree.serve_events(self._event_handler, self._task_handler)
        return handler

    def on_task(self, handler: EventHandler) -> EventHandler:
        """Give tasks (``queuing.relay.tasks``) to ``handler(event)``, a `TaskEvent`; use it as a decorator.

        The handler runs in a greenlet of its own for each task. Without one, tasks go to `on_event`'s handler.
        Registering again replaces the former handler.

        Raises:
            TypeError: if ``handler`` is not callable.
        """
        self._task_handler = _checked_handler(handler)
        if self._tree is not None:
            self._tree.serve_events(self._event_handler, self._task_handler)
        return handler

    def on_change(self, handler: ChangeHandler) -> ChangeHandler:
        """Tell ``handler(change)`` of each change of the connection and of the actors behind it; use it as a decorator.

        A `Change` names the supervisor, its child, the new state, and why. The handler runs in a greenlet of its own
        for each change, and may block. Registering again replaces the former handler.

        Raises:
            TypeError: if ``handler`` is not callable.
        """
        self._change_handler = _checked_handler(handler)
        return handler


def checked_factory(factory: Any) -> CallFactory:
    """Return a maker of call actors if it is one.

    Raises:
        TypeError: it can't make a `CallActor`.
    """
    if isinstance(factory, type) and not issubclass(factory, CallActor):
        raise TypeError(f"call_actor is the class {factory.__name__}, which is no subclass of CallActor")
    if not callable(factory):
        raise TypeError(f"call_actor is {type(factory).__name__}; accepted is a subclass of CallActor")
    checked: CallFactory = factory
    return checked


def _checked_handler(handler: Any) -> Callable[[Any], Any]:
    if not callable(handler):
        raise TypeError(f"the handler is {type(handler).__name__}; accepted is a function of one argument")
    checked: Callable[[Any], Any] = handler
    return checked
