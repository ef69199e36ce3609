"""Crashes are logged with their traceback, unless somebody keeps them."""

from __future__ import annotations

from typing import Any

from loguru import logger

from relay_actors.kit.crash_log import keep_crash, kept_by, log_crash


def crash(name: str) -> LookupError:
    try:
        raise LookupError(name)
    except LookupError as error:
        log_crash(error, "{} crashed", "it", call_id="c1")
        return error


def test_a_crash_is_logged_with_its_traceback(log_lines: list[str]) -> None:
    crash("nobody")
    (line,) = log_lines
    assert line.startswith("ERROR it crashed\nTraceback (most recent call last):\n")
    assert "LookupError: nobody" in line
    assert "{'call_id': 'c1'}" in line


def test_the_line_is_that_of_who_has_caught_it() -> None:
    records: list[Any] = []
    sink = logger.add(lambda message: records.append(message.record))
    try:
        crash("nobody")
    finally:
        logger.remove(sink)
    assert [(record["function"], record["file"].name) for record in records] == [("crash", "test_crash_log.py")]


def test_who_keeps_crashes_gets_them_and_the_log_has_a_line(log_lines: list[str]) -> None:
    kept: list[tuple[BaseException, str, object]] = []
    others: list[str] = []
    with kept_by(lambda error, what, context: kept.append((error, what, context))):
        with kept_by(lambda _error, what, _context: others.append(what)):
            first = crash("nobody")
        second = crash("{nobody}")
    about = {"call_id": "c1"}
    assert kept == [(first, "it crashed", about), (second, "it crashed", about)]
    assert others == ["it crashed"]
    assert log_lines == ["ERROR it crashed {'call_id': 'c1'}\n"] * 2
    crash("again")
    assert len(kept) == 2
    assert "Traceback" in log_lines[2]


def test_who_shows_them_has_the_log_say_nothing_and_gets_those_that_others_have_caught(log_lines: list[str]) -> None:
    kept: list[tuple[str, object]] = []
    assert not keep_crash(ValueError(), "nobody")
    with kept_by(lambda _error, what, context: kept.append((what, context)), logged=False):
        crash("somebody")
        assert keep_crash(ValueError(), "a thread failed")
    with kept_by(lambda *_: None):
        assert not keep_crash(ValueError(), "nobody")
    assert kept == [("it crashed", {"call_id": "c1"}), ("a thread failed", {})]
    assert log_lines == []
