"""What one client needs to know, from its arguments and the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import msgspec

from relay_runtime.settings.credentials import CredentialSources, Secret, checked_secret
from relay_runtime.settings.endpoint import Endpoint, parse_host
from relay_runtime.settings.options import OPTIONS
from relay_runtime.settings.proxy import ENVIRONMENT, Proxy, environment_proxy, given_proxy

__all__ = ["Settings", "resolve", "resolved_proxy"]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one client.

    Attributes:
        credentials: project and token, or a JWT; or functions that return them.
        host: the host as it was given.
        endpoint: the host, parsed.
        max_active_calls: how many inbound calls may be active at once.
        ca_file: path of a CA bundle that is trusted besides the system's, or None.
        proxy: the proxy on the way to the server, or None.
    """

    credentials: CredentialSources
    host: str
    endpoint: Endpoint
    max_active_calls: int
    ca_file: str | None
    proxy: Proxy | None = None


def resolve(
    project: str | None = None,
    token: Secret | None = None,
    jwt_token: Secret | None = None,
    host: str | None = None,
    max_active_calls: int | None = None,
    *,
    proxy: str | None = ENVIRONMENT,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings of a client; what is None falls back to its environment variable, then to its default.

    Raises:
        ValueError: something is missing or malformed; the message names the argument and the variable.
        TypeError: a credential or the proxy is of another type.
    """
    env = os.environ if environ is None else environ

    def found(name: str, argument: Any = None) -> Any:
        option = OPTIONS[name]
        given = argument or env.get(option.variable)
        if not given:
            return option.default
        try:
            return option.kind.read(given)
        except ValueError as error:
            source = f"argument {name}=" if argument else f"environment variable {option.variable}"
            raise ValueError(f"{source}: {error}") from None

    def secret(name: str, argument: Secret | None) -> Secret:
        if argument is None or isinstance(argument, str):
            return found(name, argument) or ""
        return checked_secret(argument, f"argument {name}=")

    where = found("host", host)
    endpoint = parse_host(where)
    explicit = bool(project and token and not jwt_token)  # these go before a JWT from the environment
    return Settings(
        credentials=_credentials(
            found("project", project) or "",
            secret("token", token),
            "" if explicit else secret("jwt_token", jwt_token),
        ),
        host=where,
        endpoint=endpoint,
        max_active_calls=_limit(max_active_calls, env),
        ca_file=found("ca_file"),
        proxy=resolved_proxy(proxy, endpoint, env),
    )


def _credentials(project: str, token: Secret, jwt_token: Secret) -> CredentialSources:
    if jwt_token:
        return CredentialSources(project, token, jwt_token)
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
    return CredentialSources(project, token)


def resolved_proxy(given: str | None, endpoint: Endpoint, environ: Mapping[str, str]) -> Proxy | None:
    """Return the proxy: the one that is given, else that of our variable, else that of the environment.

    Raises:
        ValueError: it is malformed; the message names where it stands.
        TypeError: what is given is no text.
    """
    source, option = "argument proxy=", OPTIONS["proxy"]
    if given == ENVIRONMENT:
        source, given = f"environment variable {option.variable}", environ.get(option.variable) or ENVIRONMENT
    if given is not None and not isinstance(given, str):
        raise TypeError(f"{source} is {type(given).__name__}; accepted is a text, or None for no proxy")
    if given == ENVIRONMENT:
        return environment_proxy(endpoint, environ)
    try:
        return given_proxy(given, endpoint)
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from None


def _limit(argument: int | None, env: Mapping[str, str]) -> int:
    option = OPTIONS["max_active_calls"]
    if argument is None:
        source, value = f"environment variable {option.variable}", env.get(option.variable) or option.default
    else:
        source, value = f"argument {option.name}=", argument
    try:
        # Digits are a number where people write, but not from a program.
        return int(option.kind.read(None if isinstance(argument, str) else value))
    except ValueError as error:
        raise ValueError(f"{source} is {value!r}; {error}") from None
