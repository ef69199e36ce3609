"""Questions and answers between processes: in order, once at most, and never without an end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gevent
import gevent.event
import msgspec
import pytest
from doubles.cut import cut_all
from doubles.hub import turns, until
from doubles.members import member
from engine_server import EngineServer

from relay_runtime.fleet import mail as of_mail
from relay_runtime.fleet.engine import EngineDown, NotThere
from relay_runtime.fleet.errors import FleetError, FleetTimeout
from relay_runtime.fleet.mail import Correspondence, Letter, Refusal, new_id
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.settings.engine_address import parse_address

Begin = Callable[..., Correspondence]


@pytest.fixture
def begin(engine: RedisEngine, engine_url: str) -> Iterator[Begin]:
    """Make a correspondence of a member."""
    made: list[Correspondence] = []

    def start(box: str, answer: Callable[[Letter], Any] | None = None, url: str = engine_url) -> Correspondence:
        if url == engine_url:
            engine.join(member(box), "1")
        made.append(Correspondence(lambda: RedisEngine(parse_address(url), None, 5.0), box, answer))
        made[-1].start()
        return made[-1]

    yield start
    for each in made:
        each.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_mail, "_PATIENCE", 0.05)
    monkeypatch.setattr(of_mail, "_AGAIN", 0.005)


def echo(letter: Letter) -> Any:
    return {"op": letter.op, "call": letter.call_id, "value": msgspec.json.decode(letter.value)}


def test_a_question_is_answered(begin: Begin) -> None:
    begin("a", echo)
    asker = begin("b")
    answer = asker.ask("a", "tell", "c1", {"x": [1, None, "ä"]})
    assert msgspec.json.decode(answer) == {"op": "tell", "call": "c1", "value": {"x": [1, None, "ä"]}}
    assert asker._asked == {}


def test_whoever_is_no_member_may_ask_too(begin: Begin, engine: RedisEngine) -> None:
    begin("a", echo)
    visitor = begin("visitor")
    engine.leave("visitor")
    assert msgspec.json.decode(visitor.ask("a", "report"))["op"] == "report"
    with pytest.raises(NotThere, match="is gone"):
        visitor.ask("nobody", "report")


def test_questions_are_begun_in_the_order_in_which_they_came(begin: Begin, engine: RedisEngine) -> None:
    seen: list[str] = []
    begin("a", lambda letter: seen.append(letter.call_id))
    ids = [f"c{number}" for number in range(100)]
    for call_id in ids:
        engine.post("a", new_id(), msgspec.json.encode(Letter(id=new_id(), sender="b", op="tell", call_id=call_id)))
    until(lambda: len(seen) == len(ids))
    assert seen == ids


def test_one_that_takes_long_holds_up_no_other(begin: Begin) -> None:
    waiting = gevent.event.Event()
    begin("a", lambda letter: waiting.wait(60.0) if letter.op == "long" else 1)
    asker = begin("b")
    long = gevent.spawn(asker.ask, "a", "long")
    assert bytes(asker.ask("a", "short")) == b"1"
    waiting.set()
    assert bytes(long.get(timeout=60.0)) == b"true"


@pytest.mark.parametrize("kind", ["unknown_call", "refused", "no_answer", "failed"])
def test_a_refusal_comes_as_one_with_its_kind(begin: Begin, kind: str) -> None:
    def refuse(letter: Letter) -> Any:
        raise Refusal(kind, f"no {letter.op}")

    begin("a", refuse)
    with pytest.raises(Refusal, match="no tell") as refused:
        begin("b").ask("a", "tell")
    assert refused.value.kind == kind


@pytest.mark.parametrize("fault", [lambda _: 1 / 0, lambda _: object()])
def test_a_crash_while_answering_is_told_and_logged_and_ends_nothing(
    begin: Begin, fault: Callable[[Letter], Any], log_lines: list[str]
) -> None:
    """An answer without a JSON form is one too."""
    answers = iter([fault, echo])
    begin("a", lambda letter: next(answers)(letter))
    asker = begin("b")
    with pytest.raises(Refusal, match="the process failed to answer") as refused:
        asker.ask("a", "tell")
    assert refused.value.kind == "failed"
    assert any("a question of the fleet could not be answered" in each for each in log_lines)
    assert asker.ask("a", "tell")


def test_who_answers_nobody_says_so(begin: Begin) -> None:
    begin("a")
    with pytest.raises(Refusal, match="answers nobody"):
        begin("b").ask("a", "tell")


@pytest.mark.usefixtures("impatient")
def test_no_answer_is_an_error_in_its_time_and_a_late_one_is_for_nobody(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = gevent.event.Event()
    begin("a", lambda letter: go_on.wait(60.0) if letter.op == "long" else 1)
    asker = begin("b")
    with pytest.raises(FleetTimeout, match="no answer within 0.05 s: whether it was done is not known"):
        asker.ask("a", "long")
    assert asker._asked == {}
    go_on.set()
    monkeypatch.setattr(of_mail, "_PATIENCE", 60.0)
    assert bytes(asker.ask("a", "short")) == b"1"


def test_a_timeout_of_whoever_asks_is_his_own(begin: Begin) -> None:
    begin("a", lambda _: gevent.sleep(60.0))
    asker = begin("b")
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.02):
        asker.ask("a", "long")
    assert asker._asked == {}


def test_a_value_without_a_json_form_is_refused_before_anything_is_sent(begin: Begin) -> None:
    seen: list[Letter] = []
    begin("a", seen.append)
    asker = begin("b")
    with pytest.raises(TypeError):
        asker.ask("a", "tell", "c1", object())
    asker.ask("a", "tell", "c2")
    assert [each.call_id for each in seen] == ["c2"]


# The engine


class Faulty(RedisEngine):
    """Whose reply to a letter is lost, behind it or before it."""

    faults: list[str]

    def post(self, box: str, mail: str, body: bytes, *, of_member: bool = True) -> None:
        fault = self.faults.pop(0) if self.faults else ""
        if fault != "before":
            super().post(box, mail, body, of_member=of_member)
        if fault:
            raise EngineDown("no reply")


@pytest.mark.parametrize("fault", ["before", "behind"])
@pytest.mark.parametrize("side", ["question", "answer"])
def test_a_letter_whose_reply_was_lost_is_sent_again_and_comes_once(
    begin: Begin, engine: RedisEngine, engine_url: str, fault: str, side: str
) -> None:
    seen: list[str] = []

    def answer(letter: Letter) -> Any:
        seen.append(letter.op)
        return len(seen)

    def faulty() -> Faulty:
        made = Faulty(parse_address(engine_url))
        made.faults = [fault]
        return made

    begin("a", answer)
    asker = begin("b")
    one = Correspondence(faulty, "c", answer)
    engine.join(member("c"), "1")
    one.start()
    try:
        assert bytes(one.ask("a", "once") if side == "question" else asker.ask("c", "once")) == b"1"
        assert asker.ask("a", "then")
        assert seen == ["once", "then"]
    finally:
        one.stop()


@pytest.mark.usefixtures("impatient")
def test_of_a_letter_whose_reply_was_lost_twice_nobody_knows_more(begin: Begin, engine_url: str) -> None:
    def faulty() -> Faulty:
        made = Faulty(parse_address(engine_url))
        made.faults = ["before", "before"]
        return made

    asker = Correspondence(faulty, "c")
    begin("a", echo)
    with pytest.raises(FleetTimeout, match="no reply: whether it was done is not known"):
        asker.ask("a", "once")
    assert asker._asked == {}
    asker.stop()


def test_connections_that_are_cut_are_made_anew(
    begin: Begin, engine: RedisEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_mail, "_AGAIN", 0.001)
    begin("a", echo)
    asker = begin("b")
    for _ in range(3):
        assert asker.ask("a", "tell")
        cut_all(engine)
        turns()


@pytest.mark.usefixtures("impatient")
def test_an_engine_that_is_away_is_an_error_and_is_read_again_when_it_is_back(
    begin: Begin, server: EngineServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin("a", echo, server.url)
    asker = begin("b", url=server.url)
    server.kill()
    with pytest.raises(FleetError, match="does not answer"):
        asker.ask("a", "tell")
    server.start()
    other = RedisEngine(parse_address(server.url))
    other.join(member("a"), "1")
    monkeypatch.setattr(of_mail, "_PATIENCE", 60.0)
    assert asker.ask("a", "tell")
    other.close()


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"{}", b"[]", b'{"id":1}', b'{"id":"x"}', b'{"id":"x","sender":"\xff"}', b'{"id":"x'[:-1]]
)
def test_what_is_no_letter_or_an_answer_to_nothing_is_passed_over(
    begin: Begin, engine: RedisEngine, body: bytes
) -> None:
    begin("a", echo)
    engine.post("a", new_id(), body)
    assert begin("b").ask("a", "tell")


def test_the_end_leaves_nobody_waiting(begin: Begin) -> None:
    begun: list[Letter] = []

    def never(letter: Letter) -> Any:
        begun.append(letter)
        gevent.sleep(60.0)

    answering = begin("a", never)
    asker = begin("b")
    asked = gevent.spawn(asker.ask, "a", "long")
    asked.link_exception(lambda _: None)
    until(lambda: begun)
    answering.stop()
    asker.stop()
    with pytest.raises(FleetTimeout, match="has left the fleet"):
        asked.get(timeout=60.0)
    asker.stop()  # once more


def test_no_two_ids_are_alike() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000
