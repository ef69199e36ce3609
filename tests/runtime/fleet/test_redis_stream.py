"""The connection on which ledgers are appended to: cut, stopped, filled, opened anew, and never waited for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from doubles.copied import Copied, asked, engine_text, finished, greenlets, live, made_mirror, never_yields, opened_anew
from doubles.cut import cut_all
from doubles.hub import turns, until
from doubles.members import member
from engine_server import EngineServer

from relay_runtime.fleet.mirror import Mirror
from relay_runtime.fleet.redis_engine import RedisEngine
from relay_runtime.settings.engine_address import parse_address

MEMO = b'["memo","c1","{}"]\n'


@pytest.fixture
def mirror(engine_url: str, engine: RedisEngine) -> Iterator[Mirror]:
    engine.join(member("a"), "1")
    made = made_mirror(engine_url)
    made.open()
    yield made
    finished(made)


def stream_of(mirror: Mirror) -> Any:
    return mirror._stream


def line_of(mirror: Mirror) -> Any:
    return stream_of(mirror)._line


def test_a_connection_that_is_cut_is_noticed_and_what_was_noted_meanwhile_is_told(
    mirror: Mirror, engine: RedisEngine
) -> None:
    copies = [live(Copied(mirror, name)) for name in ("l", "m")]
    cut_all(engine)
    until(lambda: not mirror.is_open, "a look at the end of the connection")
    for each in copies:
        each.append(MEMO)
    assert opened_anew(mirror)
    until(lambda: all(each.is_copied(engine) for each in copies))
    copies[0].append(b'["over","c2"]\n')
    until(lambda: copies[0].is_copied(engine))


def test_a_connection_that_is_being_made_gets_no_lines(
    mirror: Mirror, engine: RedisEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replies are read from it until then; an answer to a line would be taken for one of them."""
    copied = live(Copied(mirror))
    cut_all(engine)
    until(lambda: not mirror.is_open)
    during: list[bool] = []
    real = line_of(mirror).call

    def call(*command: Any, timeout: float | None = None) -> Any:
        result = real(*command, timeout=timeout)
        during.append(mirror.is_open or not line_of(mirror).is_open)
        copied.append(MEMO)
        return result

    monkeypatch.setattr(line_of(mirror), "call", call)
    assert opened_anew(mirror)
    assert during == [False]
    until(lambda: copied.is_copied(engine))
    turns()
    assert mirror.is_open


def test_one_that_is_opened_again_and_again_leaves_nothing_over(mirror: Mirror, engine: RedisEngine) -> None:
    copied = live(Copied(mirror))
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        line_of(mirror).close()
        assert opened_anew(mirror)
    until(lambda: copied.is_copied(engine))
    until(lambda: len(os.listdir("/proc/self/fd")) <= before)
    until(lambda: greenlets() == ["end of the mirror"])


def test_nothing_is_left_of_one_that_is_closed(engine_url: str) -> None:
    before = len(os.listdir("/proc/self/fd"))
    mirror = made_mirror(engine_url)
    mirror.open()
    Copied(mirror)  # whoever it belongs to has not joined: it is tried again and again
    turns()
    finished(mirror)
    until(lambda: len(os.listdir("/proc/self/fd")) <= before)


# An engine that does not answer


@pytest.fixture
def own(server: EngineServer) -> Iterator[tuple[Mirror, RedisEngine]]:
    """A mirror in an engine of its own, and a look at that."""
    engine = RedisEngine(parse_address(server.url), None, 20.0)
    engine.join(member("a"), "1")
    mirror = made_mirror(server.url, timeout=0.5)
    until(lambda: opened_anew(mirror))
    yield mirror, engine
    server.go_on()
    finished(mirror)
    engine.close()


def lines_of(count: int) -> bytes:
    return b"".join(b'["over","call-%050d"]\n' % number for number in range(count))


def test_an_engine_that_stands_still_holds_nobody_up_and_gets_all_when_it_goes_on(
    own: tuple[Mirror, RedisEngine], server: EngineServer
) -> None:
    mirror, engine = own
    copied = live(Copied(mirror))
    for _ in range(2):  # the second time as well as the first
        server.stop()
        never_yields(lambda: [copied.append(lines_of(3000)) for _ in range(10)])
        assert stream_of(mirror)._waiting
        assert mirror.is_open
        server.go_on()
        until(lambda: copied.is_copied(engine))
        assert not stream_of(mirror)._waiting
        until(lambda: greenlets() == ["end of the mirror"])


def test_what_waits_too_long_is_given_up_and_all_is_told_anew(
    own: tuple[Mirror, RedisEngine], server: EngineServer
) -> None:
    mirror, engine = own
    copied = live(Copied(mirror))
    for _ in range(2):
        server.stop()

        def fill() -> None:
            while mirror.is_open:
                copied.append(lines_of(3000))

        never_yields(fill)
        assert not stream_of(mirror)._waiting  # it costs no memory
        copied.append(MEMO)
        server.go_on()
        until(lambda: opened_anew(mirror))
        until(lambda: copied.is_copied(engine))
        copied.replace(b'["ledger",1,"k",1,5]\n')
        copied.append(MEMO)
        until(lambda: copied.is_copied(engine))
        until(lambda: greenlets() == ["end of the mirror"])


def test_an_engine_that_comes_back_with_nothing_is_told_all_by_those_who_have_joined(
    own: tuple[Mirror, RedisEngine], server: EngineServer
) -> None:
    mirror, engine = own
    copies = [live(Copied(mirror, name)) for name in ("l", "m")]
    tokens = [each.copy.token for each in copies]
    server.restart()
    until(lambda: not mirror.is_open)
    never_yields(lambda: copies[0].append(MEMO))
    until(lambda: opened_anew(mirror))
    turns()
    engine.close()
    assert engine_text(engine) == b""  # a ledger of nobody's would be taken over
    engine.join(member("a"), "1")
    until(lambda: all(each.is_copied(engine) for each in copies))
    until(lambda: all(each.copy._live for each in copies))
    assert [each.copy.token for each in copies] == tokens
    assert not any(each.copy.taken for each in copies)


def test_an_engine_that_is_away_at_the_start_is_told_when_it_is_there(server: EngineServer) -> None:
    server.kill()
    mirror = made_mirror(server.url, timeout=0.5)
    copied = Copied(mirror)
    copied.append(MEMO)
    assert not opened_anew(mirror)
    server.start()
    engine = RedisEngine(parse_address(server.url))
    engine.join(member("a"), "1")
    until(lambda: opened_anew(mirror))
    until(lambda: copied.is_copied(engine))
    finished(mirror)
    engine.close()


def test_an_engine_whose_scripts_were_flushed_is_told_line_by_line_again(mirror: Mirror, engine: RedisEngine) -> None:
    copied = live(Copied(mirror))
    engine.line.call("SCRIPT", "FLUSH")
    copied.append(MEMO)  # nobody is told that it is lost
    asked(mirror, engine)
    asked(mirror, engine)  # what was sent before the first is there by the second, or never
    until(lambda: copied.copy._live and copied.is_copied(engine))
    copied.append(b'["over","c2"]\n')
    until(lambda: copied.is_copied(engine), limit=5.0)
