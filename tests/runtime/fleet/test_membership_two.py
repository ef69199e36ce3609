"""Two processes in one fleet: who takes over what of whom, and when nobody does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from doubles.copied import engine_text
from doubles.cut import cut_all
from doubles.hub import until
from engine_server import EngineServer

from relay_runtime.fleet import membership as of_membership
from relay_runtime.fleet.engine import EngineError
from relay_runtime.fleet.mail import Letter
from relay_runtime.fleet.membership import Membership
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.fleet.sealing import Seal
from relay_runtime.fleet.settings import FleetSettings
from relay_runtime.ledger.records import Book, Offered, Opened, SessionKept, encode
from relay_runtime.settings.engine_address import parse_address

SESSION = encode(SessionKept("p1", "blob", ("office",)))
CALL = encode(Offered("c1", "n1", "office"))
LONG = 3600.0


class Process:
    """A membership with a ledger, and what it has brought.

    Attributes:
        away: what the desk was told last.
        text: what stands in its ledger.
        books: what it has taken over, with tokens.
        takes: whether somebody asks it for what it has claimed.
    """

    def __init__(self, url: str, host: str, lease: float, secret: str) -> None:
        self.away: bool | None = None
        self.books: list[tuple[Book, int]] = []
        self.takes = True
        self.looks = 0
        settings = FleetSettings(address=parse_address(url), host=host, lease=lease)
        self.fleet = Membership(settings, "k", "app:Menu", secret, LONG / 2, self, lambda: None)
        self.fleet._presence._period = min(0.05, lease / 5)
        self._keep_up = self.fleet._keep_up
        self.fleet._keep_up = self._looking  # type: ignore[method-assign]
        opened = self.fleet.marked(Opened(1, "k", 4711, 7))
        self.name = opened.ledger
        self.text = encode(opened) + SESSION
        self.copy = self.fleet.begin(opened)
        self.copy.put(lambda: self.text)
        self.fleet.start()

    def _looking(self, *, seldom: bool) -> None:
        self.look()
        self._keep_up(seldom=seldom)
        self.looks += 1

    def answer(self, letter: Letter) -> object:
        return letter.op

    def stay_away(self, away: bool) -> None:
        self.away = away

    def append(self, lines: bytes) -> None:
        self.text += lines
        self.copy.append(lines)

    def look(self) -> list[str]:
        """Take what there is, as the client does it again and again; return the names of all ledgers taken."""
        if self.takes:
            self.books += self.fleet.claims()
        return [book.opened.ledger for book, _ in self.books]

    def is_whole(self, engine: RedisEngine) -> bool:
        return self.copy._live and engine_text(engine, self.name, self.fleet._mirror.seal) == self.text

    def dies(self) -> None:
        """Show nothing more, by no connection: as a process that was killed."""
        self.fleet._keeping.kill()
        self.fleet._told.touched -= LONG

    def comes_back(self) -> None:
        """Show itself again: as a process that was stopped."""
        self.fleet._told.touched += LONG

    def stands_still(self) -> None:
        """Show nothing more, though its connection is open."""
        self.fleet._keeping.kill()
        self.fleet._presence._period = LONG

    def looked(self, times: int = 12) -> None:
        """Wait until it has looked at the others so often."""
        end = self.looks + times
        until(lambda: self.looks >= end, "looks of a process")


Join = Callable[..., Process]


@pytest.fixture
def join(engine_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Join]:
    """Have a process be in a fleet."""
    monkeypatch.setattr(of_membership, "_LOOK", 0.02)
    made: list[Process] = []

    def begin(host: str, *, url: str = engine_url, lease: float = 30.0, secret: str = "token") -> Process:
        made.append(Process(url, host, lease, secret))
        return made[-1]

    yield begin
    for each in made:
        each.fleet.stop()


@pytest.fixture
def pair(join: Join, engine: RedisEngine) -> tuple[Process, Process]:
    """Two of which the engine has everything, and each has seen the other."""
    return both(join, engine)


def both(join: Join, engine: RedisEngine, **settings: Any) -> tuple[Process, Process]:
    first, second = join("alpha", **settings), join("beta", **settings)
    until(lambda: first.is_whole(engine) and second.is_whole(engine))
    until(lambda: engine.is_connected(first.fleet.member.id))
    for each in (first, second):
        each.looked()
    return first, second


def test_what_a_dead_process_has_left_is_taken_over_with_all_that_was_noted(
    pair: tuple[Process, Process], engine: RedisEngine
) -> None:
    first, second = pair
    first.append(CALL)
    until(lambda: first.is_whole(engine))
    first.dies()
    until(lambda: second.look() == [first.name])
    book, token = second.books[0]
    assert list(book.calls) == ["c1"]
    assert book.session is not None
    assert book.session.protocol == "p1"
    assert book.opened.limit == 7
    assert token > first.copy.token
    assert second.fleet.status.claims == 1
    assert not first.copy.taken
    first.comes_back()
    until(lambda: first.copy.taken)
    assert not second.copy.taken


def test_one_that_is_stopped_is_taken_over_by_the_lease(join: Join, engine: RedisEngine) -> None:
    first, second = both(join, engine, lease=0.6)
    line = _seen(engine, first).line
    first.stands_still()
    until(lambda: second.look() == [first.name])
    assert engine.lines([line]) == {line}  # it was not that which was gone


def test_nothing_is_taken_of_a_process_that_lives_though_its_connections_are_cut(
    pair: tuple[Process, Process], engine: RedisEngine
) -> None:
    for _ in range(3):
        cut_all(engine)
        for each in pair:
            each.looked()
            until(lambda: each.is_whole(engine))  # noqa: B023 - it is used up in the loop
            assert each.look() == []
    assert not any(each.copy.taken for each in pair)


@pytest.fixture
def own(server: EngineServer) -> Iterator[RedisEngine]:
    made = RedisEngine(parse_address(server.url), None, 20.0)
    yield made
    made.close()


def test_an_engine_that_was_emptied_has_lost_all_and_nobody_is_displaced(
    join: Join, server: EngineServer, own: RedisEngine
) -> None:
    processes = both(join, own, url=server.url)
    tokens = [each.copy.token for each in processes]
    own.close()
    server.restart()
    until(lambda: _answers(own))
    until(lambda: all(each.is_whole(own) for each in processes))
    for each in processes:
        each.looked()
        assert each.look() == []
        assert not each.copy.taken
    assert [each.copy.token for each in processes] == tokens
    assert len(own.members()) == 2


def _answers(engine: RedisEngine) -> bool:
    with suppress(EngineError):
        engine.members()
        return True
    return False


def test_an_engine_that_stood_still_for_longer_than_the_lease_has_nobody_taken_for_dead(
    join: Join, server: EngineServer, own: RedisEngine
) -> None:
    processes = both(join, own, url=server.url, lease=0.6)
    server.stop()
    until(lambda: not any(each.fleet.status.connected for each in processes))
    assert all("does not answer" in each.fleet.status.problem for each in processes)
    server.go_on()
    until(lambda: all(each.fleet.status.connected for each in processes))
    for each in processes:
        each.looked()
        assert each.look() == []
        assert not each.copy.taken


def test_what_is_left_to_others_is_taken_by_others_alone(pair: tuple[Process, Process]) -> None:
    first, second = pair
    first.copy.close(keep=True)
    until(lambda: second.look() == [first.name])
    assert first.look() == []


def test_another_key_has_other_ledgers(join: Join, engine: RedisEngine) -> None:
    first = join("alpha", secret="one")
    second = join("beta", secret="another")
    until(lambda: first.is_whole(engine) and second.is_whole(engine))
    first.dies()
    until(lambda: not engine.is_connected(first.fleet.member.id))
    second.looked(40)
    assert second.look() == []


def test_a_host_whose_name_another_machine_has_is_out_of_the_fleet_and_nothing_of_it_is_there(
    join: Join, engine: RedisEngine, monkeypatch: pytest.MonkeyPatch, log_lines: list[str]
) -> None:
    first = join("alpha")
    until(lambda: first.is_whole(engine))
    monkeypatch.setattr(of_membership, "machine_id", lambda: "another")
    second = join("alpha")
    until(lambda: "another machine serves under the name 'alpha'" in second.fleet.status.problem)
    first.looked()
    assert not second.fleet.status.connected
    assert {each.ledger for each in engine.look(first.fleet.member.key)} == {first.name}
    assert first.look() == []
    assert any("out of the fleet: another machine" in each for each in log_lines)
    first.fleet.stop()
    until(lambda: second.is_whole(engine))


def test_nothing_is_claimed_by_a_process_that_goes_on_with_nothing(
    pair: tuple[Process, Process], join: Join, engine: RedisEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has not logged in yet, has no folder, or is about to end: the calls would be in nobody's hands."""
    monkeypatch.setattr(of_membership, "_WANTED", 0.1)
    first, second = pair
    third = join("gamma")
    second.takes = third.takes = False
    third.looked()
    first.dies()
    until(lambda: not engine.is_connected(first.fleet.member.id))
    second.looked(40)
    assert {each.owner for each in engine.look(first.fleet.member.key)} >= {first.fleet.member.id}
    third.takes = True
    until(lambda: third.look() == [first.name])


