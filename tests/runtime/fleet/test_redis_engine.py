"""What every operation of the engine promises."""

from __future__ import annotations

import pytest
from runtime.fleet.conftest import member

from relay_runtime.fleet.engine import EngineRefused, Fenced, Held, HostTaken, Lost, NotThere, Seen, Standing
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.settings.engine_address import parse_address

SERVED = b'["ledger",1,"k",1,5]\n["serve","c1","n",0,false]\n["serve","c2","n",0,false]\n'


@pytest.fixture
def joined(engine: RedisEngine) -> RedisEngine:
    engine.join(member("a"), "1")
    engine.join(member("b", host="beta", machine="m2"), "2")
    return engine


def test_a_ledger_is_kept_and_its_token_is_the_same_when_it_is_put_again(joined: RedisEngine) -> None:
    token = joined.put("l", 0, "a", "k", SERVED)
    assert token > 0
    assert joined.put("l", 0, "a", "k", SERVED) == token  # the reply to the first was lost
    assert joined.put("l", token, "a", "k", SERVED) == token
    assert joined.renew("a", ["l", "none"]) == {"l": Standing(token, len(SERVED)), "none": Standing(0, 0)}


def test_lines_are_appended_once_however_often_they_are_sent(joined: RedisEngine) -> None:
    token = joined.put("l", 0, "a", "k", b"one\n")
    for _ in range(3):
        joined.append("l", token, 4, b"two\n")
    joined.append("l", token, 8, b"three\n")
    claimed = joined.claim(joined.look("k")[0], "b", dead=True)
    assert claimed.text == b"one\ntwo\nthree\n"


@pytest.mark.parametrize("at", [5, 3])
def test_what_does_not_fit_is_lost(joined: RedisEngine, at: int) -> None:
    token = joined.put("l", 0, "a", "k", b"one\n")
    with pytest.raises(Lost):
        joined.append("l", token, at, b"two\n")
    with pytest.raises(Lost):
        joined.append("other", token, 0, b"two\n")


def test_a_stale_token_is_refused_on_every_write(joined: RedisEngine) -> None:
    token = joined.put("l", 0, "a", "k", SERVED)
    claimed = joined.claim(joined.look("k")[0], "b", dead=True)
    assert claimed.token > token
    for write in (
        lambda: joined.put("l", token, "a", "k", b""),
        lambda: joined.put("l", 0, "a", "k", b""),
        lambda: joined.append("l", token, len(SERVED), b"x\n"),
        lambda: joined.drop("l", token),
    ):
        with pytest.raises(Fenced):
            write()
    assert joined.renew("b", ["l"]) == {"l": Standing(claimed.token, len(SERVED))}


def test_of_two_who_claim_one_wins(joined: RedisEngine) -> None:
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


def test_there_is_no_claim_while_the_owner_shows_itself(joined: RedisEngine) -> None:
    joined.put("l", 0, "a", "k", SERVED)
    seen = joined.look("k")[0]
    assert (seen.owner, seen.line) == ("a", "1")
    joined.renew("a", ["l"])
    with pytest.raises(Held):
        joined.claim(seen, "b", dead=False)
    assert joined.claim(joined.look("k")[0], "b", dead=False).text == SERVED


def test_what_is_claimed_is_the_new_owners_to_be_claimed_again(joined: RedisEngine) -> None:
    joined.put("l", 0, "a", "k", SERVED)
    first = joined.claim(joined.look("k")[0], "b", dead=True)
    assert joined.look("k") == [Seen("l", "b", 0, "2")]
    joined.append("l", first.token, len(SERVED), b"more\n")
    second = joined.claim(joined.look("k")[0], "a", dead=True)
    assert second.token > first.token
    assert second.text == SERVED + b"more\n"


def test_only_the_ledgers_of_a_key_are_seen(joined: RedisEngine) -> None:
    joined.put("l", 0, "a", "k", SERVED)
    joined.put("m", 0, "a", "other", SERVED)
    assert [each.ledger for each in joined.look("k")] == ["l"]


def test_a_ledger_is_dropped_with_its_calls_and_may_be_dropped_again(joined: RedisEngine) -> None:
    token = joined.put("l", 0, "a", "k", SERVED)
    for _ in range(2):
        joined.drop("l", token)
    assert joined.look("k") == []
    assert joined.find("c") == {}
    assert joined.renew("a", ["l"]) == {"l": Standing(0, 0)}


