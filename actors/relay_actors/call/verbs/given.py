"""The params that a caller gave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["given"]


def given(renamed: Mapping[str, Any] | None = None, /, **params: Any) -> dict[str, Any]:
    """Return the params that are not None: what is left out takes the server's default.

    Args:
        renamed: params whose names on the wire are not those of the verb; ``params`` go before them.
        params: params by their names on the wire.
    """
    named = {**renamed, **params} if renamed else params
    if not named:
        return named
    return {name: value for name, value in named.items() if value is not None}
