"""Calls of a process that has died: each gets code, is let alone, is passed on, or is ended."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from doubles.exchange import Exchange
from doubles.frames import dial_event, event, leg_event, offer, state
from doubles.hub import turns, until
from doubles.noted import Noted
from doubles.started import Started

from relay_actors.call.call import CallActor
from relay_actors.call.crash_policy import HANGUP, Say, Transfer
from relay_actors.call.observer import CallObserver
from relay_actors.errors import ConnectionLost, NotConnected, RelayError, RequestTimeout, SessionLost
from relay_actors.routing.inheritance import Inheritance, Orphan
from relay_actors.routing.messages import Adopt
from relay_actors.session.messages import SessionExpired, SessionStarted
from relay_actors.session.state import Session


class Heir(CallActor):
    """Goes on with what another process has begun; ``lives`` are all of them."""

    lives: ClassVar[list[Heir]] = []

    def run(self) -> None:
        raise AssertionError("it is no new call")

    def on_adopted(self) -> None:
        self.lives.append(self)
        self.play_tts(f"You were at {self.memo}.")
        self.wait_for_ended()


class Estate(Exchange):
    """An exchange that inherits."""

    def __init__(self, started: Started, **more: Any) -> None:
        self.noted = Noted()
        super().__init__(started, Heir, ledger=self.noted, **more)
        self._adopts = started

    def inherits(self, *orphans: Orphan, resumed: bool = True, **more: Any) -> None:
        self.tells(Adopt(Inheritance(session=Session(protocol="p1"), limit=10, orphans=orphans, **more)))
        self.tells(SessionStarted(restored=resumed))

    def commands(self) -> list[str]:
        """What was sent, without the question what the server has sent meanwhile."""
        return [method for method in self.board.methods() if method != "signalwire.ping"]


def orphan(call_id: str = "c1", **more: Any) -> Orphan:
    return Orphan(
        **{"call_id": call_id, "node_id": "n1", "context": "office", "answered": True, "factory": Heir, **more}
    )


class Numbered(Heir):
    """Wants what is not known of another process's call."""

    def __init__(self, setup: Any) -> None:
        super().__init__(setup)
        self.last_digits = self.from_number[-4:]


@pytest.fixture
def estate(started: Started) -> Estate:
    Heir.lives = []
    return Estate(started)


def ends(estate: Estate, *call_ids: str) -> None:
    estate.gets(*(state("ended", call_id) for call_id in call_ids))
    estate.is_empty()


# Whose class can't be made


def test_a_call_whose_class_cannot_be_made_is_let_alone_while_it_is_with_somebody(
    estate: Estate, log_lines: list[str]
) -> None:
    estate.inherits(
        orphan("c1", factory=Numbered, engaged=("a bridge",), policy=Say("Sorry.")),
        orphan("c2", factory=Numbered, policy=Transfer("context:other")),
    )
    assert estate.board.wait_for("calling.transfer")["call_id"] == "c2"
    turns()
    assert estate.commands() == ["calling.transfer"]
    assert estate.stats.calls_crashed == 2
    assert len([line for line in log_lines if "no actor of its class could be made" in line]) == 2
    estate.gets(event("calling.call.connect", call_id="c1", node_id="n1", connect_state="disconnected"))
    assert estate.board.wait_for("calling.play")["call_id"] == "c1"
    ends(estate, "c1", "c2")


def test_an_observer_is_told_that_its_class_can_not_be_made(started: Started) -> None:
    told: list[Any] = []

    class Witness(CallObserver):
        def call_crashed(self, call: Any, error: BaseException) -> None:
            told.append((call.call_id, type(error).__name__))

    Heir.lives = []
    estate = Estate(started, observer=Witness())
    estate.inherits(orphan("c1", factory=Numbered, policy=Transfer("context:other")))
    estate.board.wait_for("calling.transfer")
    assert told == [("c1", "TypeError")]
    ends(estate, "c1")


# Who goes on


