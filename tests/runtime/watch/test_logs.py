"""Logs of the process."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextvars import copy_context
from io import StringIO
from typing import Any

import gevent
import msgspec
import pytest
from clean_process import clean_process
from gevent.event import Event
from loguru import logger

from relay_actors.call.facts import CallFacts
from relay_actors.kit.deferred_log import log_deferred
from relay_actors.kit.turns import TurnActor, running_actor
from relay_runtime.settings.config import MASK
from relay_runtime.watch.logs import call_at_hand, complain, flush_logs, lines_dropped, setup_logging

SECRET = "PT-very-secret"


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    with clean_process():
        yield


def text_log(level: str = "info") -> StringIO:
    stream = StringIO()
    setup_logging(level, "text", [SECRET], stream)
    return stream


def json_log(level: str = "info") -> StringIO:
    stream = StringIO()
    setup_logging(level, "json", [SECRET], stream)
    return stream


def written(stream: StringIO) -> str:
    assert flush_logs()
    return stream.getvalue()


def lines(stream: StringIO) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in written(stream).splitlines()]


def test_a_text_line_has_time_level_and_message() -> None:
    stream = text_log()
    logger.warning("attention {}", 5)
    (line,) = written(stream).splitlines()
    assert line[4] == line[7] == "-"
    assert line.endswith("WARNING attention 5")


def test_a_json_line_has_stable_keys() -> None:
    stream = json_log()
    logger.bind(call_id="c1", shop="main").warning("attention")
    (line,) = lines(stream)
    assert list(line) == ["time", "level", "logger", "line", "message", "call_id", "extra"]
    assert line["level"] == "warning"
    assert line["time"].endswith("+00:00")
    assert line["logger"] == __name__
    assert line["extra"] == {"shop": "main"}


def test_lines_below_the_level_are_left_out() -> None:
    stream = text_log("warning")
    logger.info("small talk")
    logging.getLogger("some.library").info("small talk")
    assert written(stream) == ""


def test_lines_of_the_standard_library_keep_their_own_origin() -> None:
    stream = json_log()
    logging.getLogger("pykka").warning("from %s {with braces}", "pykka")
    # Actors of other tests that end now may be logged by Pykka too, at another level.
    (line,) = (line for line in lines(stream) if line["level"] == "warning")
    assert (line["logger"], line["level"], line["message"]) == ("pykka", "warning", "from pykka {with braces}")


def test_a_level_of_somebodys_own_is_handed_over_by_its_number() -> None:
    stream = json_log()
    logging.getLogger("odd").log(35, "between")
    assert lines(stream)[0]["message"] == "between"


def test_a_line_that_cannot_be_made_is_told_of_and_does_not_end_what_its_author_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Unprintable:
        def __repr__(self) -> str:
            raise LookupError("no words")

    stream = text_log()
    logging.getLogger("odd").warning("%d", "no number")
    logging.getLogger("odd").warning("%s", Unprintable())
    assert written(stream).count(f"what odd logs at {__file__}:") == 2
    assert "real number is required" in written(stream)
    assert "LookupError: no words" in written(stream)
    assert capsys.readouterr().err == ""  # Python's own complaint would go past the log's thread


def test_an_exception_of_the_standard_library_comes_with_its_traceback() -> None:
    stream = json_log()
    try:
        raise KeyError("lost")
    except KeyError:
        logging.getLogger("some.library").exception("failed")
    (line,) = lines(stream)
    assert "KeyError: 'lost'" in line["exception"]
    assert "Traceback" in line["exception"]


def test_debug_lines_of_the_websocket_library_which_repeat_frames_are_left_out() -> None:
    stream = text_log("debug")
    logging.getLogger("websockets.client").debug("> TEXT '{...}'")
    logging.getLogger("websockets.client").warning("odd")
    assert "TEXT" not in written(stream)
    assert "odd" in written(stream)


def test_python_warnings_are_logged() -> None:
    stream = text_log()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert "DeprecationWarning: old" in written(stream)


def test_a_crash_of_a_greenlet_is_logged_without_its_arguments() -> None:
    stream = json_log()

    def fail(argument: str) -> None:
        raise LookupError(f"no {len(argument)}")

    greenlet = gevent.spawn(fail, "an-argument")
    greenlet.name = "worker"
    greenlet.join(5)
    (line,) = lines(stream)
    assert line["message"] == "worker failed"
    assert "LookupError: no 11" in line["exception"]
    assert "an-argument" not in written(stream)


def test_a_crash_of_a_thread_is_logged_too() -> None:
    stream = json_log()

    def fail() -> None:
        raise LookupError("no " + SECRET)

    thread = threading.Thread(target=fail, name="helper")
    thread.start()
    thread.join(5)
    (line,) = lines(stream)
    assert (line["level"], line["message"]) == ("error", "helper failed")
    assert "LookupError: no ********" in line["exception"]


def test_an_exception_in_a_destructor_is_logged_without_the_object() -> None:
    stream = json_log()

    class Guest:
        def __del__(self) -> None:
            raise LookupError("gone")

        def __repr__(self) -> str:
            return "a guest with a secret"

    Guest()
    (line,) = lines(stream)
    assert line["message"].startswith("the end of a ")
    assert "LookupError: gone" in line["exception"]
    assert "secret" not in written(stream)


@pytest.mark.parametrize("log", [text_log, json_log])
def test_secrets_are_masked_by_value_and_by_key_in_every_line_and_traceback(log) -> None:
    stream = log()
    hidden = SECRET  # a local variable, which a traceback must not show
    logger.info("with {}", SECRET)
    logging.getLogger("some.library").warning('sent {"token": "other-secret"}')
    logger.bind(api_token="third-secret", note=["with " + SECRET]).info("bound")
    try:
        raise ValueError(f"refused {hidden}")
    except ValueError:
        logger.exception("failed")
    text = written(stream)
    assert "failed" in text
    for secret in (SECRET, "other-secret", "third-secret"):
        assert secret not in text


def test_a_traceback_shows_no_variables() -> None:
    stream = text_log()
    number = "+15550100001"
    try:
        1 / len(number[:0])
    except ZeroDivisionError:
        logger.exception("failed")
    assert "1 / len(number[:0])" in written(stream)
    assert number not in written(stream)


class Talker(TurnActor):
    """An actor with a call's id that logs from its own code."""

    call_id = "call-1"
    context = "office"

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.may_end = Event(), Event()

    def on_receive(self, message: Any) -> None:
        self.enqueue(self.talk)

    def talk(self) -> None:
        logger.info("before the pause")
        self.begun.set()
        assert self.may_end.wait(5)
        logger.info("after the pause")


