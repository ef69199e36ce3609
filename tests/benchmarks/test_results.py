import xml.etree.ElementTree as ET

import pytest

pytest.importorskip("pygal", reason="the plots need the extra `bench`")

from benchmarks import results
from benchmarks.charts import write_charts
from benchmarks.report import PARTS

MAIN = PARTS[0]
PAGE = "".join(f"<!-- {part.mark}: begin -->\nold {part.name}\n<!-- {part.mark}: end -->\nbetween\n" for part in PARTS)


@pytest.fixture
def kept(make_rounds):
    measurements = make_rounds(official=[100.0], floor=[1000.0], ours=[650.0])
    return results.make_results(measurements, rounds=1, seconds=12.34, shared_core=False)


def test_results_come_back_from_their_file_as_they_were(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    assert results.load(results.save(kept), results.Results) == kept


def test_the_file_is_named_after_the_date(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    assert results.save(kept).stem == kept.date.replace(":", "").replace("+0000", "Z")


def test_only_what_stands_between_the_marks_is_replaced():
    page = "# Before\n<!-- here: begin -->\nold\n<!-- here: end -->\nbehind\n"
    assert results.replace_measured(page, "here", "new") == page.replace("old", "\nnew\n")


@pytest.mark.parametrize("page", ["", "<!-- x: begin -->", "<!-- x: end -->", "<!-- x: end --><!-- x: begin -->"])
def test_a_page_without_its_marks_is_refused(page):
    with pytest.raises(ValueError, match="needs the marks <!-- x: begin -->"):
        results.replace_measured(page, "x", "new")


@pytest.mark.parametrize(
    ("scenario", "written", "left"),
    [("throughput", "main", "asyncio"), ("asyncio-throughput", "asyncio", "main")],
)
def test_a_part_of_the_page_is_written_only_when_it_was_measured(
    scenario, written, left, make_run, tmp_path, monkeypatch
):
    monkeypatch.setattr(results, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(results, "IMAGES", tmp_path)
    results.PAGE.write_text(PAGE)
    measured = results.Measurements([make_run("official", {"throughput": {"calls_per_s": 123.0}}, scenario=scenario)])
    results.write_page(results.make_results(measured, rounds=1, seconds=1.0, shared_core=False))
    page = results.PAGE.read_text()
    assert f"old {written}" not in page
    assert f"old {left}" in page
    assert page.count("| 123 |") == 1


def test_the_page_has_the_marks_of_every_part():
    page = results.PAGE.read_text(encoding="utf-8")
    assert all(
        f"written {part.mark}" in results.replace_measured(page, part.mark, f"written {part.mark}") for part in PARTS
    )


def test_the_measured_part_has_machine_goals_figures_and_plots(kept, tmp_path):
    measurements = results.Measurements(kept.runs)
    text = results.measured_markdown(kept, MAIN, measurements, write_charts(measurements, tmp_path))
    assert kept.machine.processor in text
    assert "| throughput, ours ÷ documented floor | at least 0.6 | 0.65 | met |" in text
    assert "![throughput](img/performance-throughput.svg)" in text


def test_a_plot_is_drawn_only_of_what_was_measured_and_is_well_formed(kept, tmp_path):
    written = write_charts(results.Measurements(kept.runs), tmp_path)
    assert list(written) == ["throughput"]
    assert ET.parse(written["throughput"]).getroot().tag.endswith("svg")


def test_the_processor_is_found_in_either_spelling():
    assert results.processor_name("processor : 0\nmodel name\t: Fast CPU @ 3 GHz\n") == "Fast CPU @ 3 GHz"
    assert results.processor_name("Model : Small Board\n") == "Small Board"
    assert results.processor_name("") == results.platform.machine()
