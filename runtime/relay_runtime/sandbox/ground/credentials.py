"""Which credentials a sandbox accepts."""

from __future__ import annotations

import hmac
from typing import Any

from relay_runtime.sandbox.ground.settings import Settings

__all__ = ["are_accepted"]


def are_accepted(given: dict[str, Any], settings: Settings) -> bool:
    """Return whether ``{project, token}`` or ``{jwt_token}`` of the settings was given, and nothing else with it.

    With ``any_credentials`` a token or a JWT of whatever value is enough, and a project may be beside it.
    """
    if settings.any_credentials:
        texts = {name for name, value in given.items() if isinstance(value, str) and value}
        return bool(texts & {"token", "jwt_token"}) and texts >= given.keys() & {"project", "token", "jwt_token"}
    keys = set(given)
    if keys == {"project", "token"}:
        return _same(given["project"], settings.project) and _same(given["token"], settings.token)
    return keys in ({"jwt_token"}, {"jwt_token", "project"}) and _same(given["jwt_token"], settings.jwt_token)


def _same(given: Any, wanted: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), wanted.encode())
