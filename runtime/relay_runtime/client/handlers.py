"""Who serves what comes to a client: the handlers of its user."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, Literal, TypeVar

from relay_actors.call.call import Call, CallActor
from relay_actors.call.class_code import refuse_factory
from relay_actors.call.handler_call import HandlerCall
from relay_actors.call.when_done import checked_when_done
from relay_actors.kit.fork import spawn
from relay_actors.kit.guard import run_guarded
from relay_actors.kit.supervisor import Change
from relay_actors.kit.user_code import checked_function, name_of
from relay_actors.tree import Tree
from relay_runtime.client.actors import ClientActors

__all__ = ["NAMES", "CallFactory", "ClientHandlers", "Handler", "checked_factory"]

CallFactory = Callable[..., Call]
Handler = Callable[[Any], Any]
H = TypeVar("H", bound=Handler)
Kind = Literal["message", "event", "task", "change", "ready", "drain"]
NAMES: Final[dict[str, str]] = {"ready": "on_ready", "drain": "on_drain"}
"""What messages call the handlers of what is no thing of which many come."""


class ClientHandlers:
    """The handlers of a client, before it is connected and after.

    Args:
        actors: the actors of the client, which use them.
        call_actor: makes the actors of inbound calls, or None.
        when_done: what happens to a call that is still up when its handler returns, where the handler says nothing.

    Raises:
        TypeError: ``call_actor`` can't make a `CallActor`.
        ValueError: ``when_done`` is none.
    """

    def __init__(self, actors: ClientActors, call_actor: CallFactory | None, when_done: str = "hangup") -> None:
        self._actors = actors
        self._when_done = checked_when_done(when_done, "argument when_done=")
        self._call_factory = None if call_actor is None else checked_factory(call_actor, inbound=True)
        self._kept: dict[Kind, Handler] = {}

    def keep(self, kind: Kind, handler: H) -> H:
        """Have a handler used from now on, in the place of the former one; return it. Never blocks.

        Raises:
            TypeError: it is no plain function of one argument; the message says what it is.
        """
        tree = self._actors.here()
        self._kept[kind] = checked_function(handler, f"the handler of {NAMES.get(kind, f'{kind}s')}")
        if tree is not None and kind != "change":
            self.hand_to(tree)
        return handler

    def keep_for_calls(self, handler: H, when_done: str | None = None) -> H:
        """Have inbound calls served by a function, or by a class of call actors; return it. Never blocks.

        Args:
            handler: who serves them from now on.
            when_done: what happens to a call that is still up when the function returns; None takes the client's.

        Raises:
            TypeError: it is neither, or its code would never run; or ``when_done`` is given beside a class.
            ValueError: ``when_done`` is none.
        """
        tree = self._actors.here()
        if not _makes_calls(handler):
            checked_function(handler, "the handler of calls")
            done = self._when_done if when_done is None else checked_when_done(when_done, "argument when_done=")
            self._call_factory = partial(HandlerCall, handler=handler, when_done=done, name=name_of(handler))
        elif when_done is None:
            self._call_factory = checked_factory(handler, inbound=True)
        else:
            raise TypeError('when_done= is for a function; a class says so itself, as in when_done = "leave"')
        if tree is not None:
            self.hand_to(tree)
        return handler

    def kept(self, kind: Kind) -> Handler | None:
        """Return the handler that is used, or None."""
        return self._kept.get(kind)

    def factory(self) -> CallFactory | None:
        """Return what makes the actors of inbound calls, or None."""
        return self._call_factory

    def hand_to(self, tree: Tree) -> None:
        """Have the actors of a client use them. Never blocks."""
        tree.serve_calls(self._call_factory)
        tree.serve_messages(self._kept.get("message"))
        tree.serve_events(self._kept.get("event"), self._kept.get("task"))

    def tell(self, change: Change) -> None:
        """Tell a change to its handler, if there is one, in a greenlet of its own. Never blocks."""
        if "change" in self._kept:
            handler = self._kept["change"]
            spawn(run_guarded, handler, change, "the handler of changes crashed on {}", change.state)


def _makes_calls(handler: Any) -> bool:
    """Return whether a handler is a class of call actors, with some of its arguments or without."""
    cls = handler.func if isinstance(handler, partial) else handler
    return isinstance(cls, type) and issubclass(cls, CallActor)


def checked_factory(factory: Any, *, inbound: bool = False) -> CallFactory:
    """Return a maker of call actors if it is one; for inbound calls, their code has to be its own.

    Raises:
        TypeError: it can't make a `CallActor`.
    """
    if isinstance(factory, type) and not issubclass(factory, CallActor):
        raise TypeError(f"call_actor is the class {factory.__name__}, which is no subclass of CallActor")
    if not callable(factory):
        raise TypeError(f"call_actor is {type(factory).__name__}; accepted is a subclass of CallActor")
    refuse_factory(factory, CallActor, inbound=inbound)
    checked: CallFactory = factory
    return checked
