import json
import stat
import sys
from pathlib import Path

import pytest

pytest.importorskip("pygal", reason="the plots need the extra `bench`")

from benchmarks import results
from benchmarks.processes import Cores, RunFailed
from benchmarks.pythons import finding, installing, measuring, table
from benchmarks.pythons.__main__ import prepare, with_figures
from benchmarks.pythons.finding import Choice, Python

HERE = results.Machine(processor="some processor", cores=2, memory_gb=1.0, kernel="Linux 6", python="CPython 3.11.7")


def python(release, *, program="", implementation="CPython", without_gil=False):
    major, minor, micro = map(int, release.split("rc")[0].split("."))
    return Python(program or f"/{release}", implementation, (major, minor, micro), release, without_gil)


def kept(*rows, shared_core=False):
    return table.PythonResults("2026-11-30T01:02:03+00:00", 60.0, 9, shared_core, HERE, list(rows))


def measured(name, ours, hooks, official, **more):
    return table.Row(name, cpu_us_per_call={"ours": ours, "ours_hooks": hooks, "official": official}, **more)


# -- finding ----------------------------------------------------------------------------------------------------------


def test_files_called_python_from_3_11_are_candidates_and_others_are_not(tmp_path):
    for name in ("python3", "python3.10", "python3.11", "python3.13t", "python3.12-config", "python3.14-gdb.py"):
        (tmp_path / name).touch()
    found = finding.candidates([tmp_path, tmp_path, tmp_path / "no such folder"])
    assert [Path(file).name for file in found] == ["python3.11", "python3.13t"]


def test_pythons_may_be_on_path_and_among_the_versions_of_pyenv(tmp_path):
    (tmp_path / "versions" / "3.12.1" / "bin").mkdir(parents=True)
    folders = finding.bin_folders("/a::/b", tmp_path)
    assert folders == [Path("/a"), Path("/b"), tmp_path / "versions" / "3.12.1" / "bin"]


def test_a_python_says_what_it_is():
    told = finding.ask(sys.executable)
    assert told is not None
    assert told.version == sys.version_info[:3]
    assert told.name.startswith(".".join(map(str, sys.version_info[:3])))


@pytest.mark.parametrize("text", ["echo no such version >&2; exit 127", "echo no JSON"])
def test_a_shim_without_a_version_behind_it_is_no_python(tmp_path, text):
    shim = tmp_path / "python3.13"
    shim.write_text(f"#!/bin/sh\n{text}\n")
    shim.chmod(stat.S_IRWXU)
    assert finding.ask(str(shim)) is None
    assert finding.ask(str(tmp_path / "python3.14")) is None


def test_the_newest_of_each_minor_version_is_measured():
    found = [python("3.11.2"), python("3.11.10"), python("3.12.1"), python("3.13.0"), python("3.14.0rc2")]
    assert [choice.name for choice in finding.choose(found)] == ["3.11.10", "3.12.1", "3.13.0", "3.14.0rc2"]
    assert finding.choose(found)[0].program == "/3.11.10"


def test_a_version_that_is_wanted_and_not_here_has_a_row_that_says_so():
    rows = finding.choose([python("3.12.1")])
    assert [choice.name for choice in rows] == ["3.11", "3.12.1", "3.13", "3.14"]
    assert rows[3] == Choice("3.14", None, "not found on PATH or in pyenv")


def test_a_version_newer_than_any_that_is_wanted_is_measured_too():
    assert finding.choose([python("3.15.0")])[-1] == Choice("3.15.0", "/3.15.0", None)


def test_builds_without_the_interpreter_lock_and_other_implementations_are_left_out_and_say_why():
    found = [python("3.13.0", without_gil=True), python("3.13.0"), python("3.11.11", implementation="PyPy")]
    reasons = {choice.name: choice.reason for choice in finding.choose(found)}
    assert reasons["3.13.0"] is None
    assert "global interpreter lock" in reasons["3.13.0t"]
    assert reasons["PyPy 3.11.11"] == "left out: the runtime is for CPython"
    assert reasons["3.11"] == "not found on PATH or in pyenv"


# -- installing -------------------------------------------------------------------------------------------------------


def test_the_last_error_of_pip_is_the_reason_without_paths_and_addresses():
    output = (
        "ERROR: no version of uvloop>=0.21 (from versions: none)\nERROR: No matching distribution for uvloop\nhint: x\n"
    )
    assert installing.last_error(output) == "No matching distribution for uvloop"
    assert installing.last_error("could not open /home/anna/x from https://some.host/y") == "could not open … from …"
    assert installing.last_error("\n") == "no reason was given"


def test_a_python_that_can_not_be_made_ready_says_so_in_its_row_and_is_not_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(installing, "FOLDER", tmp_path)
    monkeypatch.setattr(finding, "candidates", lambda _: ["/bin/false"])
    monkeypatch.setattr(finding, "ask", lambda _: python("3.13.0", program="/bin/false"))
    rows, ready = prepare(tmp_path / "some.whl", lambda _: None)
    assert ready == {}
    assert {row.name: row.reason for row in rows}["3.13.0"] == "no virtual environment can be made: no reason was given"


