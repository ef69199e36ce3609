"""Who is dead, by what is seen, and by the clock of the one who looks."""

from __future__ import annotations

import pytest

from relay_runtime.fleet.engine import Seen
from relay_runtime.fleet.judgement import Judgement

LEASE = 10.0
STEP = 0.25


class Watch:
    """Looks at ledgers again and again, by a clock of its own."""

    def __init__(self) -> None:
        self.judgement = Judgement(LEASE)
        self.now = 1000.0

    def looks(self, *seen: Seen, lines: tuple[str, ...] = (), after: float = STEP) -> list[str]:
        self.now += after
        return [each.ledger for each in self.judgement.of(seen, set(lines), self.now)]

    def looks_on(self, *seen: Seen, lines: tuple[str, ...] = (), seconds: float) -> None:
        """Look for so many seconds, and find nobody dead."""
        for _ in range(round(seconds / STEP)):
            assert self.looks(*seen, lines=lines) == []


@pytest.fixture
def watch() -> Watch:
    return Watch()


def seen(beat: int = 5, line: str = "7", owner: str = "a", ledger: str = "l") -> Seen:
    return Seen(ledger, owner, beat, line)


def test_a_member_whose_connection_was_seen_is_dead_when_it_is_gone_for_half_a_second(watch: Watch) -> None:
    watch.looks_on(seen(), lines=("7",), seconds=1)
    watch.looks_on(seen(), seconds=0.5)
    assert watch.looks(seen()) == ["l"]


def test_a_connection_that_comes_back_in_time_was_never_gone(watch: Watch) -> None:
    for _ in range(5):
        watch.looks_on(seen(), lines=("7",), seconds=0.25)
        watch.looks_on(seen(), seconds=0.5)


def test_a_member_that_has_another_connection_lives(watch: Watch) -> None:
    watch.looks_on(seen(), lines=("7",), seconds=1)
    watch.looks_on(seen(), seconds=0.25)
    watch.looks_on(seen(6, "8"), seconds=5)  # and that one has not been seen yet
    watch.looks_on(seen(6, "8"), lines=("8",), seconds=0.25)
    watch.looks_on(seen(6, "8"), seconds=0.5)
    assert watch.looks(seen(6, "8")) == ["l"]


def test_one_that_shows_itself_while_its_connection_is_not_seen_lives(watch: Watch) -> None:
    watch.looks_on(seen(), lines=("7",), seconds=1)
    for beat in range(6, 30):
        watch.looks_on(seen(beat), seconds=0.5)


def test_a_connection_that_was_never_seen_says_nothing_so_that_the_lease_decides(watch: Watch) -> None:
    watch.looks_on(seen(), seconds=LEASE)
    assert watch.looks(seen()) == ["l"]


def test_a_member_that_is_connected_and_shows_nothing_is_dead_by_the_lease(watch: Watch) -> None:
    watch.looks_on(seen(), lines=("7",), seconds=LEASE)
    assert watch.looks(seen(), lines=("7",)) == ["l"]


def test_a_lease_begins_anew_with_each_sign_of_life(watch: Watch) -> None:
    for beat in range(3):
        watch.looks_on(seen(beat), lines=("7",), seconds=LEASE)
    watch.looks_on(seen(9), lines=("7",), seconds=LEASE)
    assert watch.looks(seen(9), lines=("7",)) == ["l"]


def test_what_is_nobodys_is_taken_after_half_a_second(watch: Watch) -> None:
    watch.looks_on(seen(-1, ""), seconds=0.5)
    assert watch.looks(seen(-1, "")) == ["l"]


def test_a_member_that_joins_just_then_lives(watch: Watch) -> None:
    watch.looks_on(seen(-1, ""), seconds=0.5)
    watch.looks_on(seen(0, "9"), lines=("9",), seconds=5)


def test_a_new_owner_has_its_whole_time(watch: Watch) -> None:
    watch.looks_on(seen(), lines=("7",), seconds=1)
    watch.looks_on(seen(), seconds=0.5)
    watch.looks_on(seen(5, "7", owner="b"), seconds=LEASE)
    assert watch.looks(seen(5, "7", owner="b")) == ["l"]


def test_who_has_been_asleep_gives_the_others_their_time_again(watch: Watch) -> None:
    watch.looks_on(seen(), lines=("7",), seconds=LEASE)
    assert watch.looks(seen(), lines=("7",), after=2.1) == []
    watch.looks_on(seen(), lines=("7",), seconds=LEASE - STEP)
    assert watch.looks(seen(), lines=("7",)) == ["l"]


def test_what_was_seen_before_the_engine_was_away_is_forgotten(watch: Watch) -> None:
    watch.looks_on(seen(), lines=("7",), seconds=1)
    watch.looks_on(seen(), seconds=0.5)
    watch.judgement.forget()
    watch.looks_on(seen(), seconds=LEASE)
    assert watch.looks(seen()) == ["l"]


def test_a_ledger_that_was_not_there_in_between_is_looked_at_anew(watch: Watch) -> None:
    watch.looks_on(seen(-1, ""), seconds=0.5)
    assert watch.looks() == []
    watch.looks_on(seen(-1, ""), seconds=0.5)


def test_each_ledger_is_judged_for_itself(watch: Watch) -> None:
    mine, other = seen(), seen(1, "8", "b", "m")
    watch.looks_on(mine, other, lines=("7", "8"), seconds=1)
    watch.looks_on(mine, other, lines=("8",), seconds=0.5)
    assert watch.looks(mine, other, lines=("8",)) == ["l"]
    assert watch.looks(mine, other, lines=("8",)) == ["l"]  # for as long as nobody has it


def test_the_first_look_finds_nobody_dead() -> None:
    for now in (0.0, 0.1, 1e6):
        assert list(Judgement(0.1).of([seen(), seen(-1, "", ledger="m")], set(), now)) == []
