"""WebSocket frames as a server sends them (RFC 6455, 5.2): unmasked."""

from __future__ import annotations

__all__ = ["server_frame"]


def server_frame(payload: bytes, first: int = 0x81) -> bytes:
    """Return an unmasked frame; ``first`` is its first byte, of FIN, the reserved bits and the opcode."""
    length = len(payload)
    if length < 126:
        return bytes((first, length)) + payload
    if length < 65536:
        return bytes((first, 126)) + length.to_bytes(2, "big") + payload
    return bytes((first, 127)) + length.to_bytes(8, "big") + payload
