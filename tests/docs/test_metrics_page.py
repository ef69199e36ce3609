"""The page about metrics tells of all there are, and of none that there are not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import promql_parser
import pytest

from relay_runtime.metrics import FAMILIES

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "metrics.md").read_text(encoding="utf-8")
QUERIES = [
    query
    for line in PAGE.partition("## What to be woken by")[2].splitlines()
    for query in re.findall(r"\| `(.+?)`", line)
]


def test_the_table_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(DOCS / "metrics_page.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, "run: python docs/metrics_page.py"


def test_a_page_without_a_metric_is_not_up_to_date(tmp_path: Path) -> None:
    script = tmp_path / "metrics_page.py"
    script.write_text((DOCS / "metrics_page.py").read_text())
    (tmp_path / "metrics.md").write_text(PAGE.replace("| `relay_clients` |", "| `relay_customers` |"))
    done = subprocess.run([sys.executable, str(script), "--check"], timeout=60, check=False, capture_output=True)
    assert done.returncode == 1


def test_every_metric_stands_in_the_table() -> None:
    for family in FAMILIES:
        assert f"| `{family.exposed}` | {family.kind} |" in PAGE


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_is_promql(query: str) -> None:
    promql_parser.parse(query)


def test_there_are_queries() -> None:
    assert len(QUERIES) >= 5
