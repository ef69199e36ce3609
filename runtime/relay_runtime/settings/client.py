"""What one client needs to know, from its arguments and the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import msgspec

from relay_actors.session.state import Credentials
from relay_runtime.settings.endpoint import Endpoint, parse_host
from relay_runtime.settings.options import OPTIONS

__all__ = ["Settings", "resolve"]


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
    project: str | None = None,
    token: str | None = None,
    jwt_token: str | None = None,
    host: str | None = None,
    max_active_calls: int | None = None,
    *,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings of a client; what is None falls back to its environment variable, then to its default.

    Raises:
        ValueError: something is missing or malformed; the message names the argument and the variable.
    """
    env = os.environ if environ is None else environ

    def found(name: str, argument: str | None = None) -> Any:
        return argument or env.get(OPTIONS[name].variable) or OPTIONS[name].default

    where = found("host", host)
    return Settings(
        credentials=_credentials(
            found("project", project) or "",
            found("token", token) or "",
            found("jwt_token", jwt_token) or "",
            explicit=bool(project and token and not jwt_token),
        ),
        host=where,
        endpoint=_endpoint(where, given=host is not None),
        max_active_calls=_limit(max_active_calls, found("max_active_calls")),
        ca_file=found("ca_file"),
    )


def _credentials(project: str, token: str, jwt_token: str, *, explicit: bool) -> Credentials:
    """Return the credentials; project and token given as arguments go before a JWT from the environment."""
    if jwt_token and not explicit:
        return Credentials(project=project, token=token, jwt_token=jwt_token)
    missing = [
        f"{name} (argument {name}=, or the environment variable {OPTIONS[name].variable})"
        for name, value in (("project", project), ("token", token))
        if not value
    ]
    if missing:
        raise ValueError(
            f"missing credentials: {' and '.join(missing)}; or give a JWT (argument jwt_token=, or the environment "
            f"variable {OPTIONS['jwt_token'].variable}), which needs neither"
        )
    return Credentials(project=project, token=token)


def _endpoint(host: str, *, given: bool) -> Endpoint:
    try:
        return parse_host(host)
    except ValueError as error:
        source = "argument host=" if given else f"environment variable {OPTIONS['host'].variable}"
        raise ValueError(f"{source}: {error}") from None


def _limit(argument: int | None, otherwise: Any) -> int:
    option = OPTIONS["max_active_calls"]
    if argument is None:
        source, value = f"environment variable {option.variable}", otherwise
    else:
        source, value = f"argument {option.name}=", argument
    try:
        # Digits are a number where people write, but not from a program.
        return int(option.kind.read(None if isinstance(argument, str) else value))
    except ValueError as error:
        raise ValueError(f"{source} is {value!r}; {error}") from None