def talk(talker: Talker, *, meanwhile: str) -> None:
    """Have an actor talk to its end, with a line of this greenlet's in the middle."""
    talker.launch()
    talker.ref.tell("talk")
    assert talker.begun.wait(5)
    logger.info(meanwhile)
    talker.may_end.set()
    talker.ref.stop()


def test_lines_of_an_actors_own_code_are_bound_to_its_call_and_others_are_not() -> None:
    stream = json_log()
    talk(Talker(), meanwhile="elsewhere")
    by_message = {line["message"]: line for line in lines(stream)}
    assert "call_id" not in by_message["elsewhere"]
    for message in ("before the pause", "after the pause"):
        line = by_message[message]
        assert (line["call_id"], line["context"], line["actor"]) == ("call-1", "office", "Talker")


def test_lines_of_a_task_that_is_a_calls_code_are_bound_to_it_and_others_are_not() -> None:
    stream = json_log()
    facts = CallFacts(
        call_id="call-1", node_id="n", direction="inbound", state="created", kind="Hosted", context="shop"
    )

    def log_in_it() -> None:
        call_at_hand.set(facts)
        logger.info("in it")

    copy_context().run(log_in_it)
    logger.info("elsewhere")
    inside, outside = lines(stream)
    assert (inside["call_id"], inside["context"], inside["actor"]) == ("call-1", "shop", "Hosted")
    assert "call_id" not in outside


