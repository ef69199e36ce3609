"""What every operation of the engine promises."""

from __future__ import annotations

import gevent
import pytest
from doubles.hub import until
from doubles.members import member
from runtime.fleet.conftest import Place

from relay_runtime.fleet.engine import (
    Claimed,
    Engine,
    EngineRefused,
    Fenced,
    Held,
    HostTaken,
    Lost,
    NotThere,
    Seen,
    Standing,
)

SERVED = b'["ledger",1,"k",1,5]\n["serve","c1","n",0,false]\n["serve","c2","n",0,false]\n'


@pytest.fixture
def engine(place: Place) -> Engine:
    return place.open()


@pytest.fixture
def joined(engine: Engine) -> Engine:
    engine.join(member("a"), "1")
    engine.join(member("b", host="beta", machine="m2"), "2")
    return engine


def test_a_ledger_is_kept_and_its_token_is_the_same_when_it_is_put_again(joined: Engine) -> None:
    token = joined.put("l", 0, "a", "k", SERVED)
    assert token > 0
    assert joined.put("l", 0, "a", "k", SERVED) == token  # the reply to the first was lost
    assert joined.put("l", token, "a", "k", SERVED) == token
    assert joined.renew("a", ["l", "none"]) == {"l": Standing(token, len(SERVED)), "none": Standing(0, 0)}


def test_lines_are_appended_once_however_often_they_are_sent(joined: Engine) -> None:
    token = joined.put("l", 0, "a", "k", b"one\n")
    for _ in range(3):
        joined.append("l", token, 4, b"two\n")
    joined.append("l", token, 8, b"three\n")
    claimed = joined.claim(joined.look("k")[0], "b", dead=True)
    assert claimed.text == b"one\ntwo\nthree\n"


@pytest.mark.parametrize("at", [5, 3])
def test_what_does_not_fit_is_lost(joined: Engine, at: int) -> None:
    token = joined.put("l", 0, "a", "k", b"one\n")
    with pytest.raises(Lost):
        joined.append("l", token, at, b"two\n")
    with pytest.raises(Lost):
        joined.append("other", token, 0, b"two\n")


def test_of_two_who_claim_one_wins(joined: Engine) -> None:
    joined.join(member("c", host="gamma", machine="m3"), "3")
    joined.put("l", 0, "a", "k", SERVED)
    seen = joined.look("k")[0]
    claimed = joined.claim(seen, "b", dead=False)
    assert claimed.text == SERVED
    with pytest.raises(NotThere):
        joined.claim(seen, "c", dead=False)
    with pytest.raises(NotThere):
        joined.claim(seen, "c", dead=True)
    assert joined.claim(seen, "b", dead=False) == claimed  # the reply to the first was lost


def test_there_is_no_claim_while_the_owner_shows_itself(joined: Engine) -> None:
    joined.put("l", 0, "a", "k", SERVED)
    seen = joined.look("k")[0]
    assert (seen.owner, seen.line) == ("a", "1")
    joined.renew("a", ["l"])
    with pytest.raises(Held):
        joined.claim(seen, "b", dead=False)
    assert joined.claim(joined.look("k")[0], "b", dead=False).text == SERVED


def test_a_ledger_that_begins_empty_is_appended_to(joined: Engine) -> None:
    token = joined.put("l", 0, "a", "k", b"")
    for _ in range(2):
        joined.append("l", token, 0, b"")
        joined.append("l", token, 0, b"one\n")
    assert joined.claim(joined.look("k")[0], "b", dead=True).text == b"one\n"


def test_what_is_claimed_is_the_new_owners_to_be_claimed_again(joined: Engine) -> None:
    joined.put("l", 0, "a", "k", SERVED)
    first = joined.claim(joined.look("k")[0], "b", dead=True)
    assert joined.look("k") == [Seen("l", "b", 0, "2")]
    joined.append("l", first.token, len(SERVED), b"more\n")
    second = joined.claim(joined.look("k")[0], "a", dead=True)
    assert second.token > first.token
    assert second.text == SERVED + b"more\n"


def test_only_the_ledgers_of_a_key_are_seen(joined: Engine) -> None:
    joined.put("l", 0, "a", "k", SERVED)
    joined.put("m", 0, "a", "other", SERVED)
    assert [each.ledger for each in joined.look("k")] == ["l"]


def test_a_ledger_is_dropped_with_its_calls_and_may_be_dropped_again(joined: Engine) -> None:
    token = joined.put("l", 0, "a", "k", SERVED)
    for _ in range(2):
        joined.drop("l", token)
    assert joined.look("k") == []
    assert joined.find("c") == {}
    assert joined.renew("a", ["l"]) == {"l": Standing(token, 0)}


