"""The table of metrics: names, labels and what they may hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from relay_runtime.metrics import FAMILIES, PARENT_FAMILIES, Family
from relay_runtime.workers import Blueprint, Parent, ParentMetrics


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_names_follow_the_conventions(family: Family) -> None:
    assert re.fullmatch(r"relay_[a-z]+(_[a-z]+)*", family.name)
    assert family.kind in {"counter", "gauge", "histogram"}
    assert family.name.endswith("_seconds") == (family.kind == "histogram")
    assert bool(family.bounds) == (family.kind == "histogram")
    assert not family.name.endswith("_total")  # prometheus_client adds it
    assert family.meaning.endswith(".")


def test_no_name_is_used_twice() -> None:
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names)


def test_labels_are_few_and_bounded() -> None:
    labels = {label for family in FAMILIES for label in family.labels}
    assert labels == {
        "campaign",  # the app chooses it: docs/campaign.md says to take few
        *("actor", "direction", "gevent", "kind", "method", "outcome", "policy", "python", "reason", "state", "type"),
        "version",
    }


def test_the_parent_of_workers_exposes_the_families_that_are_its_own_and_its_part_of_the_log() -> None:
    parent = Parent(2, Blueprint(arguments=(), directory=Path()), drain_timeout=1.0)
    own = {each.name: each for each in ParentMetrics(parent).samples()}
    assert sorted(own) == sorted(["relay_log_lines_dropped", *(family.name for family in PARENT_FAMILIES)])
    for family in PARENT_FAMILIES:
        assert (own[family.name].kind, own[family.name].meaning) == (family.kind, family.meaning)
        for name, labels, _ in own[family.name].values:
            assert name == family.exposed
            assert tuple(labels) == family.labels
