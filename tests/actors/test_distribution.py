"""Durations in buckets."""

from __future__ import annotations

import math

from relay_actors.distribution import Distribution, DistributionsByName


def test_a_value_is_counted_in_the_first_bucket_whose_bound_it_does_not_pass() -> None:
    distribution = Distribution((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 1.0, 1.5):
        distribution.add(seconds)
    assert distribution.counts == [2, 2, 1]
    assert distribution.count == 5
    assert math.isclose(distribution.total, 3.15)


def test_cumulative_counts_end_with_all_values_within_infinity() -> None:
    distribution = Distribution((0.1, 1.0))
    for seconds in (0.05, 0.5, 7.0):
        distribution.add(seconds)
    assert distribution.cumulative() == [(0.1, 1), (1.0, 2), (math.inf, 3)]


def test_a_name_gets_a_distribution_of_its_own_at_its_first_value() -> None:
    named = DistributionsByName()
    named["calling.play"].add(1)
    named["calling.play"].add(1)
    named["calling.end"].add(1)
    assert {name: each.count for name, each in named.items()} == {"calling.play": 2, "calling.end": 1}


def test_beyond_the_limit_all_other_names_share_one() -> None:
    named = DistributionsByName(limit=2)
    for name in "abcdc":
        named[name].add(1)
    assert {name: each.count for name, each in named.items()} == {"a": 1, "b": 1, "other": 3}
