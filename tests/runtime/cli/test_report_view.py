"""A running process, drawn for a terminal."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.watched import Watched
from rich.console import Console

from relay_actors.kit.child import ActorStatus
from relay_actors.telemetry.status import CallStatus
from relay_runtime.cli.report_view import draw, draw_call, megabytes
from relay_runtime.inspection.reports import Report, WorkerReport


def call(number: int, **more: Any) -> CallStatus:
    known: dict[str, Any] = {"kind": "Patient", "direction": "inbound", "context": "office", "state": "answered"}
    return CallStatus(call_id=f"call-{number}", age=float(number), **{**known, **more})


def report(*workers: WorkerReport, **more: Any) -> Report:
    known: dict[str, Any] = {"pid": 7, "app": "app:It", "version": "1", "uptime": 65.0, "draining": False}
    return Report(**{**known, **more}, workers=workers)


def drawn(picture: Any) -> str:
    console = Console(width=200, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(picture)
    return captured.get()


NASTY = "a\x1b[2J\x9b1m\u202e[red]b[/red]\nforged"
SHOWN = r"a\x1b[2J\x9b1m\u202e[red]b[/red]\nforged"


def test_no_text_of_a_report_controls_the_terminal_or_begins_a_line() -> None:
    odd = CallStatus(
        call_id=NASTY, kind=NASTY, direction=NASTY, context=NASTY, state=NASTY, age=1.0, doing=NASTY, where=NASTY
    )
    client = Watched()
    client.becomes("connection", endpoint=NASTY, last_error=NASTY, contexts=(NASTY,))
    worker = WorkerReport(pid=7, number=1, status=client.status(), calls=(odd,), problem=NASTY, state=NASTY)
    console = Console(width=2_000, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(draw(report(worker, app=NASTY, supervised=True), calls=5))
        console.print(draw_call(odd))
    text = captured.get()
    assert not {"\x1b", "\x9b", "\u202e"} & set(text)
    assert not any(line.strip().startswith("forged") for line in text.splitlines())
    assert text.count(SHOWN) >= 18


def test_a_size_that_is_not_known_is_a_dash() -> None:
    assert (megabytes(58_400_000), megabytes(None)) == ("58 MB", "-")


def test_one_process_is_shown_without_a_table_of_workers() -> None:
    text = drawn(draw(report(WorkerReport(pid=7, status=Watched().status())), calls=5))
    assert "app:It  process 7  relay-runtime 1  up 1m 05s" in text
    assert "connected for 5.0 s; contexts office" in text
    assert "of 10 inbound slots taken" in text
    assert "no live calls" in text
    assert "last problem" not in text


def test_workers_are_a_table_and_one_that_waits_has_no_process() -> None:
    waiting = WorkerReport(pid=0, number=2, state="waiting", restarts=3, problem="ended with signal 9")
    text = drawn(draw(report(WorkerReport(pid=8, number=1), waiting, supervised=True, draining=True), calls=0))
    assert "draining" in text.splitlines()[0]
    (line,) = [line for line in text.splitlines() if "ended with signal 9" in line]
    assert line.split()[:4] == ["2", "-", "waiting", "-"]


def test_the_oldest_calls_are_listed_and_the_others_counted() -> None:
    worker = WorkerReport(pid=7, status=Watched().status(), calls=tuple(call(number) for number in (1, 3, 2)))
    text = drawn(draw(report(worker), calls=2))
    assert text.index("call-3") < text.index("call-2")
    assert "call-1" not in text
    assert "… and 1 more, which are younger" in text


def test_in_a_pipe_no_path_is_too_long_to_be_shown_whole() -> None:
    where = f"/srv/{'deep/' * 40}app.py:18 in Patient.run"
    worker = WorkerReport(pid=7, status=Watched().status(), calls=(call(1, where=where), call(2)))
    console = Console(width=160, soft_wrap=True)
    with console.capture() as captured:
        console.print(draw(report(worker), calls=5))
    head, _, line = captured.get().splitlines()[-3:]
    assert head.split() == ["call", "class", "direction", "context", "state", "age", "doing", "stands", "at"]
    assert line.split()[0] == "call-1"
    assert line.endswith(where)


def test_on_a_terminal_calls_fit_its_width() -> None:
    calls = tuple(call(number, where=f"/srv/app/app.py:{number} in Patient.run") for number in (1, 2, 3))
    text = drawn(draw(report(WorkerReport(pid=7, status=Watched().status(), calls=calls)), calls=2, width=50))
    assert [line for line in text.splitlines() if "app.py" in line] == [
        f"call-{number}  answered  {number}.0 s  app.py:{number} Patient.run" for number in (3, 2)
    ]
    assert "… and 1 more, which are younger" in text


@pytest.mark.parametrize("state", ["silent", "draining"])
def test_the_calls_of_a_worker_that_does_not_answer_are_not_known(state: str) -> None:
    silent = WorkerReport(pid=8, number=1, state=state, problem="the process does not answer within 3 s")
    told = "calls not known: worker 1 (process 8) does not answer"
    alone = drawn(draw(report(silent, supervised=True), calls=5))
    assert told in alone
    assert "no live calls" not in alone
    other = WorkerReport(pid=9, number=2, status=Watched().status(), calls=(call(1),))
    text = drawn(draw(report(silent, other, supervised=True), calls=5))
    assert text.index("call-1") < text.index(told)


def test_a_connection_that_is_down_tells_when_it_is_tried_again_and_why() -> None:
    client = Watched()
    client.becomes("connection", state="waiting", up_for=None, next_try_in=4.0, attempts=2, subscribed=False)
    client.becomes("connection", last_error="refused")
    text = drawn(draw(report(WorkerReport(pid=7, status=client.status())), calls=0))
    assert "waiting, next try in 4.0 s, 2 tries failed; not subscribed to office; last error: refused" in text


def test_what_no_actor_has_takes_no_room() -> None:
    client = Watched()
    assert "last error" not in drawn(draw(report(WorkerReport(pid=7, status=client.status())), calls=0))
    client.has_actors(ActorStatus(name="client", kind="Supervisor", state="waiting", next_try_in=4.0, last_error="odd"))
    text = drawn(draw(report(WorkerReport(pid=7, status=client.status())), calls=0))
    assert text.splitlines()[-1].rstrip().endswith("in 4.0 s    odd")
    assert "next start  last error" in text


def test_a_call_is_shown_with_all_that_is_known_of_it() -> None:
    action = {"method": "calling.play", "state": "playing"}
    text = drawn(draw_call(call(1, actions=(action,), timeline=((0.5, "answered"),), mailbox=2)))
    for words in ("call-1", "calling.play (playing)", "answered at 0.5 s", "2 messages, 0 hooks"):
        assert words in text


def test_a_client_in_a_fleet_says_where_and_whether_its_engine_answers() -> None:
    client = Watched()
    client.is_in_a_fleet(claims=2)
    text = drawn(draw(report(WorkerReport(pid=7, status=client.status())), calls=0))
    assert "fleet: host alpha, 3 processes; ledgers taken over: 2" in text
    client.is_in_a_fleet(connected=False, problem="it does not answer")
    text = drawn(draw(report(WorkerReport(pid=7, status=client.status())), calls=0))
    assert "fleet: out of it as host alpha: it does not answer" in text
