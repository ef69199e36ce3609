"""Letters between processes, and what is none."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from doubles.hub import until
from doubles.members import member

from relay_runtime.fleet.engine import EngineDown, NotThere
from relay_runtime.fleet.errors import FleetTimeout
from relay_runtime.fleet.mail import Correspondence, Letter
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.settings.engine_address import parse_address

DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.fixture
def answering(engine_url: str, engine: RedisEngine) -> Iterator[Correspondence]:
    """Whoever has the box ``b``, and says which operation was asked for."""
    engine.join(member("b"), "1")
    made = Correspondence(lambda: RedisEngine(parse_address(engine_url)), "b", lambda letter: letter.op)
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize(
    "garbage",
    [b'{"id":"a","value":' + DEEP + b"}", b'{"x":' + DEEP + b"}", DEEP, b"", b"\xff", b'{"id":1}', b'{"id":"a"}'],
    ids=["deep value", "deep field", "deep", "empty", "no text", "wrong type", "answer to nothing"],
)
def test_what_is_no_letter_ends_no_reader(answering: Correspondence, engine: RedisEngine, garbage: bytes) -> None:
    engine.line.call("RPUSH", "{relay-runtime}:mail:b", garbage)
    letter = Letter(id="1", sender="a", op="call")
    engine.post("b", "1", msgspec.json.encode(letter))
    until(lambda: engine.line.call("LLEN", "{relay-runtime}:mail:a"), "an answer")
    answer = msgspec.json.decode(engine.line.call("LPOP", "{relay-runtime}:mail:a"), type=Letter)
    assert (answer.id, bytes(answer.value)) == ("1", b'"call"')


def itself() -> list[object]:
    """Return a list that is in itself."""
    made: list[object] = []
    made.append(made)
    return made


@pytest.mark.parametrize("value", [object(), "\ud800", itself()], ids=["object", "half a character", "in itself"])
def test_a_value_without_a_json_form_is_a_type_error(answering: Correspondence, value: object) -> None:
    with pytest.raises(TypeError):
        answering.ask("b", "tell", "c1", value)


@pytest.mark.parametrize("then", [EngineDown("does not answer"), NotThere("is gone")], ids=["down", "begun empty"])
def test_of_a_letter_that_may_have_been_posted_nobody_says_that_it_was_not(
    engine_url: str, monkeypatch: pytest.MonkeyPatch, then: Exception
) -> None:
    """The reply was lost: the engine died after it, say, or stands still and goes on later."""
    outcomes = [EngineDown("no reply"), then]

    def post(*_args: object, **_kwargs: object) -> None:
        raise outcomes.pop(0)

    monkeypatch.setattr(RedisEngine, "post", post)
    asking = Correspondence(lambda: RedisEngine(parse_address(engine_url)), "a")
    with pytest.raises(FleetTimeout, match="whether it was done is not known"):
        asking.ask("b", "tell", "c1", 1)
    assert not outcomes
    asking.stop()
