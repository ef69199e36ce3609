import stat

import pytest

pytest.importorskip("pygal", reason="the plots need the extra `bench`")

from benchmarks import results
from benchmarks.clients.official_js import package
from benchmarks.plan import OFFICIAL_JS, SCENARIOS, Scenario, Step, throughput
from benchmarks.processes import Cores
from benchmarks.report import clients_grid, warnings
from benchmarks.suite import Measurements, run_all, run_once

JS = [scenario for scenario in SCENARIOS if OFFICIAL_JS in scenario.clients]


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(package, "FOLDER", tmp_path / "javascript" / package.VERSION)
    return package.FOLDER


@pytest.fixture
def path(monkeypatch, tmp_path):
    """A PATH with nothing on it but what a test puts there, and no Node among the packages of Python."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(package.importlib.util, "find_spec", lambda _: None)
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def program(path, name, text):
    (path / name).write_text(f"#!/bin/sh\n{text}\n")
    (path / name).chmod(stat.S_IRWXU)


def test_without_node_the_reason_is_said_and_nothing_is_started(path, folder):
    assert package.prepare() == "there is no Node here"
    measured = run_all(JS, [OFFICIAL_JS], 3, Cores(0, 0), lambda _: pytest.fail("a run was begun"))
    assert warnings(measured, shared_core=False) == ["official_js, js: left out: there is no Node here"]


def test_without_npm_the_reason_is_said_unless_the_package_is_there(path, folder):
    program(path, "node", "")
    assert package.prepare() == "Node is here, but npm is not"
    there = folder / "node_modules" / package.NAME / "package.json"
    there.parent.mkdir(parents=True)
    there.touch()
    assert package.prepare() is None


def test_what_npm_can_not_install_leaves_nothing_behind(path, folder):
    program(path, "node", "")
    program(path, "npm", "exit 1")
    assert package.prepare() == f"npm can't install {package.NAME} {package.VERSION} here"
    assert list(folder.parent.iterdir()) == []


def test_what_npm_has_installed_is_used_again(path, folder):
    program(path, "node", "")
    program(
        path,
        "npm",
        f'/bin/mkdir -p "$3/node_modules/{package.NAME}"; : > "$3/node_modules/{package.NAME}/package.json"',
    )
    assert package.prepare() is None
    program(path, "npm", "exit 1")
    assert package.prepare() is None
    assert package.installed() == folder


def test_the_node_of_a_wheel_is_taken_where_path_has_none(path, tmp_path, monkeypatch):
    (tmp_path / "wheel" / "bin").mkdir(parents=True)
    (tmp_path / "wheel" / "bin" / "node").touch()
    origin = type("Spec", (), {"origin": str(tmp_path / "wheel" / "__init__.py")})
    monkeypatch.setattr(package.importlib.util, "find_spec", lambda _: origin)
    assert package.find_node() == package.Node((str(tmp_path / "wheel" / "bin" / "node"),), None)


def test_it_has_a_row_in_the_main_table(make_run):
    figures = {OFFICIAL_JS: 900.0, "ours": 300.0}
    runs = [make_run(client, {"throughput": {"cpu_us_per_call": cpu}}) for client, cpu in figures.items()]
    rows = clients_grid(Measurements(runs)).rows
    assert [row[:3] for row in rows] == [("official, js", "900", "3.00"), ("ours", "300", "1.00")]


def test_its_versions_are_kept_when_it_ran(make_run):
    ran = make_run(OFFICIAL_JS, {}, version="4.2.1", node="20.1.0")
    assert results.javascript_versions(Measurements([ran])) == {package.NAME: "4.2.1", "Node": "20.1.0"}
    assert results.javascript_versions(Measurements([make_run("official", {})])) == {}


@pytest.mark.scenario
@pytest.mark.proof
def test_it_serves_the_calls_of_the_load_server():
    if reason := package.prepare():
        pytest.skip(reason)
    steps = (throughput("throughput", 5, 0.01), Step("latency", "latency", {"rate": 100, "seconds": 0.1}))
    run = run_once(Scenario("tiny", (OFFICIAL_JS,), steps), OFFICIAL_JS, 0, Cores.choose())
    assert run.error is None
    assert run.strays == {}
    assert list(run.figures) == ["throughput", "latency"]
    assert run.startup["version"] == package.VERSION
