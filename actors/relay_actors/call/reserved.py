"""The names that a class of calls must leave alone: redefining one would break the runtime in silence."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import FunctionType
from typing import Any, Final

__all__ = ["refuse_reserved"]

_INSTEAD: Final = {
    "on_receive": "events come to hooks: on_answered, on_digits, …, or on_event for all of them",
    "on_begin": "use on_start, which runs before everything else, or run",
    "on_idle": "use on_ended for what is to be done last",
    "on_stop": "use on_ended: it is called once, whatever ended the call",
    "on_failure": "use on_ended: it is called once, whatever ended the call",
    "on_crash": "use when_crashed to say what becomes of a call whose code crashes",
    "on_undelivered": "use on_ended for what is to be done last",
    "enqueue": "use on(event_type, handler) to have something called",
    "wait_until": "use wait_for, or the wait() of an operation",
    "hand_off": "use pass_ or transfer",
}
_MACHINERY: Final = frozenset(
    {
        *_INSTEAD,
        "actor_inbox",
        "actor_ref",
        "actor_stopped",
        "actor_urn",
        "call_id",
        "command",
        "inside",
        "interrupt_code",
        "invoke",
        "launch",
        "leave_hangup",
        "mailbox",
        "node_id",
        "note_bridge",
        "note_hangup",
        "note_refer",
        "ref",
        "reply_to",
        "start",
        "start_action",
        "stop",
        "wait_for_future",
    }
)


def refuse_reserved(cls: type, base: type) -> None:
    """Check that a class redefines nothing that the runtime needs as it is, nor sets it in one of its methods.

    Names with a leading underscore count too, where the runtime has one of that name. Of a method only what it sets on
    its own first argument is seen (``self._state = "menu"``), not what it does by ``setattr`` or under another name.

    Args:
        cls: a subclass of ``base``.
        base: the class that the runtime knows.

    Raises:
        TypeError: it redefines something; the message says what to use instead.
    """
    reserved = _reserved(base)
    for name in reserved:
        if _found(cls, name) is not _found(base, name):
            instead = _INSTEAD.get(name) or "give yours another name"
            raise TypeError(f"{cls.__name__} defines {name}, which the runtime needs for itself: {instead}")
    for method, name in _set_by_methods(cls, base):
        if name in reserved:
            what = f"{cls.__name__} sets self.{name} in {method}"
            raise TypeError(f"{what}, which the runtime needs for itself: give yours another name")


def _set_by_methods(cls: type, base: type) -> Iterator[tuple[str, str]]:
    """Give the methods that a class adds to its base, each with an attribute that it sets on its first argument."""
    for each in cls.__mro__:
        if each in base.__mro__:
            continue
        for function in vars(each).values():
            if isinstance(function, FunctionType) and function.__code__.co_argcount:
                yield from ((function.__name__, name) for name in _set_on_self(function))


def _set_on_self(function: FunctionType) -> Iterator[str]:
    this = function.__code__.co_varnames[0]
    before = copied = None
    for instruction in dis.get_instructions(function):
        if instruction.opname == "STORE_ATTR":
            # Whose attribute is set was loaded last; of ``self.x += 1`` it was loaded and copied first.
            owner = copied if before is not None and before.opname == "SWAP" else before
            if owner is not None and owner.opname.startswith("LOAD_FAST") and _loaded(owner) == this:
                yield instruction.argval
        elif instruction.opname == "COPY":
            copied = before
        before = instruction


def _loaded(instruction: dis.Instruction) -> Any:
    """Return the name of the variable that is loaded last; since Python 3.13 two may be loaded at once."""
    return instruction.argval[-1] if isinstance(instruction.argval, tuple) else instruction.argval


def _reserved(base: type) -> list[str]:
    names = {name for each in base.__mro__ for name in vars(each)}
    private = {name for name in names if name.startswith("_") and not name.startswith(("__", "_abc_"))}
    return sorted(_MACHINERY | private)


def _found(cls: type, name: str) -> Any:
    """Return what a name stands for in a class, without calling a descriptor; None when it has none."""
    return next((vars(each)[name] for each in cls.__mro__ if name in vars(each)), None)
