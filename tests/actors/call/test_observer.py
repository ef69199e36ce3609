"""Watching calls while they happen."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.exchange import Exchange
from doubles.frames import dial_event, event, leg_event, offer, state
from doubles.hub import LIMIT, until
from doubles.started import Started

from relay_actors.call.call import Call, CallActor
from relay_actors.call.observer import CallObserver, GuardedObserver
from relay_actors.errors import RelayError, RequestTimeout


class Witness(CallObserver):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def call_began(self, call: Any) -> None:
        self.told.append(("began", call.call_id))

    def call_changed(self, call: Any) -> None:
        self.told.append(("changed", call.call_id, call.state))

    def call_over(self, call_id: str, reason: str) -> None:
        self.told.append(("over", call_id, reason))

    def call_crashed(self, call: Any, error: BaseException) -> None:
        self.told.append(("crashed", call.call_id, repr(error)))

    def command_began(self, call: Any, method: str) -> object:
        self.told.append(("command", call.call_id, method))
        return method

    def command_over(self, began: object, error: BaseException | None) -> None:
        self.told.append(("done", began, type(error).__name__))


class Broken(Witness):
    """Fails whatever it is told."""

    def __getattribute__(self, name: str) -> Any:
        if name.startswith(("call_", "command_")):
            return lambda *_: 1 / 0
        return super().__getattribute__(name)


class Answering(CallActor):
    def run(self) -> None:
        self.answer()
        self.wait_for_ended()


def watched(started: Started, kind: Any = Call, observer: CallObserver | None = None) -> tuple[Exchange, Witness]:
    witness = Witness()
    return Exchange(started, kind, observer=GuardedObserver(observer or witness)), witness


def test_an_observer_is_told_of_a_calls_life_in_order(started: Started) -> None:
    exchange, witness = watched(started, Answering)
    exchange.gets(offer())
    exchange.gets(state("answered"))
    exchange.gets(state("ended", end_reason="hangup"))
    exchange.is_empty()
    assert witness.told == [
        ("began", "c1"),
        ("command", "c1", "calling.answer"),
        ("done", "calling.answer", "NoneType"),
        ("changed", "c1", "answered"),
        ("over", "c1", "hangup"),
        ("changed", "c1", "ended"),
    ]


def test_a_dialled_call_has_begun_before_it_is_answered(started: Started) -> None:
    exchange, witness = watched(started)
    exchange.dials()
    exchange.gets(leg_event("ringing", "b", "T"), dial_event("answered", "T", winner="b"))
    assert witness.told == [("began", "b"), ("changed", "b", "ringing"), ("changed", "b", "answered")]


def test_a_command_that_fails_is_over_with_its_error(started: Started) -> None:
    exchange, witness = watched(started)
    exchange.gets(offer())
    exchange.board.answers["calling.play"] = RelayError(400, "bad")
    exchange.board.withheld = {"calling.record"}
    with pytest.raises(RelayError):
        exchange.calls[0].command("calling.play", {})
    with pytest.raises(RequestTimeout):
        exchange.calls[0].command("calling.record", {}, timeout=0.01)
    assert [told for told in witness.told if told[0] == "done"] == [
        ("done", "calling.play", "RelayError"),
        ("done", "calling.record", "RequestTimeout"),
    ]


def test_of_a_call_that_no_actor_could_be_made_for_only_the_crash_is_told(started: Started) -> None:
    def broken(_: Any) -> Any:
        raise LookupError("no class")

    exchange, witness = watched(started, broken)
    exchange.gets(offer())
    exchange.is_empty()
    assert exchange.stats.calls_ended == {"error": 1}
    assert witness.told == [("crashed", "c1", "LookupError('no class')")]


class Crashing(CallActor):
    where = "run"

    def _crash(self, where: str) -> None:
        if self.where == where:
            raise LookupError(where)

    def run(self) -> None:
        self._crash("run")
        self.answer()
        self.on("calling.call.play", lambda _: self._crash("listener"))
        self.play([{"type": "silence", "params": {"duration": 1}}], control_id="k1", on_completed=self._done)
        self.wait_for_ended()

    def on_answered(self) -> None:
        self._crash("on_answered")

    def _done(self, _: Any) -> None:
        self._crash("done")


@pytest.mark.parametrize("where", ["run", "on_answered", "listener", "done"])
def test_an_observer_is_told_where_code_of_a_call_crashes(started: Started, where: str) -> None:
    exchange, witness = watched(started, type("Broken", (Crashing,), {"where": where}))
    exchange.gets(offer())
    exchange.gets(state("answered"))
    exchange.gets(event("calling.call.play", call_id="c1", control_id="k1", state="finished"))
    assert [told for told in witness.told if told[0] == "crashed"] == [("crashed", "c1", f"LookupError({where!r})")]
    exchange.gets(state("ended", end_reason="hangup"))
    exchange.is_empty()


def test_a_call_whose_end_reaches_its_code_has_not_crashed(started: Started) -> None:
    class Waiting(CallActor):
        def run(self) -> None:
            self.wait_for("calling.call.play")

    exchange, witness = watched(started, Waiting)
    exchange.gets(offer())
    exchange.gets(state("ended", end_reason="hangup"))
    exchange.is_empty()
    assert [told[0] for told in witness.told] == ["began", "over", "changed"]


def test_an_observer_that_fails_is_logged_and_changes_nothing(started: Started, log_lines: list[str]) -> None:
    exchange, _ = watched(started, Answering, Broken())
    exchange.gets(offer(), state("answered"))
    exchange.gets(state("ended", end_reason="hangup"))
    exchange.is_empty()
    assert exchange.stats.calls_ended == {"hangup": 1}
    assert until(lambda: [line for line in log_lines if "an observer of calls failed" in line], limit=LIMIT)


def test_an_observer_that_overrides_nothing_is_no_trouble(started: Started) -> None:
    exchange, _ = watched(started, Answering, CallObserver())
    exchange.gets(offer())
    exchange.gets(state("ended", end_reason="hangup"))
    exchange.is_empty()
    assert exchange.board.methods() == ["calling.answer"]
