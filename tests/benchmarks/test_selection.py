import pytest

pytest.importorskip("pygal", reason="the plots need the extra `bench`")

from benchmarks import plan
from benchmarks.__main__ import selected
from typer import BadParameter


def names(only):
    return [scenario.name for scenario in selected(only)]


def test_everything_is_measured_unless_something_is_chosen():
    assert selected("") == list(plan.SCENARIOS)


def test_a_part_of_the_report_can_be_measured_alone():
    assert names("asyncio") == ["asyncio-throughput", "asyncio-calls", "asyncio-held"]
    assert names("main") == [name for name in names("") if name not in names("asyncio")]


def test_a_scenario_can_be_measured_alone():
    assert names("held, asyncio-held") == ["held", "asyncio-held"]


def test_what_there_is_not_is_refused_with_what_there_is():
    with pytest.raises(BadParameter, match="unknown scenario tea; there is main, throughput, growth"):
        selected("tea")
