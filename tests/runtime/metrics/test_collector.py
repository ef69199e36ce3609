"""A collector of prometheus_client over clients."""

from __future__ import annotations

import threading

import gevent
import pytest
from doubles.watched import Watched
from gevent import monkey
from gevent._hub_local import get_hub_if_exists
from gevent.hub import get_hub
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from relay_actors.kit.child import ActorStatus
from relay_runtime.metrics import CLIENT_FAMILIES, RelayCollector
from relay_runtime.watch.hub_lag import HubLag


def registry(*clients: Watched, lag: HubLag | None = None) -> CollectorRegistry:
    made = CollectorRegistry()
    made.register(RelayCollector(*clients, lag=lag))
    return made


def test_registering_asks_no_client() -> None:
    client = Watched()
    registry(client)
    assert client.asked == 0


def test_a_second_collector_in_one_registry_is_refused() -> None:
    made = registry(Watched())
    with pytest.raises(ValueError, match="relay_clients"):
        made.register(RelayCollector(Watched()))


def test_every_family_is_exposed_from_the_start_in_a_text_that_can_be_parsed() -> None:
    text = generate_latest(registry(Watched(), lag=HubLag())).decode()
    parsed = {family.name: family for family in text_string_to_metric_families(text)}
    assert sorted(parsed) == sorted(family.name for family in CLIENT_FAMILIES)
    for family in CLIENT_FAMILIES:
        assert parsed[family.name].type == family.kind
        assert parsed[family.name].documentation == family.meaning


def test_counters_and_gauges_are_read_when_they_are_collected() -> None:
    client = Watched()
    value = registry(client).get_sample_value
    assert value("relay_calls_offered_total") == 0
    client.stats.calls_offered += 2
    client.stats.calls_refused["busy"] += 1
    client.stats.events["calling.call.play"] += 3
    client.stats.commands_failed["calling.play", "refused"] += 1
    client.stats.campaigns["reminders", "answered"] += 7
    client.becomes("calls", live=2, active=1, draining=True)
    client.becomes("queues", outbox=4, pending=5)
    assert value("relay_calls_offered_total") == 2
    assert value("relay_calls_refused_total", {"policy": "busy"}) == 1
    assert value("relay_calls_refused_total", {"policy": "drop"}) == 0
    assert value("relay_events_total", {"type": "calling.call.play"}) == 3
    assert value("relay_commands_failed_total", {"method": "calling.play", "kind": "refused"}) == 1
    assert value("relay_campaign_outcomes_total", {"campaign": "reminders", "outcome": "answered"}) == 7
    assert (value("relay_calls_live"), value("relay_calls_active"), value("relay_calls_limit")) == (2, 1, 10)
    assert value("relay_draining") == 1
    assert (value("relay_outbox_commands"), value("relay_commands_pending")) == (4, 5)


def test_the_connection_is_up_only_while_it_is_logged_in() -> None:
    client = Watched()
    value = registry(client).get_sample_value
    assert (value("relay_connection_up"), value("relay_connection_subscribed")) == (1, 1)
    client.becomes("connection", state="waiting", subscribed=False, attempts=3)
    assert (value("relay_connection_up"), value("relay_connection_subscribed")) == (0, 0)
    assert value("relay_connection_failed_tries") == 3


def test_durations_become_histograms() -> None:
    client = Watched()
    client.stats.call_seconds.add(20)
    for seconds in (0.02, 0.02, 99.0):
        client.stats.command_seconds["calling.play"].add(seconds)
    value = registry(client).get_sample_value
    play = {"method": "calling.play"}
    assert value("relay_command_duration_seconds_bucket", {**play, "le": "0.01"}) == 0
    assert value("relay_command_duration_seconds_bucket", {**play, "le": "0.025"}) == 2
    assert value("relay_command_duration_seconds_bucket", {**play, "le": "+Inf"}) == 3
    assert value("relay_command_duration_seconds_count", play) == 3
    assert value("relay_command_duration_seconds_sum", play) == pytest.approx(99.04)
    assert value("relay_call_duration_seconds_bucket", {"le": "30.0"}) == 1


def test_an_end_reason_that_nobody_knows_counts_as_other_and_both_spellings_as_one() -> None:
    client = Watched()
    for reason in ("hangup", "no_answer", "noAnswer", "odd", "+15550100001"):
        client.stats.call_ended(reason)
    value = registry(client).get_sample_value
    assert value("relay_calls_ended_total", {"reason": "hangup"}) == 1
    assert value("relay_calls_ended_total", {"reason": "noAnswer"}) == 2
    assert value("relay_calls_ended_total", {"reason": "other"}) == 2


