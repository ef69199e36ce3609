"""The page of what was tried: every defect with every test of it, and figures in each section."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from proof import backoff
from proof.broken_laws import BROKEN
from proof.document import DOCUMENT, replaced
from proof.faults import FAULTS
from proof.fleet_chaos import KINDS
from proof.process_faults import PROCESS_FAULTS
from proof.simulated.laws import LAWS

if not DOCUMENT.exists():
    pytest.skip("the page is not in this tree", allow_module_level=True)
PAGE = DOCUMENT.read_text()
SECTIONS = dict(re.findall(r"<!-- ([a-z-]+): begin -->\n(.*?)\n<!-- \1: end -->", PAGE, re.DOTALL))
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


def rows(table: str) -> list[list[str]]:
    """Return the cells of a table in Markdown, without its head."""
    return [line.strip("| ").split(" | ") for line in table.splitlines() if re.match(r"\| (?!---)", line)][1:]


def counts(text: str) -> list[int]:
    """Return the whole numbers in a text that count something."""
    return [int(number.replace(",", "")) for number in re.findall(r"(?<!\S)\(?(\d[\d,]*)(?= |$)", text)]


def line(section: str, begin: str) -> str:
    """Return what stands behind the beginning of a line of a section."""
    return re.findall(rf"^- {re.escape(begin)}(.*)$", SECTIONS[section], re.MULTILINE)[0]


@pytest.mark.parametrize("outage", backoff.OUTAGES)
def test_the_sessions_that_an_outage_costs_are_those_of_the_backoff(outage: int) -> None:
    assert backoff.row(outage) in PAGE.splitlines()


def test_the_faults_of_whole_processes_end_as_their_tests_want() -> None:
    shown = rows(SECTIONS["processes"])
    assert [(row[0], row[1], row[5], row[6]) for row in shown] == [
        (
            fault.name,
            f"{fault.workers} workers" if fault.workers else "alone",
            "killed" if fault.code is None else str(int(fault.code)),
            str(fault.left_up),
        )
        for fault in PROCESS_FAULTS
    ]
    assert {row[3] for row in shown} == {"5/5", "-"}
    assert f"{len(shown)} faults of whole processes; 0 wrong." in SECTIONS["processes"]


def test_the_cells_of_the_matrix_are_counted() -> None:
    every = re.findall(r"\| (served|lost|ended) ([\d.]+) s(?= \|)", SECTIONS["faults"])
    count = Counter(outcome for outcome, _ in every)
    assert f"{len(every)} cells of {len(FAULTS)} faults" in SECTIONS["faults"]
    assert f"{count['served']} served, {count['lost']} lost, {count['ended']} ended; 0 wrong" in SECTIONS["faults"]
    assert f"to the end of its call: {max(float(seconds) for _, seconds in every)} s" in SECTIONS["faults"]


def test_the_calls_of_those_that_were_killed_add_up() -> None:
    head, what, how = SECTIONS["orphans"].split("\n\n| ")
    kinds = [list(map(int, row[1:])) for row in rows(f"| {what}")]
    ways = [list(map(int, row[1:10])) for row in rows(f"| {how}")]
    assert all(calls == sum(ends) for calls, *ends in [*kinds, *(way[1:] for way in ways)])
    totals = [sum(column) for column in zip(*kinds, strict=True)]
    rounds, *by_way = (sum(column) for column in zip(*ways, strict=True))
    assert totals == by_way
    assert f"{rounds} rounds; {totals[0]} calls judged; {totals[-1]} orphans." in head


def test_the_rounds_of_the_fleet_add_up() -> None:
    shown = rows(SECTIONS["fleet-chaos"])
    rounds, calls, orphans, lost, unfounded, late = (sum(int(row[n]) for row in shown) for n in (1, 2, 6, 7, 8, 9))
    said = f"{rounds} rounds; {calls} calls; {orphans} orphans; {lost} callers lost; {unfounded + late} times two"
    assert said in SECTIONS["fleet-chaos"]
    assert [row[0] for row in shown] == list(KINDS)


def test_the_figures_of_the_storm_add_up() -> None:
    calls, ended = line("chaos", "calls: ").split("ended: ")
    _placed, served, dialled, _most = counts(calls.replace(";", " ;"))
    assert sum(counts(ended)) == served + dialled
    assert f"{dialled} dial answered" in line("chaos", "dials and messages: ")
    for what in ("faults: ", "waits: "):
        total, parts = line("chaos", what).split(": ")
        assert sum(counts(parts)) == int(total)
    first, last, growth = re.findall(r"tenth ([\d.]+) MiB, last tenth ([\d.]+) MiB \(([+-][\d.]+)%", PAGE)[0]
    assert 100 * (float(last) / float(first) - 1) == pytest.approx(float(growth), abs=0.2)  # each was rounded


def test_the_rates_follow_from_what_they_are_of() -> None:
    frames, seconds, rate = re.findall(r"(\d+) frames in ([\d.]+) s \(([\d,]+) a second\)", SECTIONS["fuzz"])[0]
    assert int(frames) / float(seconds) == pytest.approx(counts(rate)[0], rel=0.001)
    for section in ("simulate", "simulate-seeds"):
        hours, cpu, speed = re.findall(
            r"; ([\d,.]+) hours of calls.*\n- (\d+) s of the processor.*: ([\d,]+) hours", SECTIONS[section]
        )[0]
        assert float(hours.replace(",", "")) / int(cpu) * 600 == pytest.approx(counts(speed)[0], rel=0.01)


def test_autobahns_cases_add_up() -> None:
    for side in ("client", "server"):
        passed, of, *kinds = counts(line("autobahn", f"Autobahn, {side} side: ").rpartition(" in ")[0])
        assert passed == of == sum(kinds)


def test_what_is_broken_is_on_the_page_with_laws_that_there_are() -> None:
    shown = rows(SECTIONS["broken-laws"])
    assert [row[0] for row in shown] == [broken.name for broken in BROKEN]
    assert {law for row in shown for law in row[1].split(", ")} <= set(LAWS)


def test_a_section_is_replaced_between_its_markers() -> None:
    text = "head\n<!-- a: begin -->\nold\n<!-- a: end -->\ntail"
    assert replaced(text, "a", "new") == "head\n<!-- a: begin -->\n\nnew\n\n<!-- a: end -->\ntail"
    with pytest.raises(ValueError, match="no section"):
        replaced(text, "b", "new")
