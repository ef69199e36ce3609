import xml.etree.ElementTree as ET

import pytest

pytest.importorskip("pygal", reason="the plots need the extra `bench`")

from benchmarks import results
from benchmarks.charts import write_charts


@pytest.fixture
def kept(make_rounds):
    measurements = make_rounds(official=[100.0], floor=[1000.0], ours=[650.0])
    return results.make_results(measurements, rounds=1, seconds=12.34, shared_core=False)


def test_results_come_back_from_their_file_as_they_were(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    assert results.load(results.save(kept)) == kept


def test_the_file_is_named_after_the_date(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    assert results.save(kept).stem == kept.date.replace(":", "").replace("+0000", "Z")


def test_only_what_stands_between_the_marks_is_replaced():
    page = f"# Before\n{results.BEGIN}\nold\n{results.END}\nbehind\n"
    assert results.replace_measured(page, "new") == f"# Before\n{results.BEGIN}\n\nnew\n\n{results.END}\nbehind\n"


@pytest.mark.parametrize("page", ["", results.BEGIN, results.END, f"{results.END}{results.BEGIN}"])
def test_a_page_without_its_marks_is_refused(page):
    with pytest.raises(ValueError, match="needs the marks"):
        results.replace_measured(page, "new")


def test_the_measured_part_has_machine_goals_figures_and_plots(kept, tmp_path):
    text = results.measured_markdown(kept, write_charts(results.Measurements(kept.runs), tmp_path))
    assert kept.machine.processor in text
    assert "| throughput, ours ÷ floor | at least 0.7 | 0.65 | **missed** |" in text
    assert "![throughput](img/performance-throughput.svg)" in text


def test_a_plot_is_drawn_only_of_what_was_measured_and_is_well_formed(kept, tmp_path):
    written = write_charts(results.Measurements(kept.runs), tmp_path)
    assert list(written) == ["throughput"]
    assert ET.parse(written["throughput"]).getroot().tag.endswith("svg")


def test_the_processor_is_found_in_either_spelling():
    assert results.processor_name("processor : 0\nmodel name\t: Fast CPU @ 3 GHz\n") == "Fast CPU @ 3 GHz"
    assert results.processor_name("Model : Small Board\n") == "Small Board"
    assert results.processor_name("") == results.platform.machine()
