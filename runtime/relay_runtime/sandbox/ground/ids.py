"""Random identifiers, drawn without a system call each."""

from __future__ import annotations

from relay_actors.kit import chance

__all__ = ["new_id"]


def new_id() -> str:
    """Return a fresh identifier in the shape of a version 4 UUID."""
    bits = int.from_bytes(chance.random_bytes(16)) & ~(0xF << 76) & ~(0x3 << 62) | 0x4 << 76 | 0x2 << 62
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
