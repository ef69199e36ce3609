"""The params that a caller gave."""

from __future__ import annotations

from typing import Any

__all__ = ["given"]


def given(**params: Any) -> dict[str, Any]:
    """Return the params that are not None: what is left out takes the server's default."""
    return {name: value for name, value in params.items() if value is not None}
