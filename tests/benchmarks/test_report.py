import io

from benchmarks.goals import ASYNCIO_GOALS
from benchmarks.report import (
    Figure,
    Grid,
    clients_grid,
    figures_grid,
    goals_grid,
    loops_grid,
    measured_parts,
    print_report,
    warnings,
)
from benchmarks.suite import Measurements
from rich.console import Console


def rows(grid):
    return {row[0]: row[1:] for row in grid.rows}


def test_markdown_has_a_line_for_the_headings_one_for_the_columns_and_one_a_row():
    grid = Grid(("what", "ours"), (("calls", "5"), ("events", "6")))
    assert grid.markdown().splitlines() == ["| what | ours |", "| --- | ---: |", "| calls | 5 |", "| events | 6 |"]


def test_a_figure_is_shown_in_its_unit():
    assert Figure("a.b", "memory, KB", scale=1e-3, digits=1).shown(12_345_678) == "12,345.7"
    assert Figure("a.b", "calls").shown(None) == "-"


def test_a_row_has_medians_spreads_and_the_ratios_of_ours(make_rounds):
    rates = {"official": [100.0, 120.0], "floor": [1000.0, 1000.0], "ours": [800.0, 720.0]}
    grid = figures_grid(make_rounds("messages.messages_per_s", **rates))
    assert grid.headings == ("median", "official", "floor", "ours", "ours ÷ official", "ours ÷ floor")
    assert rows(grid) == {
        "messages sent and delivered per second": ("110 ±9%", "1,000 ±0%", "760 ±5%", "7.00", "0.76"),
        **{row: cells for row, cells in rows(grid).items() if row in {"import, ms", "connect, ms"}},
    }


def test_a_client_that_was_not_measured_has_no_column_and_no_ratio(make_rounds):
    grid = figures_grid(make_rounds("messages.messages_per_s", floor=[1000.0]))
    assert grid.headings[1:-2] == ("floor",)
    assert rows(grid)["messages sent and delivered per second"] == ("1,000", "-", "-")


def test_who_was_measured_with_200_calls_at_a_time_alone_has_a_row_and_no_column(make_run):
    figures = {"throughput": {"cpu_us_per_call": 30.0}}
    measurements = Measurements([make_run("true_floor", figures, scenario="throughput")])
    assert figures_grid(measurements).rows == ()
    assert list(rows(clients_grid(measurements))) == ["true floor"]


def test_the_clients_stand_below_each_other_from_the_dearest_call_to_the_cheapest(make_run):
    costs = {"ours": (50.0, 18_000.0), "least": (25.0, 30_000.0), "official_uvloop": (300.0, 3_000.0)}
    measurements = Measurements(
        make_run(client, {"throughput": {"cpu_us_per_call": cpu, "calls_per_s": rate}})
        for client, (cpu, rate) in costs.items()
    )
    grid = clients_grid(measurements)
    assert grid.headings[:5] == ("200 calls at a time", "CPU per call, µs", "its ÷ ours", "calls/s", "ours ÷ its")
    assert [row[:5] for row in grid.rows] == [
        ("official, uvloop", "300", "6.00", "3,000", "6.00"),
        ("ours", "50", "1.00", "18,000", "1.00"),
        ("least with a greenlet a call", "25", "0.50", "30,000", "0.60"),
    ]


def test_a_goal_is_met_missed_or_not_measured(make_rounds):
    goals = rows(goals_grid(make_rounds(official=[100.0], floor=[1000.0], ours=[650.0])))
    assert goals["throughput, ours ÷ documented floor"] == ("at least 0.6", "0.65", "met")
    assert goals["offer→answer p99 at 500 calls/s, ours ÷ official"] == ("at most 0.33", "-", "not measured")
    goals = rows(goals_grid(make_rounds("throughput.cpu_us_per_call", official=[300.0], ours=[60.0])))
    assert goals["CPU per call, official ÷ ours"] == ("at least 6", "5", "**missed**")
    assert goals["messages per second, ours ÷ official"] == ("at least 4", "-", "not measured")


