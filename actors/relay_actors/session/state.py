"""Holds what outlives one connection, as immutable values that the supervisor hands to the next (law 7)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

__all__ = ["FRAME_LIMIT", "Credentials", "Session"]

FRAME_LIMIT: Final = 16 * 2**20
"""Bytes of a frame that no server gets: as many as may wait to be written, so that nobody else could send meanwhile."""


class Credentials(msgspec.Struct, frozen=True):
    """How the client proves who it is: project and token, or a JWT."""

    project: str = ""
    token: str = ""
    jwt_token: str = ""

    def authentication(self) -> dict[str, str]:
        """Return the ``authentication`` object of ``signalwire.connect`` (protocol 2.1: one form, nothing beside)."""
        if self.jwt_token:
            return {"jwt_token": self.jwt_token}
        return {"project": self.project, "token": self.token}

    def __repr__(self) -> str:
        """Show the form in use and no secret."""
        return f"<Credentials {'jwt_token' if self.jwt_token else 'project and token'}>"


class Session(msgspec.Struct, frozen=True):
    """What a new connection sends to resume, and the contexts it asks for.

    Attributes:
        protocol: the session's name from the last connect result, or an empty string for a new session.
        authorization_state: the newest opaque blob from the server (a credential), or an empty string.
        contexts: the desired contexts, without repetition, in the order they were asked for.
        frame_limit: bytes of the smallest frame that is too large: over which the server has closed a connection.
    """

    protocol: str = ""
    authorization_state: str = ""
    contexts: tuple[str, ...] = ()
    frame_limit: int = FRAME_LIMIT

    def connect_params(self, credentials: Credentials, agent: str) -> dict[str, Any]:
        """Return the params of ``signalwire.connect`` for this session (protocol 2.1)."""
        params: dict[str, Any] = {
            "version": {"major": 2, "minor": 0, "revision": 0},
            "agent": agent,
            "event_acks": True,
            "authentication": credentials.authentication(),
        }
        if self.contexts:
            params["contexts"] = list(self.contexts)
        if self.protocol:
            params["protocol"] = self.protocol
            # A blob without its protocol is refused (protocol 2.2.3).
            if self.authorization_state:
                params["authorization_state"] = self.authorization_state
        return params

    def forgotten(self) -> Session:
        """Return the session without what would resume it: the next connect opens a new one."""
        return msgspec.structs.replace(self, protocol="", authorization_state="")

    def __repr__(self) -> str:
        """Show the contexts and whether it can be resumed; no secret."""
        return f"<Session contexts={list(self.contexts)} resumable={bool(self.protocol)}>"
