import pytest
from benchmarks.goals import ASYNCIO_GOALS, GOALS, Goal, Source
from benchmarks.plan import ASYNCIO, MAIN, SCENARIOS
from benchmarks.report import FIGURES

RATE = "throughput.calls_per_s"


def ratio_goal(*, at_least, bound):
    return Goal("a ratio", Source("ours", RATE), Source("floor", RATE), at_least, bound)


def test_a_ratio_is_the_median_over_the_rounds(make_rounds):
    measurements = make_rounds(ours=[8.0, 5.0, 9.0], floor=[10.0, 10.0, 10.0])
    assert ratio_goal(at_least=True, bound=0.7).value(measurements) == 0.8


def test_a_goal_without_figures_has_no_value(make_rounds):
    assert ratio_goal(at_least=True, bound=0.7).value(make_rounds(floor=[1.0])) is None


def test_a_figure_by_itself_is_shown_in_the_goals_unit(make_rounds):
    goal = Goal("memory", Source("ours", RATE), None, at_least=False, bound=1, unit=" GB", scale=1e-9)
    assert goal.value(make_rounds(ours=[5e8, 7e8, 6e8])) == pytest.approx(0.6)
    assert goal.bound_text == "at most 1 GB"


@pytest.mark.parametrize(
    ("at_least", "value", "met"),
    [(True, 0.7, True), (True, 0.69, False), (False, 0.7, True), (False, 0.71, False)],
)
def test_a_bound_itself_is_within_it(at_least, value, met):
    assert ratio_goal(at_least=at_least, bound=0.7).is_met(value) is met


def test_every_goal_is_about_a_figure_that_the_report_shows():
    shown = {figure.name for figure in FIGURES}
    assert {source.name for goal in (*GOALS, *ASYNCIO_GOALS) for source in (goal.over, goal.under) if source} <= shown


def test_ratios_of_cpu_time_come_before_those_of_rates():
    ratios = [goal.over.name for goal in GOALS[:7] if goal.under]
    assert ratios == ["throughput.cpu_us_per_call"] * 4 + ["throughput.calls_per_s", "growth_10000.calls_per_s"]


@pytest.mark.parametrize("goal", [*GOALS, *ASYNCIO_GOALS], ids=lambda goal: goal.text)
def test_what_a_goal_compares_is_measured_in_the_same_rounds_by_the_clients_of_one_scenario(goal):
    part = ASYNCIO if goal in ASYNCIO_GOALS else MAIN
    sources = [source for source in (goal.over, goal.under) if source]

    def measures(scenario, source):
        return source.client in scenario.clients and any(
            source.name.startswith(f"{step.key}.") and (step.clients is None or source.client in step.clients)
            for step in scenario.steps
        )

    assert [
        scenario.name
        for scenario in SCENARIOS
        if scenario.part == part and all(measures(scenario, source) for source in sources)
    ] != []