def test_a_class_that_can_goes_on_with_what_was_noted_and_knows_no_number(estate: Estate) -> None:
    estate.inherits(orphan(memo=b'"the menu"'))
    (call,) = Heir.lives
    assert estate.board.wait_for("calling.play")["play"][0]["params"]["text"] == "You were at the menu."
    assert (call.call_id, call.node_id, call.context) == ("c1", "n1", "office")
    assert (call.direction, call.state, call.memo) == ("inbound", "answered", "the menu")
    assert (call.from_number, call.to_number, call.device) == (None, None, None)
    assert estate.stats.calls_adopted == 1
    ends(estate, "c1")


def test_nothing_is_done_before_it_is_known_what_the_server_has_sent_meanwhile(estate: Estate) -> None:
    estate.board.withheld = {"signalwire.ping"}
    estate.inherits(orphan("c1"), orphan("c2"))
    estate.gets(state("ended", "c1"))
    assert Heir.lives == []
    estate.board.release()
    until(lambda: Heir.lives, "the code")
    assert [call.call_id for call in Heir.lives] == ["c2"]
    assert estate.board.methods().count("signalwire.ping") == 1
    ends(estate, "c2")


@pytest.mark.parametrize("loss", [ConnectionLost(), RequestTimeout("late", sent=True), NotConnected("not now")])
def test_what_asks_in_vain_asks_again_by_the_next_connection(estate: Estate, loss: RelayError) -> None:
    estate.board.withheld = {"signalwire.ping"}
    estate.inherits(orphan())
    estate.link.connection = None
    estate.board.answers["signalwire.ping"] = loss
    estate.board.release()
    turns()
    assert Heir.lives == []
    estate.board.answers.clear()
    estate.link.connection = estate.board.ref
    estate.tells(SessionStarted(restored=True))
    until(lambda: Heir.lives, "the code")
    ends(estate, "c1")


def test_a_server_that_refuses_to_say_has_said_so_behind_the_rest(estate: Estate) -> None:
    estate.board.answers["signalwire.ping"] = RelayError(500, "what is that?")
    estate.inherits(orphan())
    until(lambda: Heir.lives, "the code")
    ends(estate, "c1")


def test_one_that_was_not_answered_and_one_that_was_dialled_are_what_they_were(estate: Estate) -> None:
    estate.inherits(orphan("c1", answered=False), orphan("c2", dialled=True, tag="t2"))
    (second,) = Heir.lives
    assert (second.direction, second.state, second.tag) == ("outbound", "answered", "t2")
    assert estate.board.params("calling.pass") == [{"node_id": "n1", "call_id": "c1"}]
    assert estate.admission.slots.taken == 0
    ends(estate, "c2")


@pytest.mark.parametrize(
    ("policy", "method"),
    [(HANGUP, "calling.end"), (Say("Sorry."), "calling.play"), (Transfer("context:x"), "calling.transfer")],
)
def test_without_such_a_class_the_policy_decides(estate: Estate, policy: Any, method: str) -> None:
    estate.inherits(orphan(factory=None, policy=policy))
    estate.board.wait_for(method)
    ends(estate, "c1")


@pytest.mark.parametrize("factory", [Heir, None])
def test_who_has_company_is_let_alone_until_he_is_free(estate: Estate, factory: Any) -> None:
    estate.inherits(orphan(engaged=("a bridge",), factory=factory))
    turns()
    assert estate.commands() == []
    estate.gets(event("calling.call.connect", call_id="c1", node_id="n1", connect_state="disconnected"))
    until(estate.commands, "code or policy")
    assert estate.commands() == ["calling.play" if factory else "calling.end"]
    ends(estate, "c1")


def test_who_has_company_to_the_end_hears_nothing(estate: Estate) -> None:
    estate.inherits(orphan(engaged=("a queue",)))
    ends(estate, "c1")
    assert estate.commands() == []
    assert Heir.lives == []


def test_adopted_calls_may_be_more_than_the_cap(started: Started) -> None:
    """Of the dead process they were as many as it was allowed; the last of them may have been one of an overlap."""
    Heir.lives = []
    estate = Estate(started, limit=2)
    estate.inherits(*(orphan(f"c{number}") for number in range(4)))
    assert len(Heir.lives) == 4
    assert estate.admission.slots.taken == 4
    ends(estate, *(f"c{number}" for number in range(4)))


