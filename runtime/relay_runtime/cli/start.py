"""``relay-runtime start``: serve the calls of some contexts by an app."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relay_runtime.cli import configuring, flags
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.homes import bring_sandbox, home_of
from relay_runtime.cli.recordings import check_recordings
from relay_runtime.cli.serving import serve, serve_as_worker
from relay_runtime.cli.supervising import ReloadCalls, supervise, worker_arguments
from relay_runtime.process.pid_file import PidFileError, pid_file
from relay_runtime.process.process import ExitCode
from relay_runtime.settings.config import Config
from relay_runtime.workers import Errand, Watchdog

if TYPE_CHECKING:
    from relay_runtime.cli.embedded import Embedded

__all__ = ["start"]


def start(
    *,
    app: flags.App,
    contexts: flags.Contexts,
    server: flags.Server,
    calls: flags.Calls,
    process: flags.Process,
    config: flags.ConfigFile = None,
    env_file: flags.EnvFile = None,
    asyncio: Annotated[
        bool,
        typer.Option("--asyncio", help="The app is a client of relay_runtime.aio: its code runs in a loop of asyncio."),
    ] = False,
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
    recording: flags.Recording,
    watching: flags.Watching,
    reload: Annotated[
        bool, typer.Option("--reload", help="For development: start again when a source file of the app changes.")
    ] = False,
    reload_calls: Annotated[
        ReloadCalls, typer.Option("--reload-calls", help="What becomes of live calls then: they end, or may go on.")
    ] = ReloadCalls.END,
    logs: flags.Logs,
) -> int:
    """Serve calls by an app, until SIGINT or SIGTERM: then live calls may end within the drain timeout.

    Settings come from flags, then the environment, then the environment file, then the configuration file.

    Example: relay-runtime start app:Receptionist --context office
    """
    given = {**app, **contexts, **server, **calls, **process, **recording, **watching, **logs}
    _check_embedding(sandbox=sandbox, callers=callers, host=given["host"])
    home = home_of(asyncio=asyncio)
    errand = Errand.from_environment()
    if errand is not None:
        watchdog = Watchdog(errand)
        watchdog.start()
        return serve_as_worker(given, config, env_file, errand, home, watchdog)
    with ExitStack() as stack:
        embedded = stack.enter_context(_embedded(time_scale, callers, asyncio=asyncio)) if sandbox else None
        first = embedded.layer() if embedded is not None else None
        settings = configuring.effective(given, config_file=config, env_file=env_file, first=first)
        check_recordings(settings)
        _hold_pid_file(settings, stack)
        if settings["workers"] > 1 or reload:
            arguments = worker_arguments(given, config, env_file, asyncio=asyncio)
            return supervise(settings, arguments, embedded, reload_calls if reload else None)
        return serve(settings, embedded, home)


def _hold_pid_file(settings: Config, stack: ExitStack) -> None:
    """Have the process id written down, if it is wanted.

    Raises:
        Failure: it can't be.
    """
    if settings["pid_file"] is not None:
        try:
            stack.enter_context(pid_file(Path(settings["pid_file"])))
        except PidFileError as error:
            raise Failure(ExitCode.BAD_CONFIG, f"{settings.origin('pid_file')}: {error}") from None


def _check_embedding(*, sandbox: bool, callers: int, host: str | None) -> None:
    """Complain about flags that make no sense together.

    Raises:
        Failure: they make none.
    """
    if sandbox and host is not None:
        raise Failure(ExitCode.USAGE, "--host and --sandbox exclude each other: the sandbox is the host")
    if callers and not sandbox:
        raise Failure(ExitCode.USAGE, "--sandbox-callers dial in on the sandbox: give --sandbox too")


def _embedded(time_scale: float, callers: int, *, asyncio: bool) -> Embedded:
    # A process in production loads no sandbox.
    from relay_runtime.cli.example_callers import ExampleCallers  # noqa: PLC0415

    return bring_sandbox(time_scale, ExampleCallers(callers), asyncio=asyncio)