def test_a_former_owner_learns_that_he_was_displaced_though_the_ledger_is_dropped_since(joined: Engine) -> None:
    """As one that was stopped while another has served its calls to their end."""
    former = joined.put("l", 0, "a", "k", SERVED)
    seen = joined.look("k")[0]
    token = joined.claim(seen, "b", dead=True).token
    joined.drop("l", token)
    assert joined.standing(["l"])["l"].token == token > former
    for write in (lambda: joined.put("l", former, "a", "k", SERVED), lambda: joined.append("l", former, 0, b"x\n")):
        with pytest.raises(Fenced):
            write()
    with pytest.raises(NotThere):  # nothing is left to be gone on with, which the folder of its host does not know
        joined.claim(seen, "a", dead=True)
    assert joined.look("k") == []


def test_a_call_is_found_by_its_id_or_how_that_begins_for_as_long_as_it_is_served(joined: Engine) -> None:
    token = joined.put("l", 0, "a", "k", SERVED)
    joined.put("m", 0, "b", "k", b'["serve","c22","n",0,true]\n')
    assert joined.find("c1") == {"c1": "a"}
    assert joined.find("c2") == {"c2": "a"}  # the one whose id it is
    assert joined.find("c") == {"c1": "a", "c2": "a", "c22": "b"}
    joined.append("l", token, len(SERVED), b'["over","c1"]\n["memo","c2","x"]\n')
    assert joined.find("c1") == {}
    joined.claim(joined.look("k")[0], "b", dead=True)
    assert set(joined.find("c").values()) <= {"a", "b"}


def test_a_text_that_is_put_anew_has_the_calls_that_it_has(joined: Engine) -> None:
    token = joined.put("l", 0, "a", "k", SERVED)
    joined.put("l", token, "a", "k", b'["serve","c3","n",0,false]\n')
    assert joined.find("c") == {"c3": "a"}


@pytest.mark.slow
def test_mail_comes_in_order_once_however_often_it_is_sent(joined: Engine) -> None:
    for number in (b"1", b"2", b"2", b"3"):
        joined.post("a", f"mail-{number.decode()}", number)
    joined.post("b", "other", b"not for a")
    assert [joined.take("a", 0.1) for _ in range(4)] == [b"1", b"2", b"3", None]


@pytest.mark.slow
def test_nobody_posts_to_who_is_not_there_nor_more_than_can_be_read(joined: Engine) -> None:
    with pytest.raises(NotThere):
        joined.post("nobody", "m", b"")
    for number in range(1_000):
        joined.post("a", str(number), b"x")
    for _ in range(2):
        with pytest.raises(EngineRefused, match="1000 questions wait"):
            joined.post("a", "one more", b"x")


def test_members_join_show_themselves_and_leave(joined: Engine) -> None:
    joined.join(member("a"), "7")  # again, on another connection
    joined.renew("a", [])
    joined.put("l", 0, "a", "k", b"")
    assert [(each.id, each.host, beat) for each, beat in joined.members()] == [("a", "alpha", 1), ("b", "beta", 0)]
    assert joined.look("k") == [Seen("l", "a", 1, "7")]
    joined.leave("a", beat=0)  # it has shown itself since
    assert len(joined.members()) == 2
    for _ in range(2):
        joined.leave("a", beat=1)
    assert [each.id for each, _ in joined.members()] == ["b"]
    assert joined.look("k") == [Seen("l", "a", -1, "")]
    with pytest.raises(Lost):
        joined.renew("a", ["l"])


def test_hosts_are_drained_and_are_not(engine: Engine) -> None:
    for _ in range(2):
        engine.drain("alpha", drained=True)
    engine.drain("beta", drained=True)
    engine.drain("beta", drained=False)
    assert engine.drained() == {"alpha"}


def test_a_stale_token_is_refused_on_every_write(joined: Engine) -> None:
    token = joined.put("l", 0, "a", "k", SERVED)
    claimed = joined.claim(joined.look("k")[0], "b", dead=True)
    assert claimed.token > token
    before = joined.look("k"), joined.find("c")
    for write in (
        lambda: joined.put("l", token, "a", "k", b""),
        lambda: joined.put("l", 0, "a", "k", b""),
        lambda: joined.append("l", token, len(SERVED), b"x\n"),
        lambda: joined.append("l", token, 0, SERVED),
        lambda: joined.drop("l", token),
        lambda: joined.release("l", token),
    ):
        with pytest.raises(Fenced):
            write()
    assert joined.renew("b", ["l"]) == {"l": Standing(claimed.token, len(SERVED))}
    assert (joined.look("k"), joined.find("c")) == ([Seen("l", "b", 1, "2")], before[1])


