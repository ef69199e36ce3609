"""What a process lets others see, and how it is configured."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from clean_process import clean_process
from gevent import socket
from prometheus_client import REGISTRY

from relay_runtime import RelayClient
from relay_runtime.cli.failure import Failure
from relay_runtime.cli.monitoring import monitored, serve_http, tracer
from relay_runtime.metrics import RelayCollector
from relay_runtime.process.process import ExitCode
from relay_runtime.settings.config import Config, from_file, merge
from relay_runtime.watch.hub_lag import HubLag
from relay_runtime.watch.tracing import CallTracer


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    with clean_process():
        yield


def config(**values: Any) -> Config:
    return merge(from_file(values, "relay.toml"))


def client() -> RelayClient:
    return RelayClient(project="p", token="t", contexts=["office"])


def served(settings: Config) -> Any:
    return serve_http(settings, tuple, lambda: b"")


def test_metrics_are_in_the_registry_of_the_process_while_it_is_monitored() -> None:
    with monitored(config(), client()) as monitor:
        assert REGISTRY.get_sample_value("relay_clients") == 1
        assert b"\nrelay_connection_up 0.0\n" in monitor.page()
        assert b"\nprocess_cpu_seconds_total " in monitor.page()
    assert REGISTRY.get_sample_value("relay_clients") is None


def test_a_client_that_is_not_connected_is_not_ready() -> None:
    with monitored(config(), client()) as monitor:
        assert monitor.not_ready() == ("not connected: the connection is stopped",)


def test_a_collector_that_the_app_has_registered_stays(log_lines: list[str]) -> None:
    own = RelayCollector(client())
    REGISTRY.register(own)
    try:
        with monitored(config(), client()) as monitor:
            assert monitor.page().count(b"\nrelay_clients ") == 1
        assert REGISTRY.get_sample_value("relay_clients") == 1
    finally:
        REGISTRY.unregister(own)
    assert any("a RelayCollector of its own" in line for line in log_lines)


def test_both_who_want_to_know_are_told_when_the_client_is_connected() -> None:
    told = []
    with monitored(config(), client(), lambda: told.append("ready")) as monitor:
        monitor.ready()
        monitor.stopping("SIGTERM")
    assert told == ["ready"]


class Loop(HubLag):
    """The lag of a loop that is late."""

    def overdue(self) -> float:
        return 2.0

    def recent(self) -> float:
        return 2.0


@pytest.mark.parametrize(("limit", "live"), [(1.0, False), (3.0, True)])
def test_a_process_whose_loop_of_asyncio_is_late_is_not_live_nor_ready(limit: float, live: bool) -> None:
    late: Any = Loop()
    with monitored(config(hub_lag_limit=limit), client(), loop=late) as monitor:
        assert monitor.live() is live
        assert ("the event loop was 2.0 s late; its limit is 1 s" in monitor.not_ready()) is not live


def test_a_process_without_such_a_loop_is_live_when_it_is_asked() -> None:
    with monitored(config(), client()) as monitor:
        assert monitor.live()


def test_without_a_port_nobody_listens(log_lines: list[str]) -> None:
    with served(config()):
        assert not any("probes and metrics" in line for line in log_lines)


def test_the_port_is_named_in_the_log(log_lines: list[str]) -> None:
    with served(config(http_port=0)):
        (line,) = (line for line in log_lines if "probes and metrics on http://127.0.0.1:" in line)
        number = int(line.partition("127.0.0.1:")[2].split()[0])
        socket.create_connection(("127.0.0.1", number)).close()


def test_a_port_that_is_taken_is_a_failure_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(Failure, match=rf"http_port in relay.toml: 127.0.0.1:{number} can't be had") as failure:
            served(config(http_port=number))
    assert failure.value.code == ExitCode.BAD_CONFIG


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3"])
def test_a_port_that_others_can_reach_needs_a_token(host: str) -> None:
    with pytest.raises(Failure, match=r"which others can reach: give a token.*RELAY_HTTP_TOKEN") as failure:
        served(config(http_port=0, http_host=host))
    assert failure.value.code == ExitCode.BAD_CONFIG


def test_with_a_token_it_may_be_reached_by_others() -> None:
    with served(config(http_port=0, http_host="0.0.0.0", http_token="a-token")):
        pass


def test_the_token_is_a_secret() -> None:
    settings = config(http_token="a-token")
    assert settings.secrets == ("a-token",)
    assert "a-token" not in repr(list(settings))


def test_calls_are_traced_when_that_is_wanted() -> None:
    assert isinstance(tracer(config(traces=True)), CallTracer)
    assert tracer(config()) is None


def test_traces_without_their_package_are_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "relay_runtime.watch.tracing")
    with pytest.raises(Failure, match=r"traces in relay.toml: .*pip install 'relay-runtime\[otel\]'") as failure:
        tracer(config(traces=True))
    assert failure.value.code == ExitCode.BAD_CONFIG
