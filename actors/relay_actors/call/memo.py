"""What the code of a call wants to be remembered of it, whatever becomes of the process."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from relay_actors.call.core import CallCore

__all__ = ["read_memo", "write_memo"]

_LONGEST: Final = 1024  # bytes


def read_memo(call: CallCore) -> Any:
    """Return a fresh copy of a call's memo, or None."""
    return msgspec.json.decode(call.facts.memo) if call.facts.memo else None


def write_memo(call: CallCore, value: Any) -> None:
    """Replace a call's memo, and write it down. Never blocks.

    Raises:
        TypeError: the value has no JSON form.
        ValueError: its form is too long.
        RuntimeError: this is another thread than the call's.
    """
    call.refuse_elsewhere()
    try:
        memo = msgspec.json.encode(value)
    except (TypeError, RecursionError, UnicodeEncodeError) as error:
        raise TypeError(f"memo has no JSON form: {error}; accepted are texts, numbers, lists and dicts") from None
    if len(memo) > _LONGEST:
        raise ValueError(
            f"memo is {len(memo):,} bytes of JSON; accepted are {_LONGEST:,}: keep an id in it, and the rest elsewhere"
        )
    call.facts.memo = memo
    call.environment.link.ledger.note_memo(call.facts.call_id, memo)