class Unmade(CallActor):
    """Can't be made."""

    def __init__(self, setup: Any) -> None:
        super().__init__(setup)
        raise ZeroDivisionError

    def on_adopted(self) -> None: ...


def test_a_class_that_fails_costs_its_own_call_alone(estate: Estate) -> None:
    estate.inherits(orphan("c1", factory=Unmade), orphan("c2"))
    assert [call.call_id for call in Heir.lives] == ["c2"]
    until(lambda: estate.ended() == ["c1"], "the hang-up")
    ends(estate, "c1", "c2")


# What stays written


@pytest.mark.parametrize("dialled", [True, False])
@pytest.mark.parametrize("factory", [Heir, None])
def test_its_class_and_policy_stay_written_for_the_next_heir(estate: Estate, factory: Any, dialled: bool) -> None:
    """They may be none of this process's, which is killed too."""
    estate.inherits(orphan(factory=factory, dialled=dialled, policy=Say("Sorry.")))
    estate.board.wait_for("calling.play")
    assert [name for name, *_ in estate.noted.of("c1") if name == "served"] == []
    ends(estate, "c1")


def test_what_becomes_of_it_is_written_as_of_any_call(estate: Estate) -> None:
    estate.inherits(orphan())
    Heir.lives[0].memo = 2
    assert ("memo", b"2") in estate.noted.of("c1")
    ends(estate, "c1")


# Offers, legs and what nobody knows


def test_an_offer_that_nobody_had_touched_is_passed_on(estate: Estate) -> None:
    estate.inherits(offers={"c1": "n7"})
    assert estate.board.sent == [("calling.pass", {"node_id": "n7", "call_id": "c1"})]
    assert estate.noted.of("c1") == [("unserved", "n7"), ("forget",)]
    estate.gets(offer("c1"))  # it was not acknowledged, and comes again
    assert len(estate.board.sent) == 1
    assert estate.stats.events_duplicate == 1


def test_it_stays_written_until_it_is_passed_on_although_it_comes_again(estate: Estate) -> None:
    estate.board.withheld = {"calling.pass"}
    estate.inherits(offers={"c1": "n7"})
    estate.gets(offer("c1"))
    assert estate.noted.of("c1") == [("unserved", "n7")]
    estate.board.release()
    until(lambda: estate.noted.of("c1")[-1] == ("forget",), "the reply")


def test_what_was_to_be_ended_is_ended(estate: Estate) -> None:
    estate.inherits(unserved={"c1": "n7", "c2": "n1"})
    assert estate.ended() == ["c1", "c2"]
    assert estate.noted.of("c1") == [("unserved", "n7"), ("forget",)]


def test_nothing_is_done_before_the_session_is_resumed(estate: Estate) -> None:
    estate.tells(
        Adopt(Inheritance(session=Session(protocol="p1"), limit=10, orphans=(orphan(),), unserved={"c2": "n1"}))
    )
    assert estate.board.sent == []
    assert Heir.lives == []
    assert estate.roster.live
    estate.tells(SessionStarted(restored=True))
    estate.tells(SessionStarted(restored=True))  # a second time there is nothing to do
    assert estate.ended() == ["c2"]
    assert len(Heir.lives) == 1
    ends(estate, "c1")


def test_new_offers_are_passed_on(estate: Estate) -> None:
    estate.inherits(orphan())
    estate.gets(offer("c9"))
    assert ("calling.pass", {"node_id": "n1", "call_id": "c9"}) in estate.board.sent
    ends(estate, "c1")


def test_a_leg_of_a_dial_that_was_under_way_is_ended_whenever_it_shows_up(estate: Estate) -> None:
    estate.inherits(tags=("t1",))
    estate.gets(leg_event("created", "c1", "t1"))
    estate.gets(dial_event("answered", "t1", winner="c2"))
    assert sorted(estate.ended()) == ["c1", "c2"]


