"""``relay-runtime start``: serve the calls of some contexts by an app."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from relay_runtime.cli import configuring, flags
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.serving import serve, serve_as_worker
from relay_runtime.cli.supervising import ReloadCalls, supervise, worker_arguments
from relay_runtime.process.process import ExitCode
from relay_runtime.workers import Lifeline

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
    workers: flags.Workers = None,
    control_socket: flags.ControlSocket = None,
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
    reload: Annotated[
        bool, typer.Option("--reload", help="For development: start again when a source file of the app changes.")
    ] = False,
    reload_calls: Annotated[
        ReloadCalls, typer.Option("--reload-calls", help="What becomes of live calls then: they end, or may go on.")
    ] = ReloadCalls.END,
    log_level: flags.LogLevel = None,
    log_format: flags.LogFormat = None,
) -> int:
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
        "workers": workers,
        "control_socket": control_socket,
        "http_port": http_port,
        "http_host": http_host,
        "log_level": log_level,
        "log_format": log_format,
    }
    _check_embedding(sandbox=sandbox, callers=callers, host=host)
    lifeline = Lifeline.from_environment()
    if lifeline is not None:
        return serve_as_worker(given, config, env_file, lifeline)
    with ExitStack() as stack:
        embedded = stack.enter_context(_embedded(time_scale, callers)) if sandbox else None
        first = embedded.layer() if embedded is not None else None
        settings = configuring.effective(given, config_file=config, env_file=env_file, first=first)
        if settings["workers"] > 1 or reload:
            arguments = worker_arguments(given, config, env_file)
            return supervise(settings, arguments, embedded, reload_calls if reload else None)
        return serve(settings, embedded)


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
