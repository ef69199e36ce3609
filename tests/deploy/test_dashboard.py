"""The dashboard asks for metrics that exist, by their labels, and shows the important ones."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest

from relay_runtime.metrics import FAMILIES

DASHBOARD = json.loads((Path(__file__).parents[2] / "deploy" / "grafana" / "relay-runtime.json").read_text())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
TARGETS = [(panel["title"], target) for panel in PANELS for target in panel.get("targets", ())]
OF_THE_PROCESS = {"process_resident_memory_bytes", "process_cpu_seconds_total"}  # prometheus_client's own
OF_THE_SCRAPE = {"job", "instance"}


def series() -> dict[str, set[str]]:
    """Every name that a query may ask for, and its labels."""
    found: dict[str, set[str]] = {}
    for family in FAMILIES:
        labels = set(family.labels)
        if family.kind == "histogram":
            found |= {f"{family.name}_bucket": labels | {"le"}}
            found |= {f"{family.name}_{part}": labels for part in ("sum", "count")}
        else:
            found[family.exposed] = labels
    return found | {name: set() for name in OF_THE_PROCESS}


SERIES = series()


def plain(expression: str) -> str:
    """A query with Grafana's own variables filled in."""
    return expression.replace("$__rate_interval", "1m").replace("$job", ".*").replace("$instance", ".*")


def selectors(expression: str) -> list[tuple[str, set[str]]]:
    """The metrics that a query asks for, each with the labels that it selects by."""
    return [
        (name, set(re.findall(r"(\w+)\s*[=!]", labels)))
        for name, labels in re.findall(r"([a-z_]+)\{([^}]*)\}", expression)
    ]


@pytest.mark.parametrize(("title", "target"), TARGETS, ids=lambda each: each if isinstance(each, str) else "")
def test_every_query_is_promql_about_metrics_and_labels_that_exist(title: str, target: dict[str, Any]) -> None:
    expression = plain(target["expr"])
    promql_parser.parse(expression)
    asked = selectors(expression)
    assert asked, expression
    for name, labels in asked:
        assert name in SERIES, name
        assert labels <= SERIES[name] | OF_THE_SCRAPE
    grouped = {label for group in re.findall(r"by \(([^)]*)\)", expression) for label in re.findall(r"\w+", group)}
    shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
    known = set().union(*(SERIES[name] for name, _ in asked))
    assert grouped <= known
    assert shown <= grouped | (OF_THE_SCRAPE if "by (" not in expression else set())


def test_a_query_selects_by_job_and_instance() -> None:
    for title, target in TARGETS:
        for _, labels in selectors(plain(target["expr"])):
            assert labels >= OF_THE_SCRAPE, title


def test_every_metric_is_shown() -> None:
    asked = {name for _, target in TARGETS for name, _ in selectors(plain(target["expr"]))}
    for family in FAMILIES:
        names = {family.exposed, f"{family.name}_bucket", f"{family.name}_count"}
        assert names & asked, family.name


def test_a_counter_is_never_shown_without_a_rate() -> None:
    counters = [family.exposed for family in FAMILIES if family.kind == "counter"]
    for title, target in TARGETS:
        for name in counters:
            if f"{name}{{" in target["expr"]:
                assert re.search(rf"(rate|increase)\({name}\{{", target["expr"]), title


def test_the_variables_ask_for_metrics_that_exist() -> None:
    variables = {each["name"]: each for each in DASHBOARD["templating"]["list"]}
    assert set(variables) == {"datasource", "job", "instance"}
    for name in ("job", "instance"):
        metric = re.match(r"label_values\((\w+)", variables[name]["query"]["query"])
        assert metric is not None
        assert metric[1] in SERIES


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    ids = [panel["id"] for panel in PANELS]
    assert len(set(ids)) == len(ids)
    for one, other in itertools.combinations(PANELS, 2):
        a, b = one["gridPos"], other["gridPos"]
        apart_across = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        apart_down = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert apart_across or apart_down, (one["title"], other["title"])
        assert a["x"] + a["w"] <= 24


def test_every_panel_takes_the_datasource_that_is_chosen() -> None:
    for panel in PANELS:
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"
            assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
