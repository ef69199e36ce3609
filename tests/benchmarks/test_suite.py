from benchmarks.suite import Measurements, rotated


def test_a_series_has_one_figure_a_round_and_none_where_a_round_gave_none(make_run):
    runs = [make_run("ours", {"throughput": {"calls_per_s": value}}, round_) for round_, value in ((0, 5.0), (2, 7.0))]
    assert Measurements(runs).series("ours", "throughput.calls_per_s") == [5.0, None, 7.0]


def test_a_figure_that_nobody_measured_is_an_empty_series(make_rounds):
    assert make_rounds(ours=[1.0]).series("floor", "throughput.calls_per_s") == []


def test_words_among_the_figures_are_no_figures(make_run):
    measurements = Measurements([make_run("ours", {"held": {"note": "words", "calls": 3}})])
    assert measurements.series("ours", "held.note") == []
    assert measurements.series("ours", "held.calls") == [3]


def test_start_up_is_a_figure_of_the_scenarios_with_calls_alone(make_run):
    runs = [make_run("ours", {}, 1, scenario=scenario) for scenario in ("held", "asyncio-held")]
    measurements = Measurements([make_run("ours", {}), *runs, make_run("ours_aio", {}, scenario="asyncio-calls")])
    assert measurements.series("ours", "start.import_s") == [0.1]
    assert measurements.series("ours_aio", "start.import_s") == [0.1]


def test_an_error_is_told_once(make_run):
    failed = [make_run("ours", {}, round_, error="gone") for round_ in range(3)]
    assert Measurements(failed).errors() == ["ours, calls: gone"]


def test_each_client_goes_first_in_turn():
    assert [rotated(["a", "b", "c"], round_)[0] for round_ in range(6)] == list("abcabc")


def test_going_in_turn_leaves_nobody_out():
    assert sorted(rotated(["a", "b", "c"], 4)) == ["a", "b", "c"]
    assert rotated([], 3) == []
