"""What the routing of calls writes down, and a session that another process has taken over."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from doubles.exchange import Exchange
from doubles.frames import offer, state
from doubles.hub import LIMIT, turns, until
from doubles.noted import Noted
from doubles.started import Started
from doubles.waiting import Waiting

from relay_actors.call.call import CallActor
from relay_actors.errors import SessionLost
from relay_actors.session.messages import SessionExpired, SessionStarted


@pytest.fixture
def noted() -> Noted:
    return Noted()


@pytest.fixture
def exchange(started: Started, noted: Noted) -> Exchange:
    return Exchange(started, Waiting, ledger=noted, limit=3)


# Offers that come again


def test_an_offer_that_is_made_again_when_its_call_is_over_is_forgotten_again(exchange: Exchange, noted: Noted) -> None:
    """It was noted as any other as it came."""
    first: Any = offer("c1")
    exchange.gets(first, state("ended", "c1"))
    exchange.is_empty()
    noted.notes.clear()
    exchange.gets(first, identity="again")  # in a frame of another id, as within a connection
    assert noted.of("c1") == [("forget",)]
    noted.notes.clear()
    exchange.tells(SessionStarted(restored=True))
    exchange.gets(first)  # and as after a gap
    assert noted.of("c1") == [("forget",)]


def test_one_whose_call_is_up_stays(exchange: Exchange, noted: Noted) -> None:
    first = offer("c1")
    exchange.gets(first)
    exchange.tells(SessionStarted(restored=True))
    exchange.gets(first)
    assert noted.of("c1") == []


def test_a_new_offer_beside_one_that_comes_again_stays(exchange: Exchange, noted: Noted) -> None:
    first = offer("c1")
    exchange.gets(first, state("ended", "c1"))
    exchange.is_empty()
    exchange.tells(SessionStarted(restored=True))
    noted.notes.clear()
    exchange.gets(first, offer("c2"))
    assert noted.of("c1") == [("forget",)]
    assert noted.of("c2") == []
    assert list(exchange.roster.calls) == ["c2"]


def test_one_whose_call_is_to_be_hung_up_still_stays(exchange: Exchange, noted: Noted) -> None:
    first: Any = offer("c1")
    exchange.board.withheld = {"calling.end"}
    exchange.gets(first)
    exchange.actor._hangups.end("c1", "n1", "error")
    exchange.calls[0]._relay.ref.kill()
    until(lambda: not exchange.roster.calls, "the end of the actor")
    exchange.tells(SessionStarted(restored=True))
    exchange.gets(first)
    exchange.gets(offer("c1"))
    assert noted.of("c1") == [("unserved", "n1")]
    exchange.board.release()


# Offers that are refused


@pytest.mark.parametrize("policy", ["drop", "pass", "busy"])
def test_what_is_refused_is_forgotten_and_what_is_refused_as_busy_when_that_is_taken(
    started: Started, noted: Noted, policy: str
) -> None:
    exchange = Exchange(started, Waiting, ledger=noted, limit=1, policy=policy)
    exchange.board.withheld = {"calling.end"}
    exchange.gets(offer("c1"), offer("c2"))
    told = [("forget",)] if policy != "busy" else [("forget",), ("unserved", "n1")]
    assert noted.of("c2") == told
    exchange.board.release()
    turns()
    assert noted.of("c2")[-1] == ("forget",)
    assert noted.of("c1") == []


# A session that was taken over


class Patient(CallActor):
    """Keeps what ended its wait."""

    felt: ClassVar[list[BaseException]] = []

    def run(self) -> None:
        self.answer()
        try:
            self.wait_for_ended()
        except BaseException as error:
            self.felt.append(error)
            raise


def test_calls_of_a_session_that_another_process_has_are_lost_without_a_word_to_the_server(
    started: Started, noted: Noted
) -> None:
    Patient.felt = []
    exchange = Exchange(started, Patient, ledger=noted)
    exchange.gets(offer("c1"), offer("c2"))
    exchange.gets(state("answered", "c1"))
    dial = exchange.dials("T")
    exchange.board.withheld = {"calling.end"}
    exchange.actor._hangups.end("c3", "n1", "error")
    turns()
    sent = list(exchange.board.sent)
    noted.notes.clear()
    exchange.tells(SessionExpired(displaced=True))
    exchange.is_empty()
    assert [type(error) for error in Patient.felt] == [SessionLost] * 2
    with pytest.raises(SessionLost):
        dial.get(timeout=LIMIT)
    assert exchange.board.sent == sent
    assert not exchange.roster.unserved
    assert not exchange.roster.abandoned
    assert [note for note in noted.notes if note[0] == "unserved"] == []
    exchange.tells(SessionStarted(restored=False))  # the next one is as any
    exchange.gets(offer("c9"))
    assert [call.call_id for call in exchange.calls][-1] == "c9"
    assert len(exchange.board.sent) == len(sent) + 1


def test_calls_of_a_session_that_is_only_offline_for_too_long_are_to_be_hung_up_by_whoever_has_it_next(
    exchange: Exchange, noted: Noted
) -> None:
    exchange.gets(offer("c1"))
    exchange.tells(SessionExpired())
    exchange.is_empty()
    assert noted.of("c1") == [("unserved", "n1")]
    exchange.tells(SessionStarted(restored=True))
    assert exchange.ended() == ["c1"]
    until(lambda: noted.of("c1")[-1] == ("forget",), "the reply")
