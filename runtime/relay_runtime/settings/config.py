"""What a client and its process need to know, and where each value came from.

A client is configured by arguments and the environment (`resolve`). The ``relay-runtime`` process has more layers: a
value is taken from the first of flag, environment, environment file, configuration file and default that has it
(`merge`), and keeps its origin.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from relay_actors.session.state import Credentials
from relay_runtime.settings.endpoint import Endpoint, parse_host
from relay_runtime.settings.options import OPTIONS, Client, Option

__all__ = [
    "MASK",
    "Config",
    "Found",
    "Layer",
    "Setting",
    "Settings",
    "from_environment",
    "from_file",
    "from_flags",
    "merge",
    "resolve",
]

MASK: Final = "********"


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


# The layers of the process


class Found(msgspec.Struct, frozen=True):
    """A value as a person wrote it, and where."""

    value: Any
    origin: str

    def __repr__(self) -> str:
        """Show where it is from; the value may be a secret."""
        return f"<Found in {self.origin}>"


Layer = Mapping[str, Found]
"""What one place says: from an option's name to what was found."""


class Setting(msgspec.Struct, frozen=True):
    """The effective value of an option.

    Attributes:
        option: what it is the value of.
        value: the value.
        origin: where it came from, in words.
        depth: how many layers were asked before; 0 for a flag.
    """

    option: Option
    value: Any
    origin: str
    depth: int

    @property
    def shown(self) -> str:
        """The value for people; secrets are masked."""
        if self.value in (None, "", ()):
            return "-"
        if self.option.secret:
            return MASK
        return ", ".join(self.value) if isinstance(self.value, tuple) else str(self.value)

    def __repr__(self) -> str:
        """Show name, masked value and origin."""
        return f"<Setting {self.option.name}={self.shown} from {self.origin}>"


class Config:
    """The effective settings of a process: ``config["host"]`` is a value, iterating gives each `Setting`."""

    def __init__(self, settings: Mapping[str, Setting]) -> None:
        self._settings = settings

    def __getitem__(self, name: str) -> Any:
        return self._settings[name].value

    def __iter__(self) -> Iterator[Setting]:
        return iter(self._settings.values())

    def origin(self, name: str) -> str:
        """Return where a value came from, in words."""
        return self._settings[name].origin

    def replaced(self, name: str, value: Any, origin: str) -> Config:
        """Return the settings with another value, and where it came from."""
        changed = msgspec.structs.replace(self._settings[name], value=value, origin=origin)
        return Config({**self._settings, name: changed})

    def is_given(self, name: str) -> bool:
        """Return whether somebody gave the value, so that it is not the default."""
        return self._settings[name].origin != "default"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that must not be shown."""
        return tuple(each.value for each in self if each.option.secret and each.value)

    def client_variables(self) -> dict[str, str | None]:
        """Return the environment variables that make a `RelayClient` use these settings; None: not to be set."""
        return {
            each.option.variable: None if each.value is None else str(each.value)
            for each in self
            if each.option.client is Client.READS
        }


def from_flags(flags: Mapping[str, Any]) -> Layer:
    """Return the layer of the command line: from option names to values, of which None and () were not given."""
    return {
        name: Found(value, OPTIONS[name].flag) for name, value in flags.items() if value is not None and value != ()
    }


def from_environment(environ: Mapping[str, str], where: str = "the environment") -> Layer:
    """Return the layer of environment variables; an empty one counts as not set."""
    return {
        option.name: Found(environ[option.variable], f"{option.variable} in {where}")
        for option in OPTIONS.values()
        if environ.get(option.variable)
    }


def from_file(values: Mapping[str, Any], path: str) -> Layer:
    """Return the layer of a configuration file."""
    return {name: Found(value, f"{name} in {path}") for name, value in values.items()}


def merge(*layers: Layer) -> Config:
    """Return the effective settings; an earlier layer goes before a later one.

    Raises:
        ValueError: a value is malformed; the message names where it stands and what is accepted, and shows no secret.
    """
    settings = {name: _choose(option, layers) for name, option in OPTIONS.items()}
    return Config(_with_one_login(settings))


def _choose(option: Option, layers: tuple[Layer, ...]) -> Setting:
    for depth, layer in enumerate(layers):
        found = layer.get(option.name)
        if found is not None:
            try:
                return Setting(option, option.kind.read(found.value), found.origin, depth)
            except ValueError as error:
                # A mistaken host may hold a credential; parse_host says what is wrong without repeating it.
                hidden = option.secret or option.name == "host"
                raise ValueError(f"{found.origin}{'' if hidden else f' is {found.value!r}'}: {error}") from None
    return Setting(option, option.default, "default", len(layers))


def _with_one_login(settings: dict[str, Setting]) -> dict[str, Setting]:
    """Leave a JWT out when project and token are both given in a layer that goes before its own."""
    jwt, project, token = settings["jwt_token"], settings["project"], settings["token"]
    if jwt.value and project.value and token.value and max(project.depth, token.depth) < jwt.depth:
        unused = Setting(jwt.option, None, f"not used: project and token go before {jwt.origin}", jwt.depth)
        return {**settings, "jwt_token": unused}
    return settings
