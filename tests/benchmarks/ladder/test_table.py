from benchmarks.clients.__main__ import RUNGS as CHOICES
from benchmarks.ladder.rungs import OWN, RUNGS, SCENARIO
from benchmarks.ladder.table import ladder_grid
from benchmarks.plan import LADDER
from benchmarks.report import PARTS, measured_parts
from benchmarks.suite import Measurements

COST = "turn.cpu_us_per_call"


def test_a_row_has_the_cost_what_the_step_adds_within_a_round_and_the_share_of_ours(make_rounds):
    grid = ladder_grid(make_rounds(COST, true_floor=[20.0, 40.0], least=[30.0, 60.0], ours=[100.0, 200.0]))
    assert grid.headings == ("step", "CPU per call, µs", "the step adds, µs", "÷ ours")
    assert [row[1:] for row in grid.rows] == [
        ("30.0 ±33%", "-", "0.20"),
        ("45.0 ±33%", "+15.0", "0.30"),
        ("150.0 ±33%", "-", "1.00"),
    ]


def test_a_step_that_saves_something_is_told_with_its_sign(make_rounds):
    grid = ladder_grid(make_rounds(COST, ours=[100.0], ours_hooks=[90.0]))
    assert [row[2] for row in grid.rows] == ["-", "-10.0"]


def test_each_step_stands_on_the_one_before_it():
    assert [rung.on for rung in OWN] == [None, *(rung.client for rung in OWN[:-1])]
    clients = [rung.client for rung in RUNGS]
    assert all(rung.on is None or clients.index(rung.on) < clients.index(rung.client) for rung in RUNGS)


def test_every_rung_can_be_started_and_takes_part():
    assert tuple(rung.client for rung in OWN) == CHOICES
    assert SCENARIO.clients == tuple(rung.client for rung in RUNGS)


def test_the_ladder_is_a_part_of_the_report_that_has_no_goals(make_run):
    run = make_run("ours", {"turn": {"cpu_us_per_call": 5.0}}, scenario=SCENARIO.name)
    ((part, its),) = measured_parts(Measurements([run]))
    assert (part.name, part.goals) == (LADDER, ())
    assert part in PARTS
    goals, tables = part.goals_and_tables(its)
    assert goals is None
    assert [len(table.rows) for table in tables] == [1]