def test_each_loop_has_a_row_of_its_own_with_both_clients(make_rounds):
    on_loops = {"official": [300.0], "ours_aio": [120.0], "official_uvloop": [200.0], "ours_aio_uvloop": [50.0]}
    grid = loops_grid(make_rounds("throughput.cpu_us_per_call", **on_loops))
    assert grid.headings == ("median", "loop", "official", "ours, aio", "ours ÷ official")
    assert grid.rows[:2] == (
        ("200 calls at a time: CPU per call, µs", "asyncio", "300", "120", "0.40"),
        ("200 calls at a time: CPU per call, µs", "uvloop", "200", "50", "0.25"),
    )


def test_a_loop_on_which_nobody_was_measured_has_no_row(make_rounds):
    first, *others = loops_grid(make_rounds("held_1000.bytes_per_call", ours_aio=[5e3])).rows
    assert first == ("1,000 held calls: memory per call, KB", "asyncio", "-", "5.0", "-")
    assert {row[1] for row in others} == {"asyncio"}


def test_the_goals_of_asyncio_compare_the_clients_on_the_same_loop(make_rounds):
    cpu = make_rounds("throughput.cpu_us_per_call", official=[300.0], ours_aio=[120.0], ours_aio_uvloop=[50.0])
    assert rows(goals_grid(cpu, ASYNCIO_GOALS)) == {
        "CPU per call on asyncio, official ÷ ours": ("at least 2.2", "2.5", "met"),
        "CPU per call on uvloop, official ÷ ours": ("at least 2.2", "-", "not measured"),
    }


def test_the_same_client_in_two_parts_has_the_figures_of_each(make_run):
    runs = [
        make_run("official", {"throughput": {"calls_per_s": value}}, scenario=scenario)
        for scenario, value in (("calls", 5.0), ("asyncio-calls", 7.0), ("of an earlier plan", 6.0))
    ]
    found = {
        part.name: [run.figures["throughput"]["calls_per_s"] for run in its.runs]
        for part, its in measured_parts(Measurements(runs))
    }
    assert found == {"main": [5.0, 6.0], "asyncio": [7.0]}


def test_a_part_of_which_nothing_was_measured_is_not_reported(make_run):
    (part, _), *others = measured_parts(Measurements([make_run("ours_aio", {}, scenario="asyncio-held")]))
    assert (part.name, others) == ("asyncio", [])


def test_a_load_server_near_its_limit_is_pointed_out(make_rounds):
    shares = make_rounds("throughput.server_cpu_share", floor=[0.95, 0.97, 0.99], ours=[0.5])
    assert warnings(shares, shared_core=False) == [
        "the load server was 97% busy with floor: it may have been the bottleneck"
    ]


def test_a_client_that_had_to_share_its_core_is_pointed_out(make_rounds):
    shares = make_rounds("throughput.client_cpu_share", official=[0.99, 0.7, 0.98], ours=[0.7, 0.8, 0.99])
    assert warnings(shares, shared_core=False) == [
        "ours got only 80% of its core: the machine was busy with something else"
    ]


def test_a_machine_with_one_core_is_pointed_out(make_rounds):
    assert "share the only core" in warnings(make_rounds(ours=[1.0]), shared_core=True)[0]


def test_frames_sent_in_vain_are_added_up(make_run):
    runs = [make_run("ours", {}, round_, strays={"calling.end for a call that is over": 3}) for round_ in range(2)]
    assert warnings(Measurements(runs), shared_core=False) == [
        "ours sent in vain: calling.end for a call that is over, 6 times"
    ]


def test_the_terminal_shows_the_tables_and_the_notes(make_rounds):
    screen = io.StringIO()
    console = Console(file=screen, width=160)
    print_report(console, make_rounds(official=[100.0], floor=[1000.0], ours=[650.0]), shared_core=True)
    assert all(text in screen.getvalue() for text in ("6.50", "met", "only core"))
