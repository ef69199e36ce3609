"""The alerts ask for metrics that exist, and are those of the page about metrics."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from relay_runtime.metrics import FAMILIES

ROOT = Path(__file__).parents[2]
RULES: list[dict[str, Any]] = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"][0][
    "rules"
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_rule_is_promql_about_metrics_that_exist_and_says_what_to_do(rule: dict[str, Any]) -> None:
    promql_parser.parse(rule["expr"])
    known = {family.exposed for family in FAMILIES} | {f"{family.name}_bucket" for family in FAMILIES}
    assert set(re.findall(r"relay_\w+", rule["expr"])) <= known
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert set(rule["annotations"]) == {"summary", "description"}
    assert rule["labels"]["severity"] in {"page", "ticket"}


def test_the_page_about_metrics_lists_the_same_queries() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text().partition("## What to be woken by")[2]
    assert re.findall(r"^\| .+ \| `(.+)` \|$", page, re.MULTILINE) == [rule["expr"] for rule in RULES]
