"""How a line of the log is written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum
from typing import Any

import msgspec
import pytest
from doubles.odd_values import Loud, Word
from loguru import logger

from relay_actors.kit.crash_log import log_crash
from relay_runtime.watch.log_lines import JsonFormat, LogLine, TextFormat
from relay_runtime.watch.masking import Masker

TEXT, JSON = TextFormat(Masker()), JsonFormat(Masker())
RECORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} ")
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
FORGED = "2026-11-22 18:31:41.547 INFO    all is well"
NASTY = f"hello\n{FORGED}\r\x1b[2J\x1b]0;title\x07\x9b1m\u202e\u2028{FORGED}"


def line(message: str = "hello", **more: Any) -> LogLine:
    time = datetime(2026, 11, 22, 19, 31, 41, 547_999, tzinfo=timezone(timedelta(hours=1)))
    return LogLine(**{"time": time, "level": "INFO", "logger": "app", "line": 9, "message": message, **more})


def logged(log: Any) -> LogLine:
    """The one line that is logged."""
    lines: list[LogLine] = []
    sink = logger.add(
        lambda message: lines.append(LogLine.of(message)),
        format=lambda _: "{exception}",
        diagnose=False,
        backtrace=False,
        catch=False,
    )
    try:
        log()
    finally:
        logger.remove(sink)
    (only,) = lines
    return only


def records(text: str) -> list[str]:
    """The lines of a text log that begin a record; whatever else there is has to be indented."""
    assert not CONTROLS.search(text), repr(text)
    begun = [each for each in text.split("\n") if RECORD.match(each)]
    assert all(not each or each.startswith("    ") for each in text.split("\n") if each not in begun), text
    return begun


def test_what_an_encoding_does_not_have_is_escaped_as_json_has_it() -> None:
    text = JsonFormat(Masker(), "latin-1")(line("Grüße 😀", extra={"an": "€"}))
    assert text.encode("latin-1")
    assert msgspec.json.decode(text)["message"] == "Grüße 😀"
    assert msgspec.json.decode(text)["extra"] == {"an": "€"}


def test_a_text_that_is_bound_is_what_it_holds() -> None:
    assert logged(lambda: logger.bind(a=Loud("x"), b=Word.HELLO).info("hello")).extra == {"a": "x", "b": "hello"}


def test_a_line_of_text_has_time_level_message_and_the_call() -> None:
    text = TEXT(line(bound={"call_id": "c1", "context": "", "worker": 2}))
    assert text == "2026-11-22 19:31:41.547 INFO    hello call_id=c1 worker=2\n"


def test_a_line_of_json_has_the_time_of_utc() -> None:
    assert msgspec.json.decode(JSON(line()))["time"] == "2026-11-22T18:31:41.547+00:00"


@pytest.mark.parametrize("place", ["message", "call_id", "context", "exception"])
def test_nothing_from_outside_begins_a_record_or_controls_a_terminal(place: str) -> None:
    odd: dict[str, Any] = {place: NASTY} if place in {"message", "exception"} else {"bound": {place: NASTY}}
    (record,) = records(TEXT(line(**{"message": "hello", **odd})))
    assert (r"hello\n2026" in record) is (place != "exception")


@pytest.mark.parametrize("place", ["message", "call_id", "exception", "extra"])
def test_a_line_of_json_is_one_line_of_what_it_was(place: str) -> None:
    odd: dict[str, Any] = {place: NASTY} if place != "call_id" else {"bound": {place: NASTY}}
    odd = {"extra": {NASTY: [NASTY]}} if place == "extra" else odd
    text = JSON(line(**{"message": "hello", **odd}))
    assert not CONTROLS.search(text)
    assert len(text.splitlines()) == 1
    assert msgspec.json.decode(text)[place] == odd.get(place, NASTY)


def test_a_traceback_stays_readable_and_is_indented_whatever_its_exception_says() -> None:
    def fail() -> None:
        try:
            raise LookupError(NASTY)
        except LookupError:
            logger.exception("failed over {}", "\n" + FORGED)

    text = TEXT(logged(fail))
    (record,) = records(text)
    assert record.endswith(rf"failed over \n{FORGED}")
    assert '\n      File "' in text
    assert "\n    LookupError: hello\n    2026-11-22" in text


@pytest.mark.parametrize("grouped", [False, True])
def test_the_traceback_of_a_crash_of_ours_stays_readable_too(*, grouped: bool) -> None:
    def fail() -> None:
        try:
            raise ExceptionGroup(NASTY, [LookupError(NASTY)]) if grouped else LookupError(NASTY)
        except Exception as error:
            log_crash(error, "{} crashed", "it\n" + FORGED, call_id="c1")

    text = TEXT(logged(fail))
    (record,) = records(text)
    assert record.endswith(rf"it\n{FORGED} crashed call_id=c1")
    assert "Traceback (most recent call last):\n    " in text
    assert "\n      " in text


@pytest.mark.parametrize("level", ["TRACE", "INFO", "CRITICAL", "ODD"])
def test_colours_are_only_ours(level: str) -> None:
    text = TextFormat(Masker(), colours=True)(line("a\x1b[31mb", level=level, bound={"call_id": "c\x1b[0m"}))
    assert text.count("\x1b") == 8  # time, level, message and call, each begun and ended
    assert r"a\x1b[31mb" in text


def test_what_was_bound_is_as_it_was_when_the_line_was_logged_and_costs_no_more_than_itself() -> None:
    class Broken:
        def __str__(self) -> str:
            raise LookupError

    notes = ["first"]
    found = logged(lambda: logger.bind(notes=notes, broken=Broken(), pair=(1, None), call_id="c1").info("hello"))
    notes.append("second")
    assert found.extra == {"notes": ["first"], "broken": "<Broken: LookupError>", "pair": [1, None]}
    assert found.bound == {"call_id": "c1"}


def test_half_a_character_is_written_in_either_format() -> None:
    odd = line("half \ud83d", extra={"\udcff": "\udcff"})
    assert TEXT(odd).encode() == b"2026-11-22 19:31:41.547 INFO    half \\ud83d\n"
    assert msgspec.json.decode(JSON(odd))["message"] == r"half \ud83d"
    assert msgspec.json.decode(JSON(odd))["extra"] == {r"\udcff": r"\udcff"}


def test_secrets_are_masked_before_anything_is_escaped() -> None:
    masker = Masker(["very\nsecret"])
    odd = line("a very\nsecret b", exception="ValueError: very\nsecret", bound={"call_id": "very\nsecret"})
    for text in (TextFormat(masker)(odd), JsonFormat(masker)(odd)):
        assert "very" not in text


def test_a_line_knows_what_it_takes_while_it_waits() -> None:
    small, large = logged(lambda: logger.info("x")), logged(lambda: logger.bind(n="x" * 5_000).info("x" * 50_000))
    assert large.size - small.size > 55_000
    assert small.time.astimezone(UTC) <= datetime.now(UTC)


class Odd(int):
    """An int of somebody's own."""


class Share(float):
    """A float of somebody's own."""


class Weekday(IntEnum):
    TUESDAY = 2


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (Odd(7), 7),
        (Weekday.TUESDAY, 2),
        (Share(0.5), 0.5),
        (2**70, str(2**70)),
        (10**5000, "<int: ValueError>"),
        (2**63 - 1, 2**63 - 1),
        (True, True),
    ],
    ids=lambda each: type(each).__name__,
)
def test_numbers_of_any_kind_are_bound_to_lines(value: Any, kept: Any) -> None:
    found = logged(lambda: logger.bind(number=value).info("here"))
    assert found.extra == {"number": kept}
    assert msgspec.json.decode(JSON(found))["extra"] == {"number": kept}


def test_what_holds_itself_costs_its_line_no_more_than_what_is_bound() -> None:
    endless: dict[str, Any] = {}
    endless["me"] = endless
    found = logged(lambda: logger.bind(odd=endless).info("here"))
    assert (found.message, found.extra) == ("here", {"extra": "<RecursionError>"})


def test_the_name_of_a_level_is_text_from_outside_too() -> None:
    assert "\x1b" not in TEXT(line("here", level="EV\x1b[31mIL"))
