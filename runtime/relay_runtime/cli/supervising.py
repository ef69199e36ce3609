"""The parent of several workers, as a command."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent

from relay_runtime.cli.failure import Failure
from relay_runtime.cli.monitoring import serve_http
from relay_runtime.cli.serving import check_app, inspectable
from relay_runtime.inspection import PlaceError, default_path, private_directory
from relay_runtime.process.process import ExitCode, on_signals
from relay_runtime.process.source_watch import SourceWatch
from relay_runtime.process.systemd import Systemd
from relay_runtime.settings.config import Config
from relay_runtime.settings.options import OPTIONS
from relay_runtime.workers import Blueprint, Fleet, FleetAnswers, FleetMetrics

if TYPE_CHECKING:
    from relay_runtime.cli.embedded import Embedded

__all__ = ["ReloadCalls", "supervise", "worker_arguments"]

_OF_THE_PARENT = ("workers", "control_socket")


class ReloadCalls(StrEnum):
    """What becomes of live calls when the app is loaded again."""

    END = "end"
    DRAIN = "drain"


def supervise(
    config: Config, arguments: Sequence[str], embedded: Embedded | None, reload: ReloadCalls | None = None
) -> int:
    """Run the workers until a signal, and return the exit code. Blocks the current greenlet.

    Args:
        config: the effective settings of the parent.
        arguments: the command line of a worker, after ``start``.
        embedded: the sandbox that the workers connect to, or None.
        reload: replace the workers when a source file changes, and what becomes of their calls; None: don't.

    Raises:
        Failure: a setting is wrong.
    """
    check_app(config)
    workers = config["workers"]
    if config["max_active_calls"] < workers:
        raise Failure(
            ExitCode.BAD_CONFIG,
            f"{config.origin('max_active_calls')} is {config['max_active_calls']}, which is fewer than the {workers} "
            "workers that share it; give more",
        )
    with ExitStack() as stack:
        blueprint = Blueprint(
            arguments=Blueprint.command(["start", *arguments], bytecode=reload is None),
            directory=stack.enter_context(_directory()),
            settings=embedded.settings() if embedded is not None else {},
            contexts=embedded.default_contexts if embedded is not None else (),
        )
        fleet = Fleet(
            workers,
            blueprint,
            config["drain_timeout"],
            patient=reload is not None,
            at_once=reload is ReloadCalls.END,
        )
        if reload is not None:
            stack.enter_context(_reloading(fleet, config["app"]))
        metrics = FleetMetrics(fleet)
        stack.enter_context(inspectable(config, FleetAnswers(fleet, metrics, app=config["app"])))
        stack.enter_context(serve_http(config, metrics.not_ready, metrics.page))
        systemd = Systemd()
        stack.callback(systemd.close)
        fleet.on_stop = systemd.stopping

        def ready() -> None:
            systemd.ready()
            if embedded is not None:
                embedded.let_callers_dial()

        fleet.on_serving = ready
        if embedded is not None:
            fleet.on_loaded.append(embedded.announce_once)
        watchers = [*on_signals(fleet.stop), gevent.signal_handler(signal.SIGHUP, fleet.roll, "SIGHUP")]
        try:
            return fleet.run()
        finally:
            for watcher in watchers:
                watcher.cancel()


@contextmanager
def _reloading(fleet: Fleet, app: str) -> Iterator[None]:
    """Replace the workers of a fleet whenever a file changes that one of them has loaded, or failed to load."""
    watch = SourceWatch(fleet.roll)
    place = app.rpartition(":")[0] or app
    own = place if place.endswith(".py") else f"{place.replace('.', '/')}.py"
    watch.watch([os.path.abspath(own)])
    fleet.on_loaded.append(lambda facts: watch.watch(facts.get("files", [])))
    try:
        yield
    finally:
        watch.close()


@contextmanager
def _directory() -> Iterator[Path]:
    """Give a directory for the workers' control sockets, as private as the parent's own.

    Raises:
        Failure: it can't be made.
    """
    try:
        path = private_directory() / f"{default_path().stem}.workers"
        shutil.rmtree(path, ignore_errors=True)  # of a process that was killed and had the same id
        path.mkdir(mode=0o700)
    except (OSError, PlaceError) as error:
        raise Failure(ExitCode.BAD_CONFIG, f"no directory for the workers' sockets: {error}") from None
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def worker_arguments(given: Mapping[str, Any], config_file: Path | None, env_file: Path | None) -> list[str]:
    """Return the command line of a worker: the parent's own, without what concerns the parent alone.

    Args:
        given: what the parent's command line says, by option name. None of it is a secret: these have no flags.
        config_file: the configuration file that it names, or None.
        env_file: the environment file that it names, or None.
    """
    arguments = []
    for name, value in given.items():
        if value is None or name in _OF_THE_PARENT:
            continue
        flag = OPTIONS[name].flag
        for each in value if isinstance(value, tuple) else (value,):
            arguments += [str(each)] if flag.isupper() else [f"{flag}={each}"]
    for flag, path in (("--config", config_file), ("--env-file", env_file)):
        if path is not None:
            arguments.append(f"{flag}={os.fspath(path)}")
    return arguments