def test_a_program_that_is_gone_is_a_reason_too(tmp_path, monkeypatch):
    monkeypatch.setattr(installing, "FOLDER", tmp_path)
    with pytest.raises(installing.NotInstalled, match="no virtual environment can be made: No such file"):
        installing.install("3.13.0", str(tmp_path / "gone"), tmp_path / "some.whl")


# -- measuring --------------------------------------------------------------------------------------------------------


def test_the_clients_of_a_python_follow_each_other_and_each_goes_first_in_turn():
    rounds = [measuring.order(["3.11", "3.12"], round_) for round_ in range(6)]
    assert [[name for name, _ in turns[::3]] for turns in rounds[:2]] == [["3.11", "3.12"], ["3.12", "3.11"]]
    assert len({turns[0] for turns in rounds}) == 6
    assert all(len(set(turns)) == 6 for turns in rounds)


class Process:
    """Stands for a load server and a client: official starts on no Python, hooks fails in its second turn."""

    pid = 1

    def __init__(self, *arguments):
        self.client = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture
def without_processes(monkeypatch):
    asked = []

    class Server(Process):
        port = 0

        def __init__(self, core):
            self.turns = 0

        def ask(self, do, limit_s, **options):
            asked.append(self)
            self.turns += do == "throughput"
            if self.turns == 2 and self.client == "ours_hooks":
                raise RunFailed("throughput: not done")
            return {"cpu_us_per_call": 10.0 * self.turns}

    servers = []

    def server(core):
        servers.append(Server(core))
        return servers[-1]

    def client(driver, port, core, program):
        if driver == "official":
            raise RunFailed("benchmarks.clients ended: no such module")
        servers[-1].client = driver
        return Process()

    monkeypatch.setattr(measuring, "LoadServer", server)
    monkeypatch.setattr(measuring, "Client", client)


def test_a_client_that_fails_takes_no_further_part_and_the_others_go_on(without_processes):
    turns = measuring.take_turns({"3.11.7": "python3.11"}, 3, Cores(0, 0), lambda _: None)
    row = with_figures(table.Row("3.11.7"), turns)
    assert row.cpu_us_per_call == {"ours": [10.0, 20.0, 30.0], "ours_hooks": [10.0, None, None], "official": [None] * 3}
    assert row.failures == {
        "official": "benchmarks.clients ended: no such module",
        "ours_hooks": "throughput: not done",
    }


# -- the table --------------------------------------------------------------------------------------------------------


def test_a_row_has_the_medians_and_the_ratio_within_a_round():
    row = measured("3.12.1", [100.0, 200.0, 110.0], [90.0, 95.0, 180.0], [500.0, 900.0, 440.0])
    assert row.cells() == ("3.12.1", "110", "95", "500", "4.50")


def test_a_python_that_was_not_measured_says_why_in_its_row():
    assert table.Row("3.14", "not found here").cells() == ("3.14: not found here", "-", "-", "-", "-")


def test_a_client_that_failed_has_a_dash_and_a_note():
    row = measured("3.12.1", [100.0], [90.0], [None], failures={"official": "it ended"})
    assert row.cells() == ("3.12.1", "100", "90", "-", "-")
    assert table.notes(kept(row)) == ["official on Python 3.12.1: it ended"]
    assert "share the only core" in table.notes(kept(shared_core=True))[0]


def test_a_package_whose_version_differs_between_pythons_has_both():
    rows = [table.Row("3.11", versions={"gevent": "1", "msgspec": "3"}), table.Row("3.12", versions={"gevent": "2"})]
    assert table.versions_text(rows) == "gevent 1 or 2, msgspec 3"


def test_results_come_back_from_their_file_as_they_were(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    given = kept(measured("3.12.1", [100.0, None], [90.0], []), table.Row("3.14", "not found here"))
    path = results.save(given, "pythons-")
    assert path.name == "pythons-2026-11-30T010203Z.json"
    assert results.load(path, table.PythonResults) == given
    assert json.loads(path.read_text())["machine"]["cores"] == 2


def test_the_table_stands_between_its_marks_and_the_page_has_them(tmp_path, monkeypatch):
    before = results.PAGE.read_text(encoding="utf-8")
    monkeypatch.setattr(results, "PAGE", tmp_path / "page.md")
    results.PAGE.write_text(before)
    given = kept(measured("3.12.1", [100.0], [90.0], [450.0]), table.Row("3.14", "not found here"))
    results.rewrite_page(table.MARK, table.markdown(given))
    page = results.PAGE.read_text()
    assert "| 3.12.1 | 100 | 90 | 450 | 4.50 |\n| 3.14: not found here | - | - | - | - |" in page
    assert page.count("<!-- pythons: begin -->") == 1
