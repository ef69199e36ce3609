import math
from statistics import median

import pytest
from benchmarks.samples import median_difference, median_of, median_ratio, percentile, spread
from hypothesis import given
from hypothesis import strategies as st

numbers = st.lists(st.floats(0, 1e9), min_size=1, max_size=200)


def test_a_percentile_of_one_sample_is_that_sample():
    assert [percentile([7.0], percent) for percent in (0.1, 50, 100)] == [7.0] * 3


@pytest.mark.parametrize(("percent", "expected"), [(50, 500), (99, 990), (99.9, 999), (100, 1000), (0.1, 1)])
def test_the_percentiles_of_one_to_a_thousand_are_their_ranks(percent, expected):
    assert percentile(list(range(1000, 0, -1)), percent) == expected


@given(numbers, st.floats(0.001, 100))
def test_a_percentile_is_a_sample_that_enough_samples_do_not_exceed(samples, percent):
    value = percentile(samples, percent)
    not_above = sum(sample <= value for sample in samples)
    assert value in samples
    assert not_above >= math.floor(percent / 100 * len(samples))


@given(numbers)
def test_percentiles_do_not_fall_as_the_percentage_rises(samples):
    values = [percentile(samples, percent) for percent in (1, 25, 50, 99, 99.9, 100)]
    assert values == sorted(values)


def test_no_samples_have_no_percentile():
    with pytest.raises(ValueError, match="at least one"):
        percentile([], 50)


@pytest.mark.parametrize("percent", [0, -1, 100.1])
def test_a_percentage_out_of_range_is_refused(percent):
    with pytest.raises(ValueError, match="above 0 and at most 100"):
        percentile([1.0], percent)


def test_a_ratio_is_taken_within_a_round_so_a_slower_machine_does_not_touch_it():
    fast, slow = [60.0, 10.0], [10.0, 5.0]
    assert median_ratio([*fast, 30.0], [*slow, 10.0]) == 3.0


def test_a_round_in_which_one_side_is_missing_gives_no_ratio():
    assert median_ratio([None, 8.0, 100.0], [1.0, 2.0, None]) == 4.0


@pytest.mark.parametrize(("over", "under"), [([], []), ([1.0], []), ([None], [1.0]), ([1.0], [0.0])])
def test_without_a_pair_there_is_no_ratio(over, under):
    assert median_ratio(over, under) is None


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e9)), max_size=20))
def test_the_median_is_that_of_the_figures_that_exist(series):
    known = [value for value in series if value is not None]
    assert median_of(series) == (median(known) if known else None)


def test_a_difference_is_taken_within_a_round_too():
    assert median_difference([60.0, 20.0, 31.0], [50.0, 10.0, 30.0]) == 10.0
    assert median_difference([None, 8.0, 9.0], [1.0, 2.0, None]) == 6.0
    assert median_difference([1.0], [None]) is None


def test_the_spread_is_half_of_what_the_rounds_lie_apart():
    assert spread([90.0, 100.0, None, 120.0]) == pytest.approx(0.15)
    assert spread([5.0]) == 0
    assert spread([]) == 0
