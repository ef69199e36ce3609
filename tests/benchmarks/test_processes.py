import importlib.util

import pytest

pytest.importorskip("picows", reason="the load server needs the extra `bench`")

from benchmarks.plan import (
    FLOOR,
    LEAST,
    LOOPS,
    OFFICIAL,
    OFFICIAL_UVLOOP,
    OURS_AIO,
    OURS_AIO_UVLOOP,
    OURS_STARTED,
    TRUE_FLOOR,
    Scenario,
    Step,
    hold,
    throughput,
)
from benchmarks.processes import Client, Cores, LoadServer, RunFailed
from benchmarks.suite import run_once, take_turns

pytestmark = pytest.mark.proof

TINY = Scenario(
    "tiny",
    (FLOOR,),
    (
        throughput("throughput", 5, 0.01),
        Step("latency", "latency", {"rate": 200, "seconds": 0.1}),
        Step("messages", "messages", {"number": 20, "window": 5}),
        hold(30),
        Step("churn", "churn", {"events": 100}),
        Step("reconnect", "reconnect"),
        Step("release", "release"),
    ),
)


@pytest.mark.scenario
def test_the_floor_goes_through_every_workload_and_sends_nothing_in_vain():
    run = run_once(TINY, FLOOR, 0, Cores.choose())
    assert run.error is None
    assert list(run.figures) == [step.key for step in TINY.steps]
    assert run.strays == {}
    assert run.figures["messages"]["seen_delivered"] == 20
    assert run.figures["reconnect"]["calls"] == run.figures["release"]["calls"] == 30
    assert 0 < run.figures["throughput"]["p50_ms"] <= run.figures["throughput"]["p999_ms"]


@pytest.mark.scenario
def test_the_command_serves_the_app_and_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    run = run_once(Scenario("started", (OURS_STARTED,), TINY.steps[:1]), OURS_STARTED, 0, Cores.choose())
    assert (run.error, run.strays, list(run.figures)) == (None, {}, ["throughput"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.scenario
def test_clients_that_take_turns_each_have_a_figure_a_round():
    scenario = Scenario("turns", (FLOOR, TRUE_FLOOR, LEAST), (throughput("turn", 5, 0.01),))
    measurements = take_turns(scenario, 2, Cores.choose())
    assert all(len(measurements.series(client, "turn.cpu_us_per_call")) == 2 for client in scenario.clients)
    assert all(run.strays == {} and run.figures["turn"]["cpu_us_per_call"] > 0 for run in measurements.runs)


@pytest.mark.scenario
@pytest.mark.parametrize("client", [OURS_AIO, OURS_AIO_UVLOOP, OFFICIAL, OFFICIAL_UVLOOP])
def test_the_app_of_coroutines_goes_through_the_workloads_of_asyncio(client):
    for module in ("signalwire", "uvloop"):
        if importlib.util.find_spec(module) is None:
            pytest.skip("the clients of the benchmarks need the extra `bench`")
    steps = tuple(step for step in TINY.steps if step.key in {"throughput", "latency", "messages", "held_30"})
    run = run_once(Scenario("asyncio", (client,), steps), client, 0, Cores.choose())
    assert run.error is None
    assert list(run.figures) == [step.key for step in steps]
    assert run.strays == {}
    assert run.figures["held_30"]["calls"] == 30
    assert run.startup["loop"] == ("uvloop" if client in LOOPS["uvloop"] else "asyncio")


@pytest.mark.scenario
def test_a_client_that_ends_at_once_is_a_failed_run_with_its_last_words_but_no_path():
    with pytest.raises(RunFailed, match=r"benchmarks.clients ended: .*invalid choice") as failure:
        Client("no such driver", 1, Cores.choose().client)
    assert "/" not in str(failure.value)


@pytest.mark.scenario
def test_a_step_that_is_not_done_in_time_ends_the_run_and_keeps_what_was_measured():
    waits = Step("never", "hold", {"calls": 10**9}, limit_s=0.2)
    run = run_once(Scenario("late", (FLOOR,), (throughput("throughput", 5, 0.01), waits)), FLOOR, 0, Cores.choose())
    assert list(run.figures) == ["throughput"]
    assert "not done within its time limit" in str(run.error)


@pytest.mark.scenario
def test_a_workload_before_the_client_is_known_is_an_error_that_says_what_to_do():
    with LoadServer(Cores.choose().server) as server, pytest.raises(RunFailed, match="send the command `client`"):
        server.ask("hold", 1, calls=1)
