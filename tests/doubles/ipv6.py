"""Whether this machine can speak IPv6 with itself; containers often can't."""

from __future__ import annotations

import socket

__all__ = ["has_ipv6"]


def has_ipv6() -> bool:
    """Return whether something can listen on ::1."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
