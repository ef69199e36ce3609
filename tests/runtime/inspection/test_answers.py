"""What a process answers on its control socket: one table for those with workers and those without."""

from __future__ import annotations

import os

import pytest
from doubles.inspected import InspectedClient, InspectedProcess

from relay_runtime.inspection.answers import Answers
from relay_runtime.inspection.process_calls import ProcessCalls
from relay_runtime.inspection.protocol import Problem, Request
from relay_runtime.inspection.reports import Drained


class Asked:
    """A process that serves calls, and is asked."""

    def __init__(self, *call_ids: str) -> None:
        self.client = InspectedClient(*call_ids)
        self.process = InspectedProcess()
        served = ProcessCalls(self.client, self.process)
        self.answers = Answers(served, self.process, self.process, app="app:Menu")

    def __call__(self, op: str, identity: str = "", *, calls: bool = False) -> object:
        return self.answers.answer(Request(op=op, id=identity, calls=calls))


def test_a_report_is_of_this_process_and_lists_calls_when_they_are_asked_for() -> None:
    ask = Asked("c1", "c2")
    report = ask("report")
    assert (report.pid, report.app, report.draining, report.supervised) == (os.getpid(), "app:Menu", False, False)
    assert report.uptime >= 0
    assert [worker.calls for worker in report.workers] == [()]
    assert [call.call_id for call in ask("report", calls=True).workers[0].calls] == ["c1", "c2"]


def test_a_call_is_found_by_how_its_id_begins() -> None:
    ask = Asked("abc-1", "abd-2")
    assert ask("find", "ab") == ["abc-1", "abd-2"]
    assert ask("call", "abc").call_id == "abc-1"


def test_an_id_that_another_begins_with_is_its_own_call() -> None:
    ask = Asked("abc", "abc-1")
    assert ask("call", "abc").call_id == "abc"


@pytest.mark.parametrize("op", ["call", "trace", "record", "hangup"])
@pytest.mark.parametrize(
    ("identity", "kind", "words"),
    [
        ("", "unknown_call", "no live call begins with ''; live calls: 6"),
        ("x", "unknown_call", "no live call begins with 'x'; live calls: 6"),
        ("c", "several_calls", "6 live calls begin with c: c1, c2, c3, c4, c5, …; give more of the id"),
    ],
)
def test_what_names_no_call_or_several_is_a_problem(op: str, identity: str, kind: str, words: str) -> None:
    ask = Asked("c1", "c2", "c3", "c4", "c5", "c6")
    with pytest.raises(Problem, match=words) as caught:
        ask(op, identity)
    assert caught.value.kind == kind
    assert len(ask.client.calls) == 6


def test_a_call_is_recorded_by_how_its_id_begins_and_the_next_one_by_none() -> None:
    ask = Asked("abc-1", "xyz")
    assert next(iter(ask("record", "a"))) == {"recording": "abc-1"}  # type: ignore[call-overload]
    assert next(iter(ask("record_next"))) == {"recording": ""}  # type: ignore[call-overload]


def test_a_call_is_hung_up_by_how_its_id_begins() -> None:
    ask = Asked("abc-1", "xyz")
    assert ask("hangup", "a") == {"call_id": "abc-1"}
    assert ask.client.calls == ["xyz"]


def test_a_call_that_ends_before_it_is_hung_up_is_a_problem() -> None:
    ask = Asked("abc-1")
    ask.client.hangup_call = lambda _: False
    with pytest.raises(Problem, match="no live call begins with 'abc-1'"):
        ask("hangup", "abc")


def test_a_drain_begins_once_and_says_how_many_calls_are_left() -> None:
    ask = Asked("c1")
    assert ask("drain") == Drained(begun=True, live=1)
    assert ask("drain") == Drained(begun=False, live=1)
    assert ask.process.why == ["relay-runtime drain"] * 2
    assert ask("report").draining


def test_metrics_and_readiness_are_those_of_the_monitor() -> None:
    ask = Asked()
    assert (ask("metrics"), ask("ready"), ask("notes")) == (["samples"], (), ("without its fleet",))
    ask("drain")
    assert ask("ready") == ("draining",)


def test_an_op_that_is_none_is_a_problem() -> None:
    with pytest.raises(Problem, match="there is no op 'answer'") as caught:
        Asked()("answer")
    assert caught.value.kind == "bad_request"