def test_an_id_that_is_bound_by_hand_goes_first() -> None:
    stream = json_log()

    class Binder(Talker):
        def talk(self) -> None:
            logger.bind(call_id="another").info("mine")
            self.begun.set()

    talk(Binder(), meanwhile="elsewhere")
    assert next(line for line in lines(stream) if line["message"] == "mine")["call_id"] == "another"


def test_outside_of_actors_no_actor_runs() -> None:
    assert running_actor() is None


def test_a_complaint_stands_behind_what_was_logged_and_is_one_line() -> None:
    stream = text_log()
    logger.warning("attention")
    complain("relay-runtime: refused\n2026-01-01 \x1b[2J")
    first, second = stream.getvalue().splitlines()
    assert first.endswith("attention")
    assert second == r"relay-runtime: refused\n2026-01-01 \x1b[2J"


def test_lines_that_cannot_be_written_are_counted_for_the_process() -> None:
    stream = text_log()
    assert lines_dropped() == 0
    stream.close()
    logger.warning("to nobody")
    assert flush_logs()
    assert lines_dropped() == 1


def test_what_was_logged_before_the_logs_are_set_up_anew_is_written_and_what_comes_goes_to_the_new_stream() -> None:
    first = text_log()
    logger.warning("before")
    second = text_log()
    logger.warning("behind")
    assert "before" in first.getvalue()
    assert "behind" in written(second)
    assert "behind" not in first.getvalue()


AS_A_LIBRARY = """
import logging, sys, threading
from loguru import logger
before = dict(logger._core.handlers), logging.getLogger().handlers[:], threading.excepthook, sys.unraisablehook
import relay_runtime.client.client, relay_runtime.metrics, relay_runtime.watch.tracing
from relay_runtime import RelayClient
from relay_runtime.sandbox import Sandbox
with Sandbox(time_scale=0.01) as sandbox, RelayClient(sandbox.project, sandbox.token, host=sandbox.url):
    pass
after = dict(logger._core.handlers), logging.getLogger().handlers[:], threading.excepthook, sys.unraisablehook
print(before == after, logger._core.patcher, logging.getLogger().level)
"""


@pytest.mark.slow
def test_as_a_library_it_adds_no_sink_and_removes_none() -> None:
    done = subprocess.run([sys.executable, "-c", AS_A_LIBRARY], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "True None 30\n", done.stderr
    assert "connection connected" in done.stderr  # by loguru's own default sink


# Lines whose text is made by the thread that writes


def test_a_deferred_line_is_one_of_the_log_in_its_place() -> None:
    stream = json_log()
    logger.configure(extra={"worker": 2})
    logger.info("before")
    log_deferred("call {call_id} ended after {seconds:.1f} s", call_id="c1", seconds=1.26, secret=SECRET)
    logger.info("behind")
    before, line, _ = lines(stream)
    assert before["time"] <= line.pop("time")
    assert line.pop("line") > 0
    assert line == {
        "level": "info",
        "logger": __name__,
        "message": "call c1 ended after 1.3 s",
        "call_id": "c1",
        "worker": 2,
        "extra": {"seconds": 1.26, "secret": MASK},
    }


def test_a_deferred_line_is_left_out_where_its_level_is() -> None:
    stream = text_log("warning")
    log_deferred("small talk")
    assert written(stream) == ""


def test_sinks_of_the_app_get_deferred_lines_too() -> None:
    stream = text_log()
    log_deferred("one")
    more: list[str] = []
    logger.add(more.append, format="{level} {message} {extra}")
    log_deferred("call {call_id}", call_id="c2")
    assert more == ["INFO call c2 {'call_id': 'c2'}\n"]
    assert [line.split(" ", 2)[2].split() for line in written(stream).splitlines()] == [
        ["INFO", "one"],
        ["INFO", "call", "c2", "call_id=c2"],
    ]


def test_an_app_that_removes_all_sinks_gets_no_lines_and_what_the_process_says_in_the_end_is_written() -> None:
    stream = text_log()
    logger.remove()
    log_deferred("gone")
    logger.info("gone too")
    complain("the app ended")
    assert stream.getvalue() == "the app ended\n"