def test_the_call_that_was_made_by_it_is_not_although_its_answer_is_told_again(estate: Estate) -> None:
    """The process died before it could acknowledge that."""
    estate.inherits(orphan("c1", dialled=True), tags=("t1",))
    estate.gets(dial_event("answered", "t1", winner="c1"))
    assert estate.ended() == []
    assert len(Heir.lives) == 1
    ends(estate, "c1")


@pytest.mark.parametrize(
    "told", [state("answered", "c9"), state("ringing", "c9"), event("calling.call.play", call_id="c9", node_id="n1")]
)
def test_a_call_of_the_session_that_was_never_written_down_is_ended_once(estate: Estate, told: Any) -> None:
    estate.inherits(orphan())
    estate.gets(told)
    estate.gets(state("answered", "c9"))
    assert estate.ended() == ["c9"]
    ends(estate, "c1")


@pytest.mark.parametrize(
    "told",
    [
        state("ended", "c9"),
        state("ending", "c9"),
        state("answered", "c9", parent={"call_id": "c0"}),
        event("calling.conference", call_id="c9", status="participant-join"),
        event("calling.call.state"),
    ],
    ids=range(5),
)
def test_what_is_over_or_somebody_elses_is_not(estate: Estate, told: Any) -> None:
    estate.inherits(orphan())
    estate.gets(told)
    assert estate.ended() == []
    ends(estate, "c1")


def test_what_may_be_the_other_side_of_a_bridge_is_not_either(estate: Estate) -> None:
    estate.inherits(orphan(engaged=("a bridge",)))
    estate.gets(state("answered", "c9"))
    assert estate.ended() == []
    ends(estate, "c1")


def test_a_process_that_has_inherited_nothing_ends_nothing_that_it_does_not_know(started: Started) -> None:
    exchange = Exchange(started, Heir)
    exchange.gets(state("answered", "c9"))
    assert exchange.ended() == []


# A session that is gone


def test_calls_of_a_session_that_is_gone_are_lost_and_said_so(estate: Estate, log_lines: list[str]) -> None:
    estate.inherits(orphan("c1"), orphan("c2"), offers={"c3": "n1"}, resumed=False)
    assert estate.board.sent == []
    assert Heir.lives == []
    assert not estate.roster.live
    assert [line for line in log_lines if "could not be resumed, and its calls are lost: 3" in line]


def test_an_estate_that_is_displaced_too_sends_nothing_any_more(estate: Estate) -> None:
    estate.board.answers["calling.pass"] = RelayError(500, "not now")
    estate.inherits(orphan(), offers={"c2": "n1"})
    estate.board.wait_for("calling.end")
    sent = len(estate.board.sent)
    estate.tells(SessionExpired(displaced=True))
    (call,) = Heir.lives
    until(lambda: call.is_ended, "the end")
    assert isinstance(call._relay.facts.over, SessionLost)
    estate.is_empty()
    assert len(estate.board.sent) == sent
    assert not estate.roster.unserved


def test_what_is_not_known_of_an_orphan_is_the_least_that_it_can_be() -> None:
    least = Orphan(call_id="c1", node_id="n1")
    assert (least.dialled, least.answered, least.engaged, least.memo) == (False, False, (), b"")
    assert (least.context, least.tag, least.factory, least.policy) == ("", "", None, HANGUP)


def test_what_it_is_of_shows_no_memo() -> None:
    assert "secret" not in repr(Adopt(Inheritance(session=Session(), limit=1, orphans=(orphan(memo=b'"secret"'),))))


def test_the_other_leg_of_a_bridge_is_not_ended_whatever_is_told_of_it(estate: Estate) -> None:
    estate.inherits(orphan("c1", engaged=("a bridge",)))
    estate.gets(event("calling.call.connect", call_id="c2", node_id="n1", connect_state="connected"))
    estate.gets(event("calling.call.play", call_id="c3", node_id="n1", state="finished"))
    turns()
    assert estate.commands() == []
    ends(estate, "c1")
    estate.gets(event("calling.call.play", call_id="c4", node_id="n1", state="playing"))
    assert estate.board.wait_for("calling.end")["call_id"] == "c4"
