"""The parent of several workers, as a command."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relay_runtime.cli.failure import Failure
from relay_runtime.cli.monitoring import serve_http
from relay_runtime.cli.serving import check_app, check_share, inspectable
from relay_runtime.inspection.answers import Answers
from relay_runtime.process.process import ExitCode, on_signals
from relay_runtime.process.source_watch import SourceWatch
from relay_runtime.process.systemd import Systemd
from relay_runtime.settings.config import Config
from relay_runtime.settings.options import OPTIONS, PROCESS
from relay_runtime.settings.private_directory import PlaceError, private_directory
from relay_runtime.workers import Blueprint, Parent, ParentMetrics, Policy, Recycling, WorkersCalls

if TYPE_CHECKING:
    from relay_runtime.cli.embedded import Embedded

__all__ = ["ReloadCalls", "supervise", "worker_arguments"]


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
    check_share(config, config["workers"])
    with ExitStack() as stack:
        blueprint = Blueprint(
            arguments=Blueprint.command(["start", *arguments], bytecode=reload is None),
            directory=stack.enter_context(_directory()),
            settings=embedded.settings() if embedded is not None else {},
            contexts=embedded.default_contexts if embedded is not None else (),
        )
        parent = Parent(
            config["workers"],
            blueprint,
            config["drain_timeout"],
            policy=Policy(timeout=config["worker_timeout"]),
            patient=reload is not None,
            at_once=reload is ReloadCalls.END,
        )
        if reload is not None:
            stack.enter_context(_reloading(parent, config["app"]))
        if config["max_calls_per_worker"] is not None:
            recycling = stack.enter_context(
                closing(Recycling(config["max_calls_per_worker"], parent.slots, parent.replace))
            )
            recycling.start()
        metrics = ParentMetrics(parent)
        stack.enter_context(inspectable(config, Answers(WorkersCalls(parent), parent, metrics, app=config["app"])))
        stack.enter_context(serve_http(config, metrics.not_ready, metrics.page, notes=metrics.notes))
        _tell_about(parent, stack.enter_context(closing(Systemd())), embedded)
        stack.enter_context(on_signals(parent.stop, parent.roll))
        return parent.run()


def _tell_about(parent: Parent, systemd: Systemd, embedded: Embedded | None) -> None:
    """Have the service manager, and the sandbox that was brought along, told of the workers' life."""
    parent.on_serving.append(systemd.ready)
    parent.on_stop = systemd.stopping
    if embedded is not None:
        parent.on_serving.append(embedded.begin)
        parent.on_loaded.append(embedded.loaded_by_worker)
        parent.on_stop = partial(_stopping, systemd, embedded)
        embedded.end_by(parent.request_stop)


def _stopping(systemd: Systemd, embedded: Embedded, why: str) -> None:
    embedded.stopping()
    systemd.stopping(why)


@contextmanager
def _reloading(parent: Parent, app: str) -> Iterator[None]:
    """Replace the workers whenever a file changes that one of them has loaded, or failed to load."""
    watch = SourceWatch(parent.roll)
    place = app.rpartition(":")[0] or app
    own = place if place.endswith(".py") else f"{place.replace('.', '/')}.py"
    watch.watch([os.path.abspath(own)])
    parent.on_loaded.append(lambda facts: watch.watch(facts.get("files", [])))
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
        path = private_directory() / f"{os.getpid()}.workers"
        shutil.rmtree(path, ignore_errors=True)  # of a process that was killed and had the same id
        path.mkdir(mode=0o700)
    except (OSError, PlaceError) as error:
        raise Failure(ExitCode.BAD_CONFIG, f"no directory for the workers' sockets: {error}") from None
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def worker_arguments(
    given: Mapping[str, Any], config_file: Path | None, env_file: Path | None, *, asyncio: bool = False
) -> list[str]:
    """Return the command line of a worker: the parent's own, without what concerns the parent alone.

    Args:
        given: what the parent's command line says, by option name. None of it is a secret: these have no flags.
        config_file: the configuration file that it names, or None.
        env_file: the environment file that it names, or None.
        asyncio: whether the app runs in a loop of asyncio.
    """
    arguments = ["--asyncio"] if asyncio else []
    for name, value in given.items():
        option = OPTIONS[name]
        if value is None or option in PROCESS:
            continue
        if option.kind.switch:
            arguments += [option.flag] if value else []
            continue
        values = value if isinstance(value, tuple) else (value,)
        arguments += [str(each) if option.flag.isupper() else f"{option.flag}={each}" for each in values]
    for flag, path in (("--config", config_file), ("--env-file", env_file)):
        if path is not None:
            arguments.append(f"{flag}={os.fspath(path)}")
    return arguments
