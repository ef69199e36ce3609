"""The table of verbs: what each method is called, takes, answers and does.

A verb is a function under ``@verb``: its params are a msgspec Struct (checked before it runs, 400 otherwise), it
returns what its reply has beside ``code`` and ``message``, and the events it sends follow the reply.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from relay_runtime.sandbox.calls.action import Action
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.ground import frames
from relay_runtime.sandbox.ground.frames import ErrorCode, JsonRpcError
from relay_runtime.sandbox.ground.unread import unread

__all__ = [
    "VERBS",
    "Control",
    "Params",
    "RefusalError",
    "answered",
    "fresh",
    "perform",
    "running",
    "session_of",
    "session_verb",
    "sub_command",
    "verb",
]

P = TypeVar("P", bound=msgspec.Struct)
A = TypeVar("A", bound="Action")
Reply = Mapping[str, Any] | None


class Params(msgspec.Struct):
    """Params of a method without any of its own."""


class Control(Params):
    """Params of a method that names an operation."""

    control_id: str


class _Address(msgspec.Struct):
    node_id: str
    call_id: str


class RefusalError(Exception):
    """A request that is answered with a code that is not 2xx (protocol 12)."""

    def __init__(self, code: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.extra = extra

    def result(self, params: frames.Frame) -> frames.Frame:
        """Return the result object of the reply."""
        return {"code": self.code, "message": self.message, **_echo(params), **self.extra}


@dataclass(frozen=True, slots=True)
class Verb:
    """One method.

    Attributes:
        method: its name on the wire.
        message: the text of its OK reply.
        params: what it takes beside the address.
        run: what it does.
        of_call: whether it is addressed to a call.
        bare: whether its result has no ``code``, ``message`` and echo added.
        in_schema: turns params in a form of the vendor's documentation into that of its schema.
    """

    method: str
    message: str
    params: type[msgspec.Struct]
    run: Callable[[Any, Any], Reply]
    of_call: bool
    bare: bool = False
    in_schema: Callable[[frames.Frame], frames.Frame] | None = None


VERBS: Final[dict[str, Verb]] = {}


def verb(
    method: str,
    message: str,
    params: type[P] = Params,  # type: ignore[assignment]
    *,
    in_schema: Callable[[frames.Frame], frames.Frame] | None = None,
) -> Callable[[Callable[[Call, P], Reply]], Callable[[Call, P], Reply]]:
    """Enter a method that is addressed to a call."""

    def enter(run: Callable[[Call, P], Reply]) -> Callable[[Call, P], Reply]:
        VERBS[method] = Verb(method, message, params, run, of_call=True, in_schema=in_schema)
        return run

    return enter


def session_verb(
    method: str, message: str, params: type[P], *, bare: bool = False
) -> Callable[[Callable[[Session, P], Reply]], Callable[[Session, P], Reply]]:
    """Enter a method that is addressed to no call."""

    def enter(run: Callable[[Session, P], Reply]) -> Callable[[Session, P], Reply]:
        VERBS[method] = Verb(method, message, params, run, of_call=False, bare=bare)
        return run

    return enter


def perform(session: Session, method: str, params: frames.Frame) -> frames.Frame:
    """Perform a request and return the result of its reply.

    Raises:
        RefusalError: it is answered with a code.
        JsonRpcError: it is answered with a JSON-RPC error.
    """
    entry = VERBS.get(method)
    if entry is None:
        raise JsonRpcError(ErrorCode.METHOD_NOT_FOUND, f"Method not found: {method}")
    if entry.of_call:
        call = _call_of(session, method, params)
        extra = entry.run(call, _read(session, entry, params))
    else:
        extra = entry.run(session, _read(session, entry, params))
    if entry.bare:
        return dict(extra or {})
    return {"code": "200", "message": entry.message, **_echo(params), **(extra or {})}


def _read(session: Session, entry: Verb, params: frames.Frame) -> msgspec.Struct:
    """Return the checked params of a request; what a server would ignore, or may refuse, is told of."""
    if entry.in_schema is not None and (turned := entry.in_schema(params)) is not params:
        session.exchange.ground.note_form(entry.method)
        params = turned
    read = _checked(entry.method, params, entry.params)
    session.exchange.ground.note_unread(entry.method, unread(params, read))
    return read


def _call_of(session: Session, method: str, params: frames.Frame) -> Call:
    address = _checked(method, params, _Address)
    call = session.exchange.calls.get(address.call_id)
    if call is None or call.session is not session or call.node_id != address.node_id:
        if call is None and address.call_id in session.exchange.ended_calls:
            raise RefusalError("410", "Call has ended")
        raise RefusalError("404", "Call does not exist")
    if call.state == "ended":
        raise RefusalError("410", "Call has ended")
    return call


def _checked(method: str, params: frames.Frame, kind: type[P]) -> P:
    try:
        return msgspec.convert(params, kind)
    except msgspec.ValidationError as error:
        raise RefusalError("400", f"{method}: {error}") from None


def _echo(params: frames.Frame) -> frames.Frame:
    """Return the ids of a request that its reply repeats."""
    return {key: params[key] for key in ("call_id", "control_id") if isinstance(params.get(key), str)}


def answered(call: Call) -> None:
    """Refuse a media verb on a call that is not up.

    Raises:
        RefusalError: the call was not answered yet (409).
    """
    if call.state in {"created", "ringing"}:
        remedy = "; call answer() first" if call.direction == "inbound" else ""
        raise RefusalError("409", f"The call is not answered{remedy}")


def session_of(call: Call) -> Session:
    """Return the session that has the call, which is the one that asked.

    Raises:
        RefusalError: the call has left it meanwhile (404).
    """
    if call.session is None:
        raise RefusalError("404", "Call does not exist")
    return call.session


def fresh(call: Call, kind: type[A], control_id: str = "", complaint: str = "") -> None:
    """Refuse an action that the answered call has already; without a control_id a call has one of a kind at most.

    Raises:
        RefusalError: the call is not answered, or the action is running (409).
    """
    answered(call)
    if call.action(kind, control_id) is not None:
        raise RefusalError("409", complaint or f"A {kind.kind} with this control_id is already running")


def running(call: Call, kind: type[A], control_id: str = "", complaint: str = "") -> A:
    """Return an open action, for a sub-command.

    Raises:
        RefusalError: there is none of that kind and name (404).
    """
    action = call.action(kind, control_id)
    if action is None:
        raise RefusalError("404", complaint or f"No {kind.kind} with this control_id is running")
    return action


def sub_command(method: str, message: str, kind: type[A], do: Callable[[A], None]) -> None:
    """Enter a method that does something to an open action, such as ``calling.play.stop``."""
    verb(method, message, Control)(lambda call, params: do(running(call, kind, params.control_id)))
