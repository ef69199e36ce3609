"""The figures on the page are those of results that were kept: each part is rendered again, word for word."""

import re
import xml.etree.ElementTree as ET

import pytest

pytest.importorskip("picows", reason="the load server needs the extra `bench`")
pytest.importorskip("pygal", reason="the plots need the extra `bench`")

from benchmarks import results, soak, workers
from benchmarks.charts import write_charts
from benchmarks.plan import MAIN
from benchmarks.pythons import table
from benchmarks.report import PARTS, figures_grid, goals_grid, measured_parts
from benchmarks.suite import Measurements

PAGE = results.PAGE.read_text(encoding="utf-8")
PROSE = " ".join(re.sub(r"<!-- (\w+): begin -->.*?<!-- \1: end -->", "", PAGE, flags=re.DOTALL).split())
RELIABILITY = results.PAGE.with_name("reliability.md").read_text(encoding="utf-8")


def part_of_page(mark):
    return re.search(rf"<!-- {mark}: begin -->\n\n(.*?)\n\n<!-- {mark}: end -->", PAGE, re.DOTALL)[1]


def kept_of(mark):
    """Return the results that a part of the page says that it is of."""
    every = [results.load(path, results.Results) for path in results.RESULTS.glob("[0-9]*.json")]
    (kept,) = [each for each in every if part_of_page(mark).startswith(each.where)]
    return kept


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_part_of_the_page_and_its_plots_are_the_results_that_it_names(part, tmp_path):
    kept = kept_of(part.mark)
    (measurements,) = [its for each, its in measured_parts(Measurements(kept.runs)) if each is part]
    images = write_charts(measurements, tmp_path) if part.name == MAIN else {}
    assert part_of_page(part.mark) == results.measured_markdown(kept, part, measurements, images)
    for path in images.values():
        drawn, shown = (list(ET.parse(each).getroot().itertext()) for each in (path, results.IMAGES / path.name))
        assert shown == drawn


def test_the_table_of_one_worker_beside_two_is_the_results_that_it_names():
    assert part_of_page(workers.MARK) == workers.markdown(kept_of(workers.MARK))


def test_the_table_of_pythons_is_one_of_those_that_were_kept():
    every = [results.load(path, table.PythonResults) for path in results.RESULTS.glob("pythons-*.json")]
    assert part_of_page(table.MARK) in map(table.markdown, every)


def test_every_part_of_the_page_that_was_measured_is_looked_at():
    assert set(re.findall(r"<!-- (\w+): begin -->", PAGE)) == {*(p.mark for p in PARTS), workers.MARK, table.MARK}


def test_what_the_text_says_of_the_tables_is_what_they_say():
    measurements = Measurements(kept_of("measured").runs).part(MAIN)
    grid = figures_grid(measurements)
    (held,) = [
        dict(zip(grid.headings, (cell.split()[0] for cell in row), strict=True))
        for row in grid.rows
        if row[0].startswith("10,000 held calls: memory per call")
    ]
    assert f"takes {held['ours, hooks']} KB, less than the official client's {held['official']} KB" in PROSE
    goals = {text: verdict == "met" for text, *_, verdict in goals_grid(measurements).rows}
    assert "The goals of CPU per call are missed, but for that with a line in the log" in PROSE
    of_cpu = {text for text in goals if text.startswith("CPU per call")}
    assert [text for text in of_cpu if goals[text]] == ["CPU per call with a line in the log at info ÷ without"]
    assert (
        "so are throughput against the documented floor, messages per second, and the memory of a call written" in PROSE
    )
    assert [text for text, met in goals.items() if not met and text not in of_cpu] == [
        "throughput, ours ÷ documented floor",
        "memory per held call written as `run()`",
        "messages per second, ours ÷ official",
    ]


def test_the_deployment_is_the_one_that_is_measured():
    assert f"A prompt lasts {workers.HELD / workers.RATE:g} seconds, and {workers.RATE} new calls a second" in PROSE
    assert f"so {workers.HELD:,} are up on average" in PROSE
    assert f"The window is {workers.SECONDS:g} seconds" in PROSE


def test_the_growth_of_an_hour_is_that_of_its_tenths():
    (shown,) = re.findall(r"^tenth .*\n((?: +\d.*\n)+)", RELIABILITY, re.MULTILINE)
    columns = list(zip(*(map(float, line.split()) for line in shown.splitlines()), strict=True))
    for name, sizes in zip(("app", "top"), columns[2:4], strict=True):
        grown, allowed = soak.growth([size * 1e6 for size in sizes])
        (said, bound) = re.search(rf"- {name}: \+(.*) MB from .*; (.*) MB are allowed", RELIABILITY).groups()
        assert float(said) == pytest.approx(grown / 1e6, abs=0.011)  # each tenth is rounded
        assert float(bound) == pytest.approx(allowed / 1e6)
        assert grown <= allowed