def test_what_was_claimed_and_is_not_gone_on_with_is_given_back(
    pair: tuple[Process, Process], engine: RedisEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair
    first.takes = second.takes = False
    second.fleet._brought.append(
        (_book(first), engine.claim(_seen(engine, first), second.fleet.member.id, dead=True).token)
    )
    monkeypatch.setattr(of_membership, "_WANTED", -1.0)
    until(lambda: _seen(engine, first).owner == "")


def _book(process: Process) -> Book:
    return Book(process.fleet.marked(Opened(1, "k", 1, 7, process.name)))


def _seen(engine: RedisEngine, process: Process) -> Any:
    (seen,) = [each for each in engine.look(process.fleet.member.key) if each.ledger == process.name]
    return seen


@pytest.mark.parametrize(
    ("text", "secret", "why"),
    [
        (b'["ledger",99,"k",1,5]\n', "token", "it is of version 99"),
        (b"nonsense\n", "token", "its first line is none of a ledger"),
        (encode(Opened(1, "k", 1, 5)) + SESSION, "another", "it was sealed with another key"),
    ],
)
def test_what_cannot_be_read_is_left_alone_and_named(
    pair: tuple[Process, Process], engine: RedisEngine, text: bytes, secret: str, why: str, log_lines: list[str]
) -> None:
    first, second = pair
    first.fleet._mirror.seal = Seal(secret)
    first.text = text
    first.copy.renew()
    until(lambda: first.copy._live)
    first.dies()
    until(lambda: any(f"the ledger {first.name} of the fleet is left alone: {why}" in each for each in log_lines))
    second.looked()
    assert second.look() == []
    until(lambda: _seen(engine, first).owner == "")


def test_what_has_never_logged_in_is_forgotten(pair: tuple[Process, Process], engine: RedisEngine) -> None:
    first, second = pair
    first.text = encode(Opened(1, "k", 4711, 7))
    first.copy.renew()
    until(lambda: first.is_whole(engine))
    first.dies()
    until(lambda: first.name not in [each.ledger for each in engine.look(first.fleet.member.key)])
    assert second.look() == []


def test_a_host_that_is_drained_gets_no_calls_until_it_is_not(
    pair: tuple[Process, Process], engine: RedisEngine
) -> None:
    first, second = pair
    engine.drain("alpha", drained=True)
    until(lambda: first.away)
    assert first.fleet.status.away
    second.looked()
    assert second.away is False
    engine.drain("alpha", drained=False)
    until(lambda: first.away is False)


def test_each_reaches_the_other_and_sees_how_many_there_are(pair: tuple[Process, Process]) -> None:
    first, second = pair
    assert bytes(first.fleet.ways()[1].ask(second.fleet.member.id, "report")) == b'"report"'
    until(lambda: second.fleet.status.members == 2)


def test_one_that_leaves_leaves_nothing(pair: tuple[Process, Process], engine: RedisEngine) -> None:
    first, second = pair
    first.copy.close(keep=False)
    first.fleet.stop()
    first.fleet.stop()
    assert [each.id for each, _ in engine.members()] == [second.fleet.member.id]
    assert [each.ledger for each in engine.look(first.fleet.member.key)] == [second.name]
    until(lambda: second.fleet.status.members == 1)


def test_a_fleet_needs_a_secret_and_a_name(engine_url: str) -> None:
    for settings, why in (
        (FleetSettings(address=parse_address(engine_url), host="alpha"), "needs a secret"),
        (FleetSettings(address=parse_address(engine_url), host="a b", secret="s"), "can't be the name of a host"),
    ):
        with pytest.raises(ValueError, match=why):
            Membership(settings, "k", "app", "", None, Process.__new__(Process), lambda: None)
