"""Reaching calls and processes of a fleet: what comes back, and which error says what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from doubles.members import member

from relay_actors.errors import CallEnded, RelayError
from relay_runtime.fleet.engine import EngineDown, Member, NotThere
from relay_runtime.fleet.errors import FleetError, FleetTimeout
from relay_runtime.fleet.mail import Refusal
from relay_runtime.fleet.reach import Fleet


class Others:
    """An engine and a correspondence in memory.

    Attributes:
        answer: what answers a question.
        asked: the questions, as they were put.
        down: whether the engine is.
    """

    def __init__(self) -> None:
        self.answer: Callable[[], Any] = dict
        self.asked: list[tuple[Any, ...]] = []
        self.down = False
        self.hosts: set[str] = set()
        self.fleet = Fleet(lambda: (self, self))  # type: ignore[arg-type, return-value]

    def _look(self) -> None:
        if self.down:
            raise EngineDown("the engine does not answer")

    def find(self, prefix: str) -> dict[str, str]:
        self._look()
        return {call_id: "a" for call_id in ("c1", "c12") if call_id.startswith(prefix)}

    def members(self) -> list[tuple[Member, int]]:
        self._look()
        return [(member("a"), 1), (member("b"), 1)]

    def is_connected(self, _: str) -> bool:
        return True

    def drain(self, host: str, *, drained: bool) -> None:
        self._look()
        (self.hosts.add if drained else self.hosts.discard)(host)

    def drained(self) -> set[str]:
        self._look()
        return self.hosts

    def ask(self, box: str, op: str, call_id: str = "", value: Any = None) -> msgspec.Raw:
        self.asked.append((box, op, call_id, value))
        return msgspec.Raw(msgspec.json.encode(self.answer()))


@pytest.fixture
def others() -> Others:
    return Others()


def fails(error: Exception) -> Callable[[], Any]:
    def fail() -> Any:
        raise error

    return fail


def test_the_owner_of_a_call_is_asked(others: Others) -> None:
    call = others.fleet.call("c1")
    others.answer = lambda: {"call_id": "c1"}
    call.hangup("busy")
    call.tell({"x": 1})
    assert others.asked == [("a", "hangup", "c1", "busy"), ("a", "tell", "c1", {"x": 1})]
    assert others.fleet.find("c") == ["c1", "c12"]


def test_a_call_that_nobody_has_is_over(others: Others) -> None:
    with pytest.raises(CallEnded, match="no live call of the fleet has the id 'c'"):
        others.fleet.call("c").hangup()
    assert others.asked == []


@pytest.mark.parametrize(
    ("error", "op", "kind"),
    [
        (Refusal("unknown_call", "it is over"), "tell", CallEnded),
        (Refusal("no_answer", "silence"), "tell", FleetTimeout),
        (Refusal("refused", "no on_told"), "tell", TypeError),
        (Refusal("refused", "the server refused"), "hangup", RelayError),
        (Refusal("failed", "it crashed"), "hangup", FleetError),
        (Refusal("what later versions say", "so"), "hangup", FleetError),
        (FleetTimeout("no answer within 5 s"), "hangup", FleetTimeout),
        (NotThere("is gone"), "hangup", FleetError),
    ],
)
def test_each_error_says_what_has_happened_and_nothing_is_printed(
    others: Others, error: Exception, op: str, kind: type[Exception], capfd: pytest.CaptureFixture[str]
) -> None:
    others.answer = fails(error)
    call = others.fleet.call("c1")
    with pytest.raises(kind) as raised:
        call.tell(1) if op == "tell" else call.hangup()
    assert type(raised.value) is kind
    assert str(error) in str(raised.value)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("answer", [None, 5, {"call_id": 1}, []])
def test_an_answer_of_another_version_is_named(others: Others, answer: Any) -> None:
    others.answer = lambda: answer
    with pytest.raises(FleetError, match="none that this version of relay-runtime reads"):
        others.fleet.call("c1").hangup()
    with pytest.raises(FleetError, match="none that this version of relay-runtime reads"):
        others.fleet.call("c1").status()
    assert {bool(each.problem) for each in others.fleet.processes()} == {True}


def test_each_process_says_why_it_says_nothing(others: Others) -> None:
    for error, problem in (
        (NotThere("is gone"), "is gone"),
        (FleetTimeout("no answer"), "does not answer"),
        (Refusal("refused", "this process answers nobody"), "this process answers nobody"),
    ):
        others.answer = fails(error)
        asked = others.fleet.processes()
        assert [(each.member.id, each.report, each.problem) for each in asked] == [
            ("a", None, problem),
            ("b", None, problem),
        ]


def test_hosts_are_drained_and_are_not(others: Others) -> None:
    others.fleet.drain("alpha")
    assert others.fleet.drained() == {"alpha"}
    others.fleet.undrain("alpha")
    assert others.fleet.drained() == set()


def test_an_engine_that_is_away_is_said_to_be(others: Others) -> None:
    others.down = True
    fleet = others.fleet
    questions: list[Callable[[], object]] = [
        fleet.call("c1").status,
        fleet.processes,
        fleet.members,
        fleet.drained,
        lambda: fleet.find("c"),
        lambda: fleet.drain("alpha"),
        lambda: fleet.undrain("alpha"),
    ]
    for ask in questions:
        with pytest.raises(FleetError, match="the engine does not answer"):
            ask()