def test_of_many_who_claim_at_the_same_time_one_wins(place: Place, joined: Engine) -> None:
    for number in range(10):
        joined.put(f"l{number}", 0, "a", "k", SERVED)
    seen = sorted(joined.look("k"), key=str)
    won: list[str] = []

    def claim_all(name: str) -> None:
        engine = place.open()
        for each in seen:
            try:
                claimed = engine.claim(each, name, dead=False)
            except NotThere:
                continue
            assert claimed.text == SERVED
            won.append(each.ledger)

    gevent.joinall([gevent.spawn(claim_all, name) for name in "wxyz"], raise_error=True)
    assert sorted(won) == [each.ledger for each in seen]


def test_a_ledger_that_is_released_is_for_the_first_who_claims_it(joined: Engine) -> None:
    token = joined.put("l", 0, "a", "k", SERVED)
    for _ in range(2):
        joined.release("l", token)
    seen = joined.look("k")
    assert seen == [Seen("l", "", -1, "")]
    claimed = joined.claim(seen[0], "b", dead=False)
    assert claimed.text == SERVED
    assert claimed.token > token
    with pytest.raises(NotThere):
        joined.claim(seen[0], "c", dead=False)
    assert joined.claim(seen[0], "b", dead=False) == claimed


def test_what_the_engine_does_not_know_is_nobodys_to_claim(joined: Engine) -> None:
    with pytest.raises(Lost):
        joined.claim(Seen("l", "a", 0, "1"), "b", dead=True)
    joined.drop("l", 1)
    joined.release("l", 1)
    assert joined.look("k") == []


def test_lines_that_come_again_long_after_change_nothing(joined: Engine) -> None:
    token = joined.put("l", 0, "a", "k", b"one\n")
    joined.append("l", token, 4, b'["serve","c1","n",0,false]\n')
    joined.append("l", token, 31, b'["over","c1"]\n')
    joined.append("l", token, 4, b'["serve","c1","n",0,false]\n')
    assert joined.find("c1") == {}
    text = b'one\n["serve","c1","n",0,false]\n["over","c1"]\n'
    assert joined.claim(joined.look("k")[0], "b", dead=True).text == text


def _state(engine: Engine) -> object:
    """All that an engine tells, without the beats of who asks."""
    standing = engine.renew("watcher", ["l", "m"])
    members = [(each, beat) for each, beat in engine.members() if each.id != "watcher"]
    return standing, members, sorted(engine.look("k"), key=str), engine.find("c"), engine.drained()


OPERATIONS = {
    "join": lambda engine, _: engine.join(member("c", host="gamma"), "9"),
    "leave": lambda engine, _: engine.leave("b"),
    "leave, if it is silent": lambda engine, _: engine.leave("b", beat=0),
    "put": lambda engine, _: engine.put("m", 0, "a", "k", SERVED),
    "put anew": lambda engine, token: engine.put("l", token, "a", "k", b'["serve","c3","n",0,false]\n'),
    "append": lambda engine, token: engine.append("l", token, len(SERVED), b'["over","c1"]\n'),
    "drop": lambda engine, token: engine.drop("l", token),
    "release": lambda engine, token: engine.release("l", token),
    "claim": lambda engine, _: engine.claim(Seen("l", "a", 0, "1"), "b", dead=False),
    "claim of a dead one's": lambda engine, _: engine.claim(Seen("l", "a", -1, ""), "b", dead=True),
    "post": lambda engine, _: engine.post("a", "mail", b"x"),
    "drain": lambda engine, _: engine.drain("alpha", drained=True),
    "undrain": lambda engine, _: engine.drain("beta", drained=False),
}


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.slow
def test_what_is_repeated_since_no_answer_came_changes_nothing_more(place: Place, joined: Engine, name: str) -> None:
    joined.join(member("watcher", host="watch"), "3")
    joined.drain("beta", drained=True)
    token = joined.put("l", 0, "a", "k", SERVED)
    before = _state(joined)
    answer = OPERATIONS[name](joined, token)
    after = _state(joined)
    assert (after != before) is (name != "post")  # mail is seen by its reader alone
    assert OPERATIONS[name](place.open(), token) == answer  # on a new connection
    assert _state(joined) == after
    assert [joined.take("a", 0.01), joined.take("a", 0.01)] == [b"x" if name == "post" else None, None]