def test_a_call_is_found_by_its_id_or_how_that_begins_for_as_long_as_it_is_served(joined: RedisEngine) -> None:
    token = joined.put("l", 0, "a", "k", SERVED)
    joined.put("m", 0, "b", "k", b'["serve","c22","n",0,true]\n')
    assert joined.find("c1") == {"c1": "a"}
    assert joined.find("c2") == {"c2": "a"}  # the one whose id it is
    assert joined.find("c") == {"c1": "a", "c2": "a", "c22": "b"}
    joined.append("l", token, len(SERVED), b'["over","c1"]\n["memo","c2","x"]\n')
    assert joined.find("c1") == {}
    joined.claim(joined.look("k")[0], "b", dead=True)
    assert set(joined.find("c").values()) <= {"a", "b"}


def test_a_text_that_is_put_anew_has_the_calls_that_it_has(joined: RedisEngine) -> None:
    token = joined.put("l", 0, "a", "k", SERVED)
    joined.put("l", token, "a", "k", b'["serve","c3","n",0,false]\n')
    assert joined.find("c") == {"c3": "a"}


def test_mail_comes_in_order_once_however_often_it_is_sent(joined: RedisEngine) -> None:
    for number in (b"1", b"2", b"2", b"3"):
        joined.post("a", f"mail-{number.decode()}", number)
    joined.post("b", "other", b"not for a")
    assert [joined.take("a", 0.1) for _ in range(4)] == [b"1", b"2", b"3", None]


def test_nobody_posts_to_who_is_not_there_nor_more_than_can_be_read(joined: RedisEngine) -> None:
    with pytest.raises(NotThere):
        joined.post("nobody", "m", b"")
    for number in range(1_000):
        joined.post("a", str(number), b"x")
    for _ in range(2):
        with pytest.raises(EngineRefused, match="1000 questions wait"):
            joined.post("a", "one more", b"x")


def test_members_join_show_themselves_and_leave(joined: RedisEngine) -> None:
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


def test_two_machines_of_one_name_are_told_apart(joined: RedisEngine) -> None:
    joined.join(member("a2"), "3")  # a second process of the machine
    with pytest.raises(HostTaken, match="'alpha'"):
        joined.join(member("c", machine="m9"), "4")
    joined.leave("a")
    joined.leave("a2")
    joined.join(member("c", machine="m9"), "4")


def test_another_layout_is_left_alone(joined: RedisEngine) -> None:
    joined.line.call("SET", "{relay-runtime}:layout", "2")
    with pytest.raises(EngineRefused, match="layout 2, and this runtime knows layout 1"):
        joined.join(member("c"), "4")


def test_an_engine_that_was_emptied_gives_no_token_that_it_gave(joined: RedisEngine) -> None:
    token = joined.put("l", 0, "a", "k", SERVED)
    claimed = joined.claim(joined.look("k")[0], "b", dead=True)
    joined.line.call("FLUSHALL")
    with pytest.raises(Lost):
        joined.append("l", claimed.token, len(SERVED), b"x\n")
    assert joined.put("l", token, "a", "k", b"stale") == token  # whoever comes first
    assert joined.put("l", claimed.token, "b", "k", SERVED) == claimed.token
    with pytest.raises(Fenced):
        joined.put("l", token, "a", "k", b"stale")
    assert joined.put("m", 0, "b", "k", b"") > claimed.token


def test_open_connections_are_told(engine: RedisEngine, engine_url: str) -> None:
    other = RedisEngine(parse_address(engine_url))
    mine, its = (str(each.line.call("CLIENT", "ID")) for each in (engine, other))
    assert engine.lines([mine, its, "999999"]) == {mine, its}
    other.close()
    assert engine.lines([mine, its]) == {mine}
    assert engine.lines([]) == set()


def test_hosts_are_drained_and_are_not(engine: RedisEngine) -> None:
    for _ in range(2):
        engine.drain("alpha", drained=True)
    engine.drain("beta", drained=True)
    engine.drain("beta", drained=False)
    assert engine.drained() == {"alpha"}


def test_scripts_that_the_engine_has_forgotten_are_told_anew(joined: RedisEngine) -> None:
    joined.line.call("SCRIPT", "FLUSH")
    assert joined.renew("a", []) == {}


def test_whoever_the_engine_does_not_know_can_ask_how_ledgers_stand_all_the_same(joined: RedisEngine) -> None:
    token = joined.put("l", 0, "a", "k", SERVED)
    joined.leave("a")
    assert joined.standing(["l", "m"]) == {"l": Standing(token, len(SERVED)), "m": Standing(0, 0)}
