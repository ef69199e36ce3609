"""An app that removes the sink of the process's log, and a stream that is not UTF-8."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from clean_process import clean_process
from loguru import logger

from relay_actors.kit.deferred_log import log_deferred
from relay_runtime.watch.logs import complain, flush_logs, setup_logging


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    with clean_process():
        yield


def log_to(log_format: str) -> StringIO:
    stream = StringIO()
    setup_logging("info", log_format, stream=stream)
    return stream


@pytest.mark.parametrize(
    "removes",
    [
        lambda: logger.remove(),
        lambda: logger.remove(0),  # as loguru's own, of which the sink has the number
        lambda: logger.configure(handlers=[]),
    ],
)
def test_an_app_that_removes_the_sink_has_the_say_of_what_is_logged(removes: Callable[[], object]) -> None:
    stream, mine = log_to("text"), []
    logger.info("before")
    removes()
    logger.error("nobody wants this")
    logging.getLogger("some.library").error("nor this")
    log_deferred("nor this")
    added = logger.add(mine.append, format="{message}")
    logging.getLogger("some.library").error("after")
    log_deferred("and {this}", this="this")
    logger.remove(added)
    assert flush_logs()
    complain("a complaint")  # of the command, not of the log
    assert [str(line) for line in mine] == ["after\n", "and this\n"]
    first, last = stream.getvalue().splitlines()
    assert first.endswith("before")
    assert last == "a complaint"


def test_the_sink_has_its_number_however_often_logging_is_set_up() -> None:
    log_to("text")
    stream = log_to("json")
    logger.remove(0)
    logger.error("nobody wants this")
    assert stream.getvalue() == ""


def test_json_lines_fit_the_encoding_of_the_stream(tmp_path: Path) -> None:
    with open(tmp_path / "log", "w", encoding="ascii") as stream:
        setup_logging("info", "json", stream=stream)
        logger.info("Grüße 😀")
        assert flush_logs()
    assert msgspec.json.decode((tmp_path / "log").read_bytes().decode("ascii"))["message"] == "Grüße 😀"
