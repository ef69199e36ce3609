"""The page of what was tried: every defect with every test of it, and figures in each section."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from proof.document import DOCUMENT, replaced
from proof.simulated.laws import LAWS

if not DOCUMENT.exists():
    pytest.skip("the page is not in this tree", allow_module_level=True)
PAGE = DOCUMENT.read_text()
DEFECTS = Path(__file__).parents[1].joinpath("test_defects.py").read_text()


@pytest.mark.parametrize("number", range(1, 21))
def test_every_defect_is_on_the_page_with_all_its_tests(number: int) -> None:
    names = re.findall(rf"def test_defect_{number}_(\w+)", DEFECTS)
    assert names
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {number} |")]
    assert [name for name in names if name.replace("_", " ") not in row] == []


def test_every_law_of_the_simulation_is_on_the_page() -> None:
    assert [name for name, law in LAWS.items() if f"- **{name}**: {law}" not in PAGE] == []


@pytest.mark.parametrize("section", ["simulate", "simulate-seeds", "broken-laws"])
def test_the_sections_of_the_simulation_hold_what_it_printed(section: str) -> None:
    body = PAGE.partition(f"<!-- {section}: begin -->")[2].partition(f"<!-- {section}: end -->")[0]
    assert "$ make simulate" in body or "$ make broken-laws" in body
    assert re.search(r"br(eak|oken)", body)
    assert "not found" not in body
    assert len(body) > 200


@pytest.mark.parametrize("section", ["faults", "orphans", "fleet-chaos", "chaos", "fuzz", "autobahn"])
def test_every_section_holds_what_its_command_printed(section: str) -> None:
    body = PAGE.partition(f"<!-- {section}: begin -->")[2].partition(f"<!-- {section}: end -->")[0]
    assert f"$ make {section}" in body or f"$ make {section}" in body.replace("\n", " ")
    assert len(body) > 200


def test_a_section_is_replaced_between_its_markers() -> None:
    text = "head\n<!-- a: begin -->\nold\n<!-- a: end -->\ntail"
    assert replaced(text, "a", "new") == "head\n<!-- a: begin -->\n\nnew\n\n<!-- a: end -->\ntail"
    with pytest.raises(ValueError, match="no section"):
        replaced(text, "b", "new")