def test_methods_that_nobody_knows_fail_as_one() -> None:
    client = Watched()
    for method in ("calling.play", "odd.one", "odd.two"):
        client.stats.command_failed(method, "lost")
    value = registry(client).get_sample_value
    assert value("relay_commands_failed_total", {"method": "calling.play", "kind": "lost"}) == 1
    assert value("relay_commands_failed_total", {"method": "other", "kind": "lost"}) == 2


def test_actors_are_told_apart_by_their_name_in_the_tree() -> None:
    client = Watched()
    client.has_actors(
        ActorStatus(name="client", kind="Supervisor", state="running"),
        ActorStatus(name="client/connection", kind="ConnectionActor", state="waiting", mailbox=7, restarts_total=2),
    )
    value = registry(client).get_sample_value
    connection = {"actor": "client/connection"}
    assert value("relay_mailbox_messages", connection) == 7
    assert value("relay_actor_restarts_total", connection) == 2
    assert value("relay_actor_running", connection) == 0
    assert value("relay_actor_running", {"actor": "client"}) == 1


def test_several_clients_are_added_up() -> None:
    first, second = Watched(), Watched()
    first.stats.calls_ended["hangup"] += 1
    second.stats.calls_ended["hangup"] += 2
    first.stats.call_seconds.add(2)
    second.stats.call_seconds.add(200)
    second.becomes("connection", state="connecting")
    value = registry(first, second).get_sample_value
    assert value("relay_clients") == 2
    assert value("relay_connection_up") == 1
    assert value("relay_calls_ended_total", {"reason": "hangup"}) == 3
    assert value("relay_call_duration_seconds_count") == 2
    assert value("relay_call_duration_seconds_sum") == 202


def test_the_lag_of_the_hub_is_there_when_it_is_measured() -> None:
    lag = HubLag()
    lag.seen.add(0.3)
    assert registry(Watched(), lag=lag).get_sample_value("relay_hub_lag_seconds_bucket", {"le": "0.25"}) == 0
    assert registry(Watched(), lag=lag).get_sample_value("relay_hub_lag_seconds_count") == 1
    assert registry(Watched()).get_sample_value("relay_hub_lag_seconds_count") is None


Thread = monkey.get_original("threading", "Thread")


def collected_elsewhere(made: CollectorRegistry) -> list[object]:
    """Collect in another thread while this one goes on; return the outcome."""
    outcome: list[object] = []

    def work() -> None:
        try:
            outcome.append(generate_latest(made).decode())
        except Exception as error:
            outcome.append(error)

    thread: threading.Thread = Thread(target=work, daemon=True)
    thread.start()
    with gevent.Timeout(10):
        while not outcome:
            gevent.sleep(0.001)
    return outcome


def test_another_thread_may_collect_and_the_status_is_still_taken_in_the_clients_own() -> None:
    hubs = []

    class Here(Watched):
        def status(self):
            hubs.append(get_hub())
            return super().status()

    (text,) = collected_elsewhere(registry(Here()))
    assert "relay_connection_up 1.0" in str(text)
    assert hubs == [get_hub()]


def test_a_thread_that_collects_gets_no_hub_of_its_own() -> None:
    hubs: list[object] = []

    class Registry(CollectorRegistry):
        def collect(self):
            yield from super().collect()
            hubs.append(get_hub_if_exists())

    made = Registry()
    made.register(RelayCollector(Watched()))
    collected_elsewhere(made)
    assert hubs == [None]


def test_what_goes_wrong_is_raised_in_the_thread_that_collects() -> None:
    client = Watched()
    made = registry(client)
    client.error = LookupError("no status")
    (error,) = collected_elsewhere(made)
    assert isinstance(error, LookupError)


def test_a_client_in_a_fleet_is_counted_as_such() -> None:
    client = Watched()
    value = registry(client).get_sample_value
    assert value("relay_fleet_clients") is None
    client.is_in_a_fleet(claims=2, losses=1, failures=3, away=True)
    assert (value("relay_fleet_clients"), value("relay_fleet_connected"), value("relay_fleet_drained")) == (1, 1, 1)
    assert value("relay_fleet_claims_total") == 2
    assert (value("relay_fleet_losses_total"), value("relay_fleet_failures_total")) == (1, 3)
    client.is_in_a_fleet(connected=False)
    assert (value("relay_fleet_clients"), value("relay_fleet_connected")) == (1, 0)
