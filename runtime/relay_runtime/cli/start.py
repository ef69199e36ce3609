"""``relay-runtime start``: serve the calls of some contexts by an app."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer
from loguru import logger

from relay_runtime.appload import App, AppError, load_app
from relay_runtime.cli import configuring, flags
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.monitoring import monitored, tracer
from relay_runtime.client import RelayClient
from relay_runtime.config import Config
from relay_runtime.process import ExitCode, Process

if TYPE_CHECKING:
    from relay_runtime.cli.embedded import Embedded

__all__ = ["start"]


def start(
    app: Annotated[
        str | None,
        typer.Argument(
            metavar="APP",
            help="MODULE:CLASS, MODULE:CLIENT, or FILE.py[:NAME]; the name may be left out when there is only one.",
        ),
    ] = None,
    *,
    context: flags.Contexts = None,
    host: flags.Host = None,
    max_active_calls: Annotated[
        int | None,
        typer.Option(metavar="N", help="How many inbound calls may be active at once. Default: 1000."),
    ] = None,
    overload: Annotated[
        str | None,
        typer.Option(metavar="POLICY", help="What happens to calls beyond that: drop, pass or busy. Default: drop."),
    ] = None,
    leave_at: flags.LeaveAt = None,
    return_at: flags.ReturnAt = None,
    drain_timeout: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="How long live calls may go on when the process stops. Default: 30."),
    ] = None,
    config: flags.ConfigFile = None,
    env_file: flags.EnvFile = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Run against a sandbox of its own: no account, no phone, no network.")
    ] = False,
    callers: Annotated[
        int,
        typer.Option("--sandbox-callers", metavar="N", min=0, help="Let N example callers dial in, one after another."),
    ] = 0,
    time_scale: Annotated[
        float,
        typer.Option("--sandbox-time-scale", metavar="X", min=0.0001, help="0.1 makes the sandbox ten times faster."),
    ] = 1.0,
    http_port: flags.HttpPort = None,
    http_host: flags.HttpHost = None,
    log_level: flags.LogLevel = None,
    log_format: flags.LogFormat = None,
) -> ExitCode:
    """Serve calls by an app, until SIGINT or SIGTERM: then live calls may end within the drain timeout.

    Settings come from flags, then the environment, then the environment file, then the configuration file.

    Example: relay-runtime start app:Receptionist --context office
    """
    given = {
        "app": app,
        "contexts": tuple(context or ()),
        "host": host,
        "max_active_calls": max_active_calls,
        "overload": overload,
        "leave_at": leave_at,
        "return_at": return_at,
        "drain_timeout": drain_timeout,
        "http_port": http_port,
        "http_host": http_host,
        "log_level": log_level,
        "log_format": log_format,
    }
    _check_embedding(sandbox=sandbox, callers=callers, host=host)
    with ExitStack() as stack:
        embedded = stack.enter_context(_embedded(time_scale, callers)) if sandbox else None
        first = embedded.layer() if embedded is not None else None
        return _serve(configuring.effective(given, config_file=config, env_file=env_file, first=first), embedded)


def _check_embedding(*, sandbox: bool, callers: int, host: str | None) -> None:
    """Complain about flags that make no sense together.

    Raises:
        Failure: they make none.
    """
    if sandbox and host is not None:
        raise Failure(ExitCode.USAGE, "--host and --sandbox exclude each other: the sandbox is the host")
    if callers and not sandbox:
        raise Failure(ExitCode.USAGE, "--sandbox-callers dial in on the sandbox: give --sandbox too")


def _embedded(time_scale: float, callers: int) -> Embedded:
    from relay_runtime.cli.embedded import Embedded  # noqa: PLC0415 - a process in production loads no sandbox

    return Embedded(time_scale, callers)


def _serve(config: Config, embedded: Embedded | None) -> ExitCode:
    if config["app"] is None:
        raise Failure(
            ExitCode.USAGE, "say what serves the calls: relay-runtime start MODULE:CLASS, or app in relay.toml"
        )
    configuring.apply(config)
    try:
        app = load_app(config["app"])
    except AppError as error:
        logger.opt(exception=error).debug("the app could not be loaded")
        raise Failure(ExitCode.BAD_APP, str(error)) from None
    contexts = config["contexts"] or (embedded.contexts_for(app) if embedded is not None else ())
    client = _client(app, contexts, config)
    if embedded is not None:
        embedded.announce(client.contexts)
    on_ready = embedded.let_callers_dial if embedded is not None else _nothing
    with monitored(config, client, on_ready) as monitor:
        return Process(client, config["drain_timeout"], monitor.ready, monitor.stopping).run()


def _nothing() -> None:
    """Do nothing more when the client is connected."""


def _client(app: App, contexts: tuple[str, ...], config: Config) -> RelayClient:
    if isinstance(app, RelayClient):
        return _with_settings(app, contexts, config)
    configuring.require_login(config)
    return _made(
        contexts=list(contexts),
        max_active_calls=config["max_active_calls"],
        call_actor=app,
        overload=config["overload"],
        observer=tracer(config),
        leave_at=config["leave_at"],
        return_at=config["return_at"],
    )


def _made(**arguments: Any) -> RelayClient:
    try:
        return RelayClient(**arguments)
    except ValueError as error:
        raise Failure(ExitCode.BAD_CONFIG, str(error)) from None


def _with_settings(client: RelayClient, contexts: tuple[str, ...], config: Config) -> RelayClient:
    """Return an app's own client, with the contexts added; complain about what can't be applied to it any more."""
    for name in ("overload", "leave_at", "return_at"):
        if config.is_given(name):
            raise Failure(
                ExitCode.USAGE,
                f"{config.origin(name)} does not apply to a client: give RelayClient {name}= instead",
            )
    if config["traces"]:
        raise Failure(
            ExitCode.USAGE,
            f"{config.origin('traces')} does not apply to a client: give RelayClient observer=CallTracer() instead",
        )
    if config.is_given("host") and client.host != config["host"]:
        raise Failure(
            ExitCode.USAGE,
            f"{config.origin('host')} does not apply: the app gives its RelayClient a host of its own; leave host= out",
        )
    if contexts:
        client.receive(list(contexts))
    return client
