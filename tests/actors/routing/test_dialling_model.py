"""A dial and its legs in any order of events: one outcome, and nobody is left on the line."""

from __future__ import annotations

from doubles.examples import examples
from doubles.exchange import Exchange
from doubles.frames import dial_event, leg_event
from doubles.hub import LIMIT, turns, until
from doubles.started import Started
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from relay_actors.call.call import Call
from relay_actors.routing.messages import AbandonDial
from relay_actors.timing import Timing


class DialAsModel(RuleBasedStateMachine):
    """One dial and three legs in any order of events: one outcome, and nobody is left on the line."""

    def __init__(self) -> None:
        super().__init__()
        self.started = Started()
        self.exchange = Exchange(self.started, Call, timing=Timing(call_linger=0.002, request_timeout=LIMIT))
        self.dial = self.exchange.dials("T")
        self.results = 0
        self.dial.add_done_callback(self.count)
        self.up: dict[str, str] = {}
        self.given_up = False
        self.settled = False

    def count(self) -> None:
        self.results += 1

    @rule(leg=st.sampled_from("abc"), state=st.sampled_from(["created", "ringing", "answered", "ended"]))
    def leg(self, leg: str, state: str) -> None:
        order = ["", "created", "ringing", "answered", "ended"]
        if order.index(state) > order.index(self.up.get(leg, "")):
            self.up[leg] = state
        self.exchange.gets(leg_event(state, leg, "T"))

    @rule(winner=st.sampled_from("abc"))
    def answered(self, winner: str) -> None:
        if self.up.get(winner) != "ended":
            if not self.settled:  # a second outcome is to be ignored
                self.up[winner] = "answered"
            self.exchange.gets(dial_event("answered", "T", winner=winner))
            self.settled = True

    @rule()
    def failed(self) -> None:
        self.exchange.gets(dial_event("failed", "T", reason="busy"))
        self.settled = True

    @rule()
    def dialing(self) -> None:
        self.exchange.gets(dial_event("dialing", "T"))

    @precondition(lambda self: not self.given_up)
    @rule()
    def give_up(self) -> None:
        self.given_up = True
        self.exchange.tells(AbandonDial("T", self.dial))

    @rule()
    def time_passes(self) -> None:
        dialling = self.exchange.actor._dialling
        until(lambda: not dialling._settled, "the end of what is left of the dial")

    @invariant()
    def there_is_at_most_one_outcome(self) -> None:
        assert self.results <= 1
        assert len(self.exchange.calls) <= 1

    def teardown(self) -> None:
        try:
            self.ends_with_nobody_on_the_line()
        finally:
            self.started.end()

    def ends_with_nobody_on_the_line(self) -> None:
        if not (self.settled or self.given_up):
            self.failed()
        dialling = self.exchange.actor._dialling
        until(lambda: not dialling._dials, "the end of the dial")
        assert not dialling._legs
        assert not dialling._timer.started
        turns()  # the last hang-ups are on their way to the board
        ended = set(self.exchange.ended())
        held = {call.call_id for call in self.exchange.calls} if not self.given_up else set()
        left = {leg for leg, at in self.up.items() if at == "answered"} - ended - held
        assert not left, f"left on the line: {left}"
        for call in self.exchange.calls:
            if not self.given_up and not call.is_ended:
                assert call.call_id not in ended


DialAsModel.TestCase.settings = settings(max_examples=examples(60), stateful_step_count=12, deadline=None)
TestDialAsModel = DialAsModel.TestCase
