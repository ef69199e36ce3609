"""Serving calls by an app in this process: alone, or as one of several workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from loguru import logger

from relay_runtime.cli import configuring
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.monitoring import Monitor, monitored, tracer
from relay_runtime.cli.recordings import recorded
from relay_runtime.client.calls_up import calls_up
from relay_runtime.client.client import RelayClient
from relay_runtime.client.ledgers import (
    has_choice,
    has_ledger,
    join_fleet,
    keep_ledger,
    leave_silence_to_parent,
    look_for_ledgers,
)
from relay_runtime.inspection.answers import Answers
from relay_runtime.inspection.places import default_path
from relay_runtime.inspection.process_calls import ProcessCalls
from relay_runtime.inspection.server import ControlServer
from relay_runtime.process.appload import App, AppError, load_app, load_hooks, source_files
from relay_runtime.process.collector import ease_collector
from relay_runtime.process.process import ExitCode, Process
from relay_runtime.settings.config import Config, Found
from relay_runtime.settings.options import OPTIONS, Client
from relay_runtime.settings.private_directory import PlaceError
from relay_runtime.workers import Errand, Lifeline, TallyKeeper, Watchdog, share

if TYPE_CHECKING:
    from relay_runtime.aio.loop_lag import LoopLag
    from relay_runtime.cli.embedded import Embedded

__all__ = ["Greenlets", "Home", "check_app", "check_share", "inspectable", "serve", "serve_as_worker"]


class Home(Protocol):
    """Where the code of an app runs, and what is around it."""

    def load(self, spec: str) -> App:
        """Import the app that is named; return it, or the client that a hub has of it.

        Raises:
            AppError: it can't be loaded, or belongs elsewhere.
            Failure: it can't run here.
        """

    def run(self, serve: Callable[[LoopLag | None], ExitCode]) -> ExitCode:
        """Have the hub of the app's client serve it, and return the exit code. Blocks the current greenlet.

        Args:
            serve: gets the lag of the loop of asyncio that the app's code runs in, or None.
        """


class Greenlets:
    """The app and what is around it share the hub of this thread."""

    def load(self, spec: str) -> App:
        """See `Home.load`."""
        return load_app(spec)

    def run(self, serve: Callable[[LoopLag | None], ExitCode]) -> ExitCode:
        """See `Home.run`."""
        return serve(None)


def check_app(config: Config, command: str = "start") -> str:
    """Return how the app is named.

    Args:
        config: the effective settings.
        command: the command whose they are.

    Raises:
        Failure: it is not named at all.
    """
    if config["app"] is None:
        raise Failure(
            ExitCode.USAGE, f"say what serves the calls: relay-runtime {command} MODULE:CLASS, or app in relay.toml"
        )
    return str(config["app"])


def serve(config: Config, embedded: Embedded | None, home: Home) -> ExitCode:
    """Serve calls until a signal, and return the exit code. Blocks the current greenlet.

    Args:
        config: the effective settings.
        embedded: the sandbox that the app is connected to, or None.
        home: where the app's code runs.

    Raises:
        Failure: something is wrong with the app or a setting.
        AuthenticationFailed: the credentials were refused.
    """
    check_app(config)
    if config["max_calls_per_worker"] is not None:
        raise Failure(
            ExitCode.USAGE,
            f"{config.origin('max_calls_per_worker')} needs workers: give --workers 2 or more",
        )
    configuring.apply(config)
    app = _loaded(config, home)
    contexts = config["contexts"] or (embedded.contexts_for(app) if embedded is not None else ())
    client = _client(app, contexts, config)
    _keep_ledger(client, config)
    ease_collector()
    if embedded is not None:
        embedded.loaded(client.contexts)
    on_ready = embedded.begin if embedded is not None else _nothing

    def run(loop: LoopLag | None) -> ExitCode:
        with monitored(config, client, on_ready, loop) as monitor:
            process = Process(client, config["drain_timeout"], monitor.ready, partial(_stopping, monitor, embedded))
            if embedded is not None:
                embedded.end_by(process.request_stop)
            answers = Answers(ProcessCalls(client, process, config.secrets), process, monitor, app=config["app"])
            with inspectable(config, answers), recorded(config, client):
                return process.run()

    return home.run(run)


def serve_as_worker(
    given: Mapping[str, Any],
    config_file: Path | None,
    env_file: Path | None,
    errand: Errand,
    home: Home,
    watchdog: Watchdog,
) -> ExitCode:
    """Serve calls under a parent, until that or a signal says otherwise. Blocks the current greenlet.

    Args:
        given: what the command line says, by option name.
        config_file: the configuration file that it names, or None.
        env_file: the environment file that it names, or None.
        errand: what the parent told.
        home: where the app's code runs.
        watchdog: answers for the hub.

    Raises:
        Failure: something is wrong with the app or a setting.
        AuthenticationFailed: the credentials were refused.
    """
    config = _worker_config(given, config_file, env_file, errand)
    app = _loaded_or_told(config, errand, home)
    own = isinstance(app, RelayClient) and bool(app.contexts)
    client = _client(app, config["contexts"] or (() if own else errand.contexts), config)
    _keep_ledger(client, config)
    leave_silence_to_parent(client, errand.timeout)
    ease_collector()

    def run(loop: LoopLag | None) -> ExitCode:
        tally = TallyKeeper(errand.tally, client.stats, partial(calls_up, client))
        tally.start()
        watchdog.watch(config["drain_timeout"], None if loop is None else loop.overdue, tally.write_in_thread)
        with closing(tally):
            return _serve_errand(client, config, errand, loop)

    return home.run(run)


def _serve_errand(client: RelayClient, config: Config, errand: Errand, loop: LoopLag | None) -> ExitCode:
    lifeline = Lifeline(errand)
    without_port = config.replaced("http_port", None, "the parent process has it")
    with monitored(without_port, client, lambda: lifeline.say("ready"), loop) as monitor:
        process = Process(client, config["drain_timeout"], monitor.ready, monitor.stopping, has_parent=True)
        lifeline.on_orphaned(lambda: process.request_stop("the parent process has died"))
        lifeline.on_death(partial(look_for_ledgers, client))
        answers = Answers(ProcessCalls(client, process, config.secrets), process, monitor, app=config["app"])
        server = ControlServer(Path(errand.control_socket), answers.answer)
        server.start()
        facts = {
            "drain_timeout": config["drain_timeout"],
            "contexts": list(client.contexts),
            "ledger": has_ledger(client),
        }
        lifeline.say("loaded", files=source_files(), **facts)
        try:
            with recorded(config, client):
                return process.run() if lifeline.wait_until_wanted() else ExitCode.OK
        finally:
            server.stop()
            if lifeline.orphaned:
                with suppress(OSError):  # the last one leaves nothing behind
                    server.path.parent.rmdir()
            lifeline.say("over", metrics=monitor.samples())


def _worker_config(given: Mapping[str, Any], config_file: Path | None, env_file: Path | None, errand: Errand) -> Config:
    """Return the settings of one worker, which has its share of the cap, and make its clients use them."""
    first = {name: Found(value, "the parent process") for name, value in errand.settings.items()}
    config = configuring.effective(given, config_file=config_file, env_file=env_file, first=first, tells=False)
    logger.configure(extra={"worker": errand.number})
    check_share(config, errand.workers)
    limit, number = config["max_active_calls"], errand.number
    origin = f"the share of worker {number} in {limit} ({config.origin('max_active_calls')})"
    config = config.replaced("max_active_calls", share(limit, number, errand.workers), origin)
    check_app(config)
    configuring.apply(config)
    return config


def _loaded_or_told(config: Config, errand: Errand, home: Home) -> App:
    """Return the app, or tell the parent which files it failed in."""
    try:
        return _loaded(config, home)
    except Failure as failure:
        cause = failure.__cause__
        files = source_files(cause if isinstance(cause, AppError) else None)
        Lifeline(errand).say("failed", files=files, error=str(failure))
        raise


def check_share(config: Config, workers: int) -> None:
    """Do nothing if every worker can have a share of the cap.

    Raises:
        Failure: there are more workers than calls.
    """
    limit = config["max_active_calls"]
    if limit < workers:
        raise Failure(
            ExitCode.BAD_CONFIG,
            f"{config.origin('max_active_calls')} is {limit}, which is fewer than the {workers} workers that share it; "
            "give more",
        )


def inspectable(config: Config, answers: Answers) -> ExitStack:
    """Return a context in which the process can be asked over its control socket.

    Raises:
        Failure: the socket that was asked for can't be had.
    """
    stack = ExitStack()
    wanted = config["control_socket"]
    if wanted == "off":
        return stack
    try:
        server = ControlServer(Path(wanted) if wanted else default_path(), answers.answer)
        server.start()
    except PlaceError as error:
        if wanted:
            raise Failure(ExitCode.BAD_CONFIG, f"{config.origin('control_socket')}: {error}") from None
        logger.warning("relay-runtime ps and the like won't find this process: {}", error)
        return stack
    stack.callback(server.stop)
    return stack


def _loaded(config: Config, home: Home) -> App:
    try:
        return home.load(config["app"])
    except AppError as error:
        logger.opt(exception=error).debug("the app could not be loaded")
        raise Failure(ExitCode.BAD_APP, str(error)) from error


def _nothing() -> None:
    """Do nothing more when the client is connected."""


def _stopping(monitor: Monitor, embedded: Embedded | None, why: str) -> None:
    if embedded is not None:
        embedded.stopping()
    monitor.stopping(why)


def _client(app: App, contexts: tuple[str, ...], config: Config) -> RelayClient:
    if isinstance(app, RelayClient):
        return _with_settings(app, contexts, config)
    configuring.require_login(config)
    client = _made(
        contexts=list(contexts),
        call_actor=app,
        observer=tracer(config),
        **{name: config[name] for name in _arguments()},
    )
    for name, hook in load_hooks(config["app"]).items():
        try:
            getattr(client, name)(hook)
        except TypeError as error:
            raise Failure(ExitCode.BAD_APP, f"{config['app']}: {name}(client) can't be used: {error}") from None
    return client


def _keep_ledger(client: RelayClient, config: Config) -> None:
    """Have the calls written down, and copied for a fleet, as the settings say.

    Raises:
        Failure: the program says otherwise, or there can be none.
    """
    given = config.is_given("ledger")
    if given and has_choice(client):
        raise Failure(
            ExitCode.USAGE,
            f"{config.origin('ledger')} does not apply: the app gives its RelayClient a ledger of its own; leave "
            "ledger= out",
        )
    try:
        keep_ledger(client, config["ledger"], config["app"])
    except ValueError as error:
        raise Failure(ExitCode.BAD_CONFIG, f"{config.origin('ledger')}: {error}" if given else str(error)) from None
    if config["fleet"] is not None:
        try:
            join_fleet(client, config["fleet"], config["fleet_host"] or "", config["fleet_key"] or "")
        except ValueError as error:
            raise Failure(ExitCode.BAD_CONFIG, f"{config.origin('fleet')}: {error}") from None


def _arguments() -> list[str]:
    """Return the options that a client is given as arguments."""
    return [option.name for option in OPTIONS.values() if option.client is Client.IS_GIVEN]


def _made(**arguments: Any) -> RelayClient:
    try:
        return RelayClient(**arguments)
    except ValueError as error:
        raise Failure(ExitCode.BAD_CONFIG, str(error)) from None
    except TypeError as error:  # the class can serve no call
        raise Failure(ExitCode.BAD_APP, str(error)) from None


def _with_settings(client: RelayClient, contexts: tuple[str, ...], config: Config) -> RelayClient:
    """Return an app's own client, with the contexts added; complain about what can't be applied to it any more."""
    for name in _arguments():
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
