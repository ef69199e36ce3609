"""A log whose sinks fail ends nobody who logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gevent
import loguru
import pytest
from doubles.hub import LIMIT

from relay_actors.kit import log
from relay_actors.kit.log import ThrottledLogger, logger
from relay_actors.kit.throttle import Throttle

FAILURES = [ZeroDivisionError("broken"), gevent.Timeout(1), SystemExit(1), gevent.GreenletExit()]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time by which failures are told of; ten seconds are between two words."""
    now = [0.0]
    monkeypatch.setattr(log, "_failures", Throttle(lambda: now[0]))
    return now


@pytest.fixture
def sink() -> Iterator[list[BaseException]]:
    """A sink that raises what is put into the list."""
    failures: list[BaseException] = []

    def write(_: Any) -> None:
        if failures:
            raise failures[0]

    added = loguru.logger.add(write, level="DEBUG", catch=False)
    yield failures
    loguru.logger.remove(added)


@pytest.mark.parametrize("failure", FAILURES, ids=type)
@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "critical"])
def test_a_sink_that_raises_ends_nobody(
    sink: list[BaseException],
    clock: list[float],
    capsys: pytest.CaptureFixture[str],
    log_lines: list[str],
    failure: BaseException,
    level: str,
) -> None:
    sink.append(failure)
    for write in (getattr(logger, level), getattr(logger.bind(call_id="c"), level), getattr(logger.opt(), level)):
        write("one {}", "more")
    assert len(capsys.readouterr().err.splitlines()) == 1
    clock[0] = 10.0
    logger.error("again")
    assert (
        f"3 lines of the log were lost: a sink of loguru failed: '{type(failure).__name__}" in capsys.readouterr().err
    )
    sink.clear()
    logger.error("and well again")
    assert "and well again" in log_lines[-1]


def test_a_patcher_a_filter_and_an_argument_that_raise_end_nobody(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    class Odd:
        def __str__(self) -> str:
            raise ZeroDivisionError

    added = loguru.logger.add(lambda _: None, filter=lambda _: 1 // 0 == 0, catch=False)
    try:
        logger.info("filtered")
    finally:
        loguru.logger.remove(added)
    added = loguru.logger.add(lambda _: None)
    try:
        logger.info("{}", Odd())
        loguru.logger.configure(patcher=lambda _: 1 // 0)  # type: ignore[arg-type, return-value]
        logger.info("patched")
    finally:
        loguru.logger.configure(patcher=lambda _: None)
        loguru.logger.remove(added)
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_kill_goes_on(clock: list[float]) -> None:
    ended: list[str] = []

    def logs() -> None:
        try:
            logger.info("x")
        except gevent.GreenletExit:
            ended.append("here")

    added = loguru.logger.add(lambda _: gevent.sleep(LIMIT), level="DEBUG", catch=False)
    try:
        greenlet = gevent.spawn(logs)
        gevent.sleep(0)
        greenlet.kill(timeout=LIMIT)
    finally:
        loguru.logger.remove(added)
    assert ended == ["here"]


def test_without_a_stderr_nothing_is_said(
    sink: list[BaseException], clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", None)
    sink.append(ZeroDivisionError())
    logger.info("x")


def test_a_line_is_that_of_who_logs() -> None:
    records: list[Any] = []
    added = loguru.logger.add(lambda message: records.append(message.record), level="DEBUG")

    def caller() -> None:
        logger.opt(depth=1).info("above")

    try:
        logger.info("here {}", 1)
        logger.bind(call_id="c").warning("here")
        caller()
    finally:
        loguru.logger.remove(added)
    me = "test_a_line_is_that_of_who_logs"
    assert [(record["function"], record["level"].name) for record in records] == [
        (me, "INFO"), (me, "WARNING"), (me, "INFO")
    ]  # fmt: skip
    assert records[0]["message"] == "here 1"
    assert records[1]["extra"]["call_id"] == "c"


def test_an_exception_is_told_with_its_traceback(log_lines: list[str]) -> None:
    try:
        raise LookupError("lost")
    except LookupError as error:
        logger.opt(exception=error).error("failed")
    assert "LookupError: lost" in log_lines[-1]


def test_each_line_has_a_pace_of_its_own_and_ends_with_how_often_it_came(log_lines: list[str]) -> None:
    now = [0.0]
    throttled = ThrottledLogger(Throttle(lambda: now[0]))
    for number in range(3):
        throttled.warning("guest {} is late", number, call_id=f"c{number}")
        throttled.info("the door is open")
        now[0] += 6.0
    assert [line.rstrip() for line in log_lines] == [
        "WARNING guest 0 is late {'call_id': 'c0'}",
        "INFO the door is open {}",
        "WARNING guest 2 is late; 1 more since the last word {'call_id': 'c2'}",
        "INFO the door is open; 1 more since the last word {}",
    ]


def test_a_line_names_the_place_that_logs_it_and_takes_no_brace_of_what_it_tells_for_a_place() -> None:
    records: list[Any] = []
    sink = loguru.logger.add(lambda message: records.append(message.record))
    try:
        ThrottledLogger().error("{} failed", "{0}")
    finally:
        loguru.logger.remove(sink)
    assert [(each["name"], each["message"], each["level"].name) for each in records] == [
        (__name__, "{0} failed", "ERROR")
    ]
