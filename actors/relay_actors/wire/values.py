"""Values from the wire: of their type, finite and in their range, or absent.

The types say it to msgspec, which checks them as it decodes. `number` and `text` are for what is nested in an object
that is handed out as a dict.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias

import msgspec

__all__ = ["Amount", "Code", "Count", "Fraction", "Mos", "Percent", "number", "read_fields", "text"]

_LARGEST: Final = 2**63 - 1

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]
"""A whole number that is not negative: of pages, of bytes, of microseconds since the epoch."""

Fraction: TypeAlias = Annotated[float, msgspec.Meta(ge=0, lt=float(2**63))]
"""A number that is not negative, as a float: mostly seconds."""

Amount: TypeAlias = Count | Fraction
"""The same as it came, whole or not."""

Percent: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=100)]
"""A confidence; some are given from 0 to 1."""

Mos: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=5)]
"""A mean opinion score: the quality of sound."""

_Number: TypeAlias = (
    Annotated[int, msgspec.Meta(ge=-(2**63), le=_LARGEST)]
    | Annotated[float, msgspec.Meta(ge=-float(2**63), lt=float(2**63))]
)

Code: TypeAlias = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
"""The code of an error."""


def number(value: Any, kind: Any, default: Any) -> Any:
    """Return a value as a number of ``kind``, one of the types above; ``default`` if it is none.

    A number's decimal text is a number too: ``"7"``, and neither ``" 7"`` nor ``"7_000"`` nor ``"nan"``.
    """
    try:
        return msgspec.convert(value, kind, strict=False)
    except (msgspec.ValidationError, ValueError):  # ValueError: an int of more digits than Python turns into text
        return default


def text(value: Any) -> str:
    """Return a text, or the text of a number, as some servers send ids and codes; else an empty string."""
    if isinstance(value, str):
        return value
    found = number(value, _Number, None)
    return "" if found is None else str(found)


def read_fields(kind: type[msgspec.Struct], body: dict[str, Any], *, besides: str = "") -> dict[str, Any]:
    """Return the arguments that make a struct of a dict, field by field; what has an unexpected type is left out.

    Args:
        kind: the struct.
        body: what was decoded of JSON.
        besides: a field that is not from the wire.
    """
    fields: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.encode_name not in body or field.name == besides:
            continue
        value = body[field.encode_name]
        if field.type is msgspec.Raw:
            fields[field.name] = msgspec.Raw(msgspec.json.encode(value))
            continue
        try:
            fields[field.name] = msgspec.convert(value, field.type, strict=False)
        except (msgspec.ValidationError, ValueError):
            continue
    return fields
