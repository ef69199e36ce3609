"""The names that a class of calls can't have for its own: what a call is, and what Pykka would call."""

from __future__ import annotations

from typing import Final

from relay_actors.call.hooks import found

__all__ = ["refuse_reserved"]

_PYKKA: Final = {
    "on_receive": "events come to hooks: on_answered, on_digits, …, or on_event for all of them",
    "on_stop": "use on_ended: it is called once, whatever ended the call",
    "on_failure": "use on_ended: it is called once, whatever ended the call",
}
_OTHER_WORDS: Final = {
    "born": "began_at",
    "call_id": "id",
    "client": "customer",
    "context": "topic",
    "device": "phone",
    "direction": "way",
    "end_reason": "outcome",
    "from_number": "caller",
    "history": "steps",
    "is_ended": "is_done",
    "memo": "notes",
    "node_id": "node",
    "project_id": "project",
    "segment_id": "segment",
    "state": "stage",
    "tag": "label",
    "to_number": "callee",
}


def refuse_reserved(cls: type, base: type) -> None:
    """Check that a class redefines nothing of what a call is.

    An attribute of an instance needs no check: Python refuses to set what has no setter.

    Args:
        cls: a subclass of ``base``.
        base: the class whose properties are what a call is.

    Raises:
        TypeError: it redefines something; the message says what to use instead.
    """
    for name, instead in _PYKKA.items():
        if found(cls, name) is not found(base, name):
            raise TypeError(f"{cls.__name__} defines {name}, which is never called: {instead}")
    for name, fact in vars(base).items():
        if isinstance(fact, property) and found(cls, name) is not fact:
            told = (fact.__doc__ or "").partition("\n")[0].replace("``", "")
            what = "the runtime needs for itself" if name[0] == "_" else f"every call has as it is ({told})"
            word = _OTHER_WORDS.get(name)
            use = f"call yours {word}, or anything else" if word else "give yours another name"
            raise TypeError(f"{cls.__name__} defines {name}, which {what}: {use}")
