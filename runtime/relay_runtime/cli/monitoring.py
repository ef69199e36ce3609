"""What operators and their programs see of a process: metrics, probes, the service manager, traces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from prometheus_client import REGISTRY

from relay_actors.call.observer import CallObserver
from relay_actors.kit.log import logger
from relay_runtime.cli.failure import Failure
from relay_runtime.client.client import RelayClient
from relay_runtime.inspection.frame_log import log_frames
from relay_runtime.metrics import MetricSamples, RelayCollector, exposition, samples
from relay_runtime.process.health import not_ready, notes
from relay_runtime.process.http_port import HttpPort
from relay_runtime.process.process import ExitCode
from relay_runtime.process.systemd import Systemd
from relay_runtime.settings.config import Config
from relay_runtime.settings.endpoint import is_loopback
from relay_runtime.watch.frame_mask import FrameMask
from relay_runtime.watch.hub_lag import HubLag
from relay_runtime.watch.masking import Masker

if TYPE_CHECKING:
    from relay_runtime.aio.loop_lag import LoopLag

__all__ = ["Monitor", "monitored", "serve_http", "tracer"]


class Monitor:
    """What is measured of a process that serves one client.

    Args:
        client: the client.
        lag_limit: how late the event loop may be, in seconds.
        on_ready: called too once the client is connected.
        loop: the lag of the loop of asyncio that the app's code runs in; None when it runs on the hub.
    """

    def __init__(
        self, client: RelayClient, lag_limit: float, on_ready: Callable[[], object], loop: LoopLag | None = None
    ) -> None:
        self._client = client
        self._on_ready = on_ready
        self._lag_limit = lag_limit
        self._loop = loop
        self._lag = HubLag() if loop is None else loop
        self._systemd = Systemd(live=self.live)
        self._collector = RelayCollector(client, lag=self._lag)

    def start(self) -> None:
        """Begin to measure, and put the metrics beside those of the app. Never blocks."""
        self._lag.start()
        try:
            REGISTRY.register(self._collector)
        except ValueError:
            logger.info("the app has registered a RelayCollector of its own: /metrics shows that one")

    def close(self) -> None:
        """Measure no more."""
        with suppress(KeyError):  # it may not have been registered
            REGISTRY.unregister(self._collector)
        self._lag.stop()
        self._systemd.close()

    def ready(self) -> None:
        """Note that the client is connected."""
        self._systemd.ready()
        self._on_ready()

    def stopping(self, why: str) -> None:
        """Note that the process was told to stop."""
        self._systemd.stopping(why)

    def live(self) -> bool:
        """Return whether the loop of asyncio goes round; that the hub does, who asks knows by the answer."""
        return self._loop is None or self._loop.overdue() <= self._lag_limit

    def not_ready(self) -> tuple[str, ...]:
        """Return why the process should get no calls now. Blocks the current greenlet for a second at most."""
        return not_ready(self._client.status(), self._lag.recent(), self._lag_limit)

    def notes(self) -> tuple[str, ...]:
        """Return what asks for a look all the same. Blocks as `not_ready`."""
        return notes(self._client.status())

    def samples(self) -> list[MetricSamples]:
        """Return the metrics of this process, the app's own included. Blocks as `not_ready`."""
        return samples(REGISTRY)

    def page(self) -> bytes:
        """Return the metrics as Prometheus reads them. Blocks as `not_ready`."""
        return exposition(self.samples())


@contextmanager
def monitored(
    config: Config,
    client: RelayClient,
    on_ready: Callable[[], object] = lambda: None,
    loop: LoopLag | None = None,
) -> Iterator[Monitor]:
    """Give a context in which a process is measured, and answers on its HTTP port if it is to have one.

    Args:
        config: the settings.
        client: what the process serves.
        on_ready: called too when `Monitor.ready` is.
        loop: see `Monitor`.

    Raises:
        Failure: the port can't be had, or may not be where it should be.
    """
    monitor = Monitor(client, config["hub_lag_limit"], on_ready, loop)
    with ExitStack() as stack:
        monitor.start()
        stack.callback(monitor.close)
        if config["log_level"] == "trace":
            stack.callback(log_frames(client.tap, FrameMask(Masker(config.secrets))))
        stack.enter_context(serve_http(config, monitor.not_ready, monitor.page, monitor.live, monitor.notes))
        yield monitor


def tracer(config: Config) -> CallObserver | None:
    """Return what traces calls, if they are to be traced.

    Raises:
        Failure: OpenTelemetry is not installed.
    """
    if not config["traces"]:
        return None
    try:
        from relay_runtime.watch.tracing import CallTracer  # noqa: PLC0415 - its package need not be there
    except ImportError as error:
        raise Failure(ExitCode.BAD_CONFIG, f"{config.origin('traces')}: {error}") from None
    return CallTracer()


def serve_http(
    config: Config,
    reasons: Callable[[], tuple[str, ...]],
    page: Callable[[], bytes],
    live: Callable[[], bool] = lambda: True,
    notes: Callable[[], tuple[str, ...]] = tuple,
) -> ExitStack:
    """Return a context in which the HTTP port answers, if there is to be one.

    Args:
        config: the settings.
        reasons: returns why the process should get no calls now.
        page: returns the page for Prometheus.
        live: whether what the port itself says nothing about goes on.
        notes: returns what asks for a look in a process that should get calls.

    Raises:
        Failure: the port can't be had, or others could read the metrics without a token.
    """
    stack = ExitStack()
    host, port = config["http_host"], config["http_port"]
    if port is None:
        return stack
    if config["http_token"] is None and not is_loopback(host):
        raise Failure(
            ExitCode.BAD_CONFIG,
            f"{config.origin('http_host')} is {host}, which others can reach: give a token for /metrics "
            "(RELAY_HTTP_TOKEN, or http_token in relay.toml), or listen on 127.0.0.1",
        )
    server = HttpPort(host, port, not_ready=reasons, metrics=page, live=live, notes=notes, token=config["http_token"])
    try:
        server.start()
    except OSError as error:
        raise Failure(
            ExitCode.BAD_CONFIG, f"{config.origin('http_port')}: {host}:{port} can't be had: {error}"
        ) from None
    stack.callback(server.stop)
    logger.info("probes and metrics on {}", server.url)
    return stack
