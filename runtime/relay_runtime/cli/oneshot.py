"""What the one-shot commands share: a connection for as long as the command lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from relay_actors.errors import RelayTimeout
from relay_runtime.cli import configuring
from relay_runtime.cli.failure import Failure
from relay_runtime.client.client import RelayClient
from relay_runtime.process.process import ExitCode

__all__ = ["connected"]


@contextmanager
def connected(
    given: Mapping[str, Any],
    *,
    config_file: Path | None,
    env_file: Path | None,
    patience: float,
    prepare: Callable[[RelayClient], object] | None = None,
) -> Iterator[RelayClient]:
    """Give a client that is connected, and disconnect it in the end. Blocks the current greenlet meanwhile.

    Args:
        given: what the command line says, by option name.
        config_file: the configuration file, or None.
        env_file: the environment file, or None.
        patience: seconds to try to connect.
        prepare: called with the client before it connects.

    Raises:
        Failure: a setting is wrong or missing, or there is no connection in time.
        AuthenticationFailed: the credentials were refused.
    """
    config = configuring.effective(given, config_file=config_file, env_file=env_file, last=configuring.QUIET)
    configuring.require_login(config)
    configuring.apply(config)
    try:
        client = RelayClient(contexts=list(config["contexts"]))
    except ValueError as error:
        raise Failure(ExitCode.BAD_CONFIG, str(error)) from None
    if prepare is not None:
        prepare(client)
    try:
        client.connect(timeout=patience)
    except RelayTimeout as error:
        raise Failure(ExitCode.UNREACHABLE, f"{error}; check host and network, or give --connect-timeout") from None
    try:
        yield client
    finally:
        client.disconnect()
