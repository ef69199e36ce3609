"""The effective settings of a process, and where each value came from.

A value is taken from the first of flag, environment, environment file, configuration file and default that has it
(`merge`), and keeps its origin.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from relay_runtime.settings.kinds import MASK
from relay_runtime.settings.options import OPTIONS, Client, Option

__all__ = [
    "MASK",
    "Config",
    "Found",
    "Layer",
    "Setting",
    "from_environment",
    "from_file",
    "from_flags",
    "merge",
]


class Found(msgspec.Struct, frozen=True):
    """A value as a person wrote it, and where.

    Attributes:
        value: the value.
        origin: where it came from, in words.
        file: the file that it stands in; empty for none.
        unasked: whether that file was read without being named, because it was there.
    """

    value: Any
    origin: str
    file: str = ""
    unasked: bool = False

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
        file: the file that it stands in; empty for none.
        unasked: whether that file was read without being named, because it was there.
    """

    option: Option
    value: Any
    origin: str
    depth: int
    file: str = ""
    unasked: bool = False

    @property
    def secret(self) -> str:
        """What of the value must not be shown; an empty text for nothing."""
        if not self.value:
            return ""
        return str(self.value if self.option.secret else self.option.kind.secret(self.value))

    @property
    def shown(self) -> str:
        """The value for people; secrets are masked."""
        if self.value in (None, "", ()):
            return "-"
        if self.option.secret:
            return MASK
        return ", ".join(self.value) if isinstance(self.value, tuple) else self.option.kind.shown(self.value)

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

    def setting(self, name: str) -> Setting:
        """Return the value of an option and all that is known of it."""
        return self._settings[name]

    def origin(self, name: str) -> str:
        """Return where a value came from, in words."""
        return self._settings[name].origin

    def replaced(self, name: str, value: Any, origin: str) -> Config:
        """Return the settings with another value, and where it came from."""
        changed = msgspec.structs.replace(self._settings[name], value=value, origin=origin, file="", unasked=False)
        return Config({**self._settings, name: changed})

    def is_given(self, name: str) -> bool:
        """Return whether somebody gave the value, so that it is not the default."""
        return self._settings[name].origin != "default"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that must not be shown."""
        return tuple(each.secret for each in self if each.secret)

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


def from_environment(environ: Mapping[str, str], file: str = "") -> Layer:
    """Return the layer of environment variables, or of a file of such; an empty one counts as not set."""
    where = file or "the environment"
    return {
        option.name: Found(environ[option.variable], f"{option.variable} in {where}", file)
        for option in OPTIONS.values()
        if environ.get(option.variable)
    }


def from_file(values: Mapping[str, Any], path: str, *, unasked: bool = False) -> Layer:
    """Return the layer of a configuration file, which nobody named if it is ``unasked``."""
    return {name: Found(value, f"{name} in {path}", path, unasked) for name, value in values.items()}


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
                value = option.kind.read(found.value)
                return Setting(option, value, found.origin, depth, found.file, found.unasked)
            except ValueError as error:
                # A mistaken URL may hold a credential; the message says what is wrong without repeating it.
                hidden = option.secret or option.name in {"host", "proxy"}
                raise ValueError(f"{found.origin}{'' if hidden else f' is {found.value!r}'}: {error}") from None
    return Setting(option, option.default, "default", len(layers))


def _with_one_login(settings: dict[str, Setting]) -> dict[str, Setting]:
    """Leave a JWT out when project and token are both given in a layer that goes before its own."""
    jwt, project, token = settings["jwt_token"], settings["project"], settings["token"]
    if jwt.value and project.value and token.value and max(project.depth, token.depth) < jwt.depth:
        unused = Setting(jwt.option, None, f"not used: project and token go before {jwt.origin}", jwt.depth)
        return {**settings, "jwt_token": unused}
    return settings
