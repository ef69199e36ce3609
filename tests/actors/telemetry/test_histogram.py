"""Durations in buckets."""

from __future__ import annotations

import math

import pytest

from relay_actors.telemetry.histogram import Histogram, HistogramsByName


def test_a_value_is_counted_in_the_first_bucket_whose_bound_it_does_not_pass() -> None:
    histogram = Histogram((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 1.0, 1.5):
        histogram.add(seconds)
    assert histogram.counts == [2, 2, 1]
    assert histogram.count == 5
    assert math.isclose(histogram.total, 3.15)


def test_cumulative_counts_end_with_all_values_within_infinity() -> None:
    histogram = Histogram((0.1, 1.0))
    for seconds in (0.05, 0.5, 7.0):
        histogram.add(seconds)
    assert histogram.cumulative() == [(0.1, 1), (1.0, 2), (math.inf, 3)]


def test_two_histograms_add_up_to_a_third() -> None:
    first, second = Histogram((0.1, 1.0)), Histogram((0.1, 1.0))
    first.add(0.05)
    second.add(0.5)
    second.add(5.0)
    assert (first + second).counts == [1, 1, 1]
    assert (first + second).total == 5.55
    assert first.counts == [1, 0, 0]


def test_histograms_with_other_bounds_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="the bounds differ"):
        Histogram((0.1,)) + Histogram((0.2,))


def test_a_name_gets_a_histogram_of_its_own_at_its_first_value() -> None:
    named = HistogramsByName()
    named["calling.play"].add(1)
    named["calling.play"].add(1)
    named["calling.end"].add(1)
    assert {name: each.count for name, each in named.items()} == {"calling.play": 2, "calling.end": 1}


def test_beyond_the_limit_all_other_names_share_one() -> None:
    named = HistogramsByName(limit=2)
    for name in "abcdc":
        named[name].add(1)
    assert {name: each.count for name, each in named.items()} == {"a": 1, "b": 1, "other": 3}