def test_a_sign_of_life_that_is_repeated_is_one_more(joined: Engine) -> None:
    for _ in range(2):
        joined.renew("a", [])
    assert [beat for each, beat in joined.members() if each.id == "a"] == [2]


def test_only_some_of_many_calls_are_found(joined: Engine) -> None:
    joined.put("l", 0, "a", "k", b"".join(b'["serve","d%d","n",0,false]\n' % number for number in range(20)))
    assert len(joined.find("d")) == 5
    assert joined.find("d19") == {"d19": "a"}
    assert joined.find("e") == {}


def test_a_call_that_two_ledgers_have_is_the_later_ones(joined: Engine) -> None:
    first = joined.put("l", 0, "a", "k", SERVED)
    joined.put("m", 0, "b", "k", SERVED)
    joined.append("l", first, len(SERVED), b'["over","c1"]\n')
    joined.drop("l", first)
    assert joined.find("c") == {"c1": "b", "c2": "b"}


def test_mail_is_taken_when_it_comes(place: Place, joined: Engine) -> None:
    reader = gevent.spawn(place.open().take, "a", 20.0)
    gevent.sleep(0.01)
    assert not reader.dead
    joined.post("a", "m", b"\x00\xff")
    assert reader.get(timeout=20) == b"\x00\xff"


def test_mail_to_who_has_asked_needs_no_member(joined: Engine) -> None:
    joined.post("visitor", "m", b"", of_member=False)
    assert joined.take("visitor", 0.1) == b""
    assert joined.take("visitor", 0.01) is None


@pytest.mark.slow
def test_mail_of_a_member_that_leaves_is_gone(joined: Engine) -> None:
    joined.post("a", "m", b"x")
    joined.leave("a")
    joined.join(member("a"), "1")
    assert joined.take("a", 0.01) is None
    joined.post("a", "n", b"y")
    assert joined.take("a", 0.1) == b"y"


def test_two_machines_of_one_name_are_told_apart(place: Place, joined: Engine) -> None:
    joined.join(member("a"), joined.connect())
    joined.join(member("a2"), place.open().connect())  # a second process of the machine
    with pytest.raises(HostTaken, match="'alpha'"):
        joined.join(member("c", machine="m9"), "4")
    joined.leave("a")
    joined.leave("a2")
    joined.join(member("c", machine="m9"), "4")


def test_an_engine_that_was_emptied_gives_no_token_that_it_gave(place: Place, joined: Engine) -> None:
    token = joined.put("l", 0, "a", "k", SERVED)
    claimed = joined.claim(joined.look("k")[0], "b", dead=True)
    place.empty()
    with pytest.raises(Lost):
        joined.append("l", claimed.token, len(SERVED), b"x\n")
    with pytest.raises(Lost):
        joined.renew("a", ["l"])
    assert joined.put("l", token, "a", "k", b"stale") == token  # whoever comes first
    assert joined.put("l", claimed.token, "b", "k", SERVED) == claimed.token
    with pytest.raises(Fenced):
        joined.put("l", token, "a", "k", b"stale")
    assert joined.put("m", 0, "b", "k", b"") > claimed.token


def test_a_token_that_an_emptied_engine_is_told_is_exceeded_although_the_clock_was_set_back(joined: Engine) -> None:
    ahead = joined.put("m", 0, "a", "k", b"") + 10**12  # some days
    assert joined.put("l", ahead, "a", "k", SERVED) == ahead
    assert joined.claim(Seen("l", "a", -1, ""), "b", dead=True) == Claimed(ahead + 1, SERVED)
    with pytest.raises(Fenced):
        joined.append("l", ahead, len(SERVED), b"x\n")


def test_a_connection_has_one_number_until_it_is_closed(place: Place, engine: Engine) -> None:
    other = place.open()
    mine, its = engine.connect(), other.connect()
    assert mine != its
    assert (engine.connect(), other.connect()) == (mine, its)
    assert engine.lines([mine, its, "999999"]) == {mine, its}
    other.close()
    until(lambda: engine.lines([mine, its]) == {mine}, "the end of the connection")
    assert engine.lines([]) == set()
    assert other.connect() not in {mine, its}


def test_whether_a_member_is_connected_is_told(place: Place, joined: Engine) -> None:
    other = place.open()
    joined.join(member("a"), other.connect())
    assert joined.is_connected("a")
    assert not joined.is_connected("nobody")
    other.close()
    until(lambda: not joined.is_connected("a"), "the end of the connection")
