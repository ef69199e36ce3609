"""What a client needs to know, from arguments or the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec

from relay_actors.session import Credentials
from relay_runtime.endpoint import Endpoint, parse_host

__all__ = ["DEFAULT_HOST", "DEFAULT_MAX_ACTIVE_CALLS", "Settings", "resolve"]

DEFAULT_HOST = "relay.signalwire.com"
DEFAULT_MAX_ACTIVE_CALLS = 1000


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one client.

    Attributes:
        credentials: project and token, or a JWT.
        host: the host as it was given.
        endpoint: the host, parsed.
        max_active_calls: how many inbound calls may be active at once.
        ca_file: path of a CA bundle that is trusted besides the system's, or None.
    """

    credentials: Credentials
    host: str
    endpoint: Endpoint
    max_active_calls: int
    ca_file: str | None


def resolve(
    *,
    project: str | None = None,
    token: str | None = None,
    jwt_token: str | None = None,
    host: str | None = None,
    max_active_calls: int | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings of a client; what is None falls back to its environment variable, then to its default.

    Raises:
        ValueError: something is missing or malformed; the message names the argument and the variable.
    """
    env = os.environ if environ is None else environ
    where = host or env.get("SIGNALWIRE_SPACE") or DEFAULT_HOST
    return Settings(
        credentials=_credentials(
            project or env.get("SIGNALWIRE_PROJECT_ID") or "",
            token or env.get("SIGNALWIRE_API_TOKEN") or "",
            jwt_token or env.get("SIGNALWIRE_JWT_TOKEN") or "",
            explicit=bool(project and token and not jwt_token),
        ),
        host=where,
        endpoint=_endpoint(where, given=host is not None),
        max_active_calls=_limit(max_active_calls, env.get("RELAY_MAX_ACTIVE_CALLS")),
        ca_file=env.get("SIGNALWIRE_RELAY_CA_FILE") or None,
    )


def _credentials(project: str, token: str, jwt_token: str, *, explicit: bool) -> Credentials:
    """Return the credentials; project and token given as arguments go before a JWT from the environment."""
    if jwt_token and not explicit:
        return Credentials(project=project, token=token, jwt_token=jwt_token)
    missing = [
        f"{name} (argument {name}=, or the environment variable {variable})"
        for name, variable, value in (
            ("project", "SIGNALWIRE_PROJECT_ID", project),
            ("token", "SIGNALWIRE_API_TOKEN", token),
        )
        if not value
    ]
    if missing:
        raise ValueError(
            f"missing credentials: {' and '.join(missing)}; or give a JWT (argument jwt_token=, or the environment "
            "variable SIGNALWIRE_JWT_TOKEN), which needs neither"
        )
    return Credentials(project=project, token=token)


def _endpoint(host: str, *, given: bool) -> Endpoint:
    try:
        return parse_host(host)
    except ValueError as error:
        source = "argument host=" if given else "environment variable SIGNALWIRE_SPACE"
        raise ValueError(f"{source}: {error}") from None


def _limit(argument: int | None, variable: str | None) -> int:
    accepted = "accepted is a whole number from 1"
    if argument is not None:
        if isinstance(argument, bool) or not isinstance(argument, int) or argument < 1:
            raise ValueError(f"argument max_active_calls= is {argument!r}; {accepted}")
        return argument
    if not variable:
        return DEFAULT_MAX_ACTIVE_CALLS
    if not variable.isascii() or not variable.isdigit() or int(variable) < 1:
        raise ValueError(f"environment variable RELAY_MAX_ACTIVE_CALLS is {variable!r}; {accepted}")
    return int(variable)
