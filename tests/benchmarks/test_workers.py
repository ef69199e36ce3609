import os

import pytest

pytest.importorskip("picows", reason="the load server needs the extra `bench`")
pytest.importorskip("pygal", reason="the plots need the extra `bench`")

from benchmarks.deployment import environment
from benchmarks.plan import Step
from benchmarks.processes import RunFailed
from benchmarks.suite import Measurements
from benchmarks.workers import SCENARIO, WORKERS, Layout, grid, notes
from benchmarks.workers import run_once as run_deployed

TINY = Step(SCENARIO, "deployed", {"held": 40, "rate": 40, "settle_s": 0.1, "seconds": 0.5}, limit_s=20.0)


def cells(measurements):
    return {row[0]: row[1:] for row in grid(measurements).rows}


@pytest.fixture
def made(make_run):
    def make(workers, round_=0, **figures):
        return make_run(WORKERS[workers], {SCENARIO: {"cores": "here", **figures}}, round_, scenario=SCENARIO)

    return make


def test_each_process_has_a_core_of_its_own_where_there_are_enough():
    layout = Layout.choose(2, [0, 1, 2, 3])
    assert (layout.server, layout.workers) == (0, (2, 3))
    assert Layout.choose(1, [4, 7]).workers == (7,)


def test_where_there_are_too_few_the_row_says_so():
    layout = Layout.choose(2, [0, 1])
    assert (layout.server, layout.workers) == (None, ())
    assert layout.text == "2 workers and the load server share 2 cores"
    assert Layout.choose(1, [0]).text == "the worker and the load server share the only core"


def test_two_workers_on_one_core_are_not_measured_and_the_run_goes_on():
    with pytest.raises(RunFailed, match="2 workers need as many cores, and there is one"):
        Layout.choose(2, [0])
    run = run_deployed(2, 0, [0])
    assert "there is one" in str(run.error)
    assert cells(Measurements([run]))["… p99, ms"] == ("-", "-")
    assert notes(Measurements([run])) == [
        "two workers, deployed: not measured: 2 workers need as many cores, and there is one"
    ]


def test_a_row_has_the_medians_of_both(made):
    runs = [made(workers, round_, p99_ms=float(workers + round_)) for round_ in range(3) for workers in WORKERS]
    assert cells(Measurements(runs))["… p99, ms"] == ("2.00 ±50%", "3.00 ±33%")


def test_the_memory_of_each_worker_is_shown(made):
    runs = [made(1, rss_bytes_each=[5_000_000]), made(2, rss_bytes_each=[3_000_000, 4_000_000])]
    assert cells(Measurements(runs))["memory of each worker, MB"] == ("5", "3 and 4")


def test_who_has_no_parent_has_no_figure_of_one(made):
    measurements = Measurements([made(1), made(2, parent_rss_bytes=60e6)])
    assert cells(measurements)["memory of their parent, MB"] == ("-", "60")
    assert cells(measurements)["where"] == ("here", "here")


def test_a_process_that_is_measured_has_no_settings_of_who_measures(monkeypatch):
    monkeypatch.setenv("RELAY_WORKERS", "7")
    monkeypatch.setenv("SIGNALWIRE_API_TOKEN", "secret")
    found = environment("folder")
    assert "RELAY_WORKERS" not in found
    assert found["SIGNALWIRE_API_TOKEN"] != "secret"
    assert found["PATH"] == os.environ["PATH"]


@pytest.mark.proof
@pytest.mark.scenario
@pytest.mark.parametrize("workers", WORKERS)
def test_a_deployment_serves_its_day_and_leaves_no_process_behind(workers):
    if workers > len(cores := sorted(os.sched_getaffinity(0))):
        pytest.skip("two workers need two cores")
    run = run_deployed(workers, 0, cores, TINY)
    assert run.error is None
    assert run.strays == {}
    figures = run.figures[SCENARIO]
    assert len(figures["rss_bytes_each"]) == workers
    assert ("parent_rss_bytes" in figures) == (workers > 1)
    assert figures["calls"] > 0
    with pytest.raises(ProcessLookupError):
        os.kill(run.startup["pid"], 0)
