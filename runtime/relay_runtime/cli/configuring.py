"""From flags, environment and files to the effective settings of a command."""

from __future__ import annotations

import os
import resource
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from loguru import logger

from relay_runtime.cli import flags
from relay_runtime.cli.failure import Failure
from relay_runtime.process.process import ExitCode
from relay_runtime.settings.caution import cautions
from relay_runtime.settings.config import Config, Found, Layer, from_environment, from_file, from_flags, merge
from relay_runtime.settings.endpoint import parse_host
from relay_runtime.settings.proxy import ENVIRONMENT, environment_proxy, given_proxy, proxy_variable
from relay_runtime.settings.settings_file import DEFAULT_FILE, read_environment_file, read_settings_file
from relay_runtime.watch.logs import setup_logging
from relay_runtime.websocket import CaFileError
from relay_runtime.websocket.tls import client_context

__all__ = ["QUIET", "apply", "apply_unchecked", "effective", "require_login", "with_proxy"]


QUIET: Final[Layer] = {name: Found(value, "this command") for name, value in flags.QUIET.items()}
"""What holds, if nobody says otherwise, for a command that ends by itself."""


def effective(
    flags: Mapping[str, Any],
    *,
    config_file: Path | None,
    env_file: Path | None,
    first: Layer | None = None,
    last: Layer | None = None,
    tells: bool = True,
) -> Config:
    """Return the effective settings; by them set logging up, and forbid core dumps, which would hold the tokens.

    Args:
        flags: what the command line says, by option name; None was not given.
        config_file: the configuration file; None reads ``relay.toml`` if it is there.
        env_file: a file with further environment variables, or None.
        first: what goes before everything else.
        last: the command's own defaults.
        tells: whether to warn of what asks for a look in where they stand, whatever the level of the logs; a file that
            leads a token astray could set that too.

    Raises:
        Failure: a value, a key or a file is wrong; a value of the command line has an exit code of its own.
    """
    given = from_flags(flags)
    try:
        merge(given)
    except ValueError as error:
        raise Failure(ExitCode.USAGE, str(error)) from None
    try:
        layers = [first or {}, given, from_environment(os.environ)]
        if env_file is not None:
            layers.append(from_environment(read_environment_file(env_file), str(env_file)))
        path = config_file or Path(DEFAULT_FILE)
        if config_file is not None or path.exists():
            layers.append(from_file(read_settings_file(path), str(path), unasked=config_file is None))
        config = merge(*layers, last or {})
    except ValueError as error:
        raise Failure(ExitCode.BAD_CONFIG, str(error)) from None
    if tells:
        setup_logging("warning", config["log_format"], config.secrets)
        for caution in cautions(config):
            logger.warning("a setting asks for a look: {}; {}", caution.says, caution.mend)
    setup_logging(config["log_level"], config["log_format"], config.secrets)
    if not config["core_dumps"]:
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    return config


def apply(config: Config) -> None:
    """Make every `RelayClient` of this process use the settings, also those that an app makes when it is imported.

    Raises:
        Failure: the CA file or the proxy can't be used.
    """
    apply_unchecked(config)
    with_proxy(config)
    if config["ca_file"] is not None:
        try:
            client_context(config["ca_file"])
        except CaFileError as error:
            raise Failure(ExitCode.BAD_CONFIG, f"{config.origin('ca_file')}: {error}") from None


def with_proxy(config: Config) -> Config:
    """Return the settings with the environment's proxy for the server, if they name none.

    Raises:
        Failure: the proxy can't be used.
    """
    endpoint, given = parse_host(config["host"]), config["proxy"]
    try:
        if given not in {None, ENVIRONMENT}:
            given_proxy(given, endpoint)
            return config
        environment_proxy(endpoint, os.environ)
    except ValueError as error:
        origin = "" if given in {None, ENVIRONMENT} else f"{config.origin('proxy')}: "
        raise Failure(ExitCode.BAD_CONFIG, f"{origin}{error}") from None
    variable = proxy_variable(endpoint, os.environ)
    return config.replaced("proxy", os.environ[variable], f"{variable} in the environment") if variable else config


def apply_unchecked(config: Config) -> None:
    """Do what `apply` does, without a look at the CA file."""
    for variable, value in config.client_variables().items():
        if value is None:
            os.environ.pop(variable, None)
        else:
            os.environ[variable] = value


def require_login(config: Config) -> None:
    """Do nothing if there are credentials.

    Raises:
        Failure: there are none.
    """
    if config["jwt_token"] or (config["project"] and config["token"]):
        return
    missing = " and ".join(
        f"{name} ({each.option.variable}, or {name} in {DEFAULT_FILE})"
        for each in config
        if (name := each.option.name) in {"project", "token"} and not each.value
    )
    raise Failure(
        ExitCode.BAD_CONFIG,
        f"missing credentials: {missing}; or try without an account: relay-runtime start APP --sandbox",
    )
