"""A phone beside an app: it waits for it, dials it, and knows how that went."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import gevent
import pytest
from doubles.client import client_of
from doubles.hub import until

from relay_actors.kit.crash_log import log_crash
from relay_runtime import RelayClient
from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Sandbox
from relay_runtime.softphone.desk import Desk
from relay_runtime.softphone.events import AppCrashed, Event, LineEnded
from relay_runtime.softphone.handset import Handset


class Person:
    """Uses a phone as the test says."""

    prints = True

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.complaints: list[str] = []
        self.did: list[str] = []
        self.does: Callable[[Handset], object] = lambda handset: until(lambda: not handset.is_in_use)
        self.code = ExitCode.OK

    def told(self, event: Event) -> None:
        self.events.append(event)

    def complain(self, text: str) -> None:
        self.complaints.append(text)

    def open(self) -> None:
        self.did.append("opens")

    def use(self, handset: Handset) -> ExitCode:
        self.does(handset)
        self.did.append("puts it away")
        return self.code

    def close(self) -> None:
        if self.did[-1:] != ["closes"]:
            self.did.append("closes")


class Office:
    """A desk with a person, and an app."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.person = Person()
        self.ended: list[str] = []
        self._block = ExitStack()

    def desk(self, context: str | None = None, *, dials: bool = True) -> Desk:
        desk = Desk(self.person, number="+15550100001", to_number="+15550100099", context=context, dials=dials)
        desk.end = self.ended.append
        desk.open()
        self._block.callback(desk.close)
        self._block.callback(desk.stop)
        return desk

    def serve(self, serve: Callable[[Any], object], context: str = "office") -> RelayClient:
        client = client_of(self.sandbox, contexts=[context])
        client.on_call(serve)
        self._block.enter_context(client)
        return client

    def close(self) -> None:
        self._block.close()


@pytest.fixture
def office(sandbox: Sandbox) -> Any:
    made = Office(sandbox)
    yield made
    made.close()


def answers(call: Any) -> None:
    call.answer()


def crashes(call: Any) -> None:
    call.answer()
    raise LookupError("no such department")


def test_it_dials_the_first_context_of_the_app_and_ends_when_it_is_put_away(office: Office) -> None:
    office.serve(answers, "sales")
    desk = office.desk()
    desk.loaded(office.sandbox, ["sales", "office"])
    desk.begin()
    until(lambda: office.ended)
    assert office.ended == ["the phone was put away"]
    assert office.person.did == ["opens", "puts it away"]
    assert (desk.exit_code, office.person.complaints) == (ExitCode.OK, [])
    assert office.sandbox.runs()[0].script.context == "sales"  # type: ignore[attr-defined]


def test_another_context_can_be_dialled_or_none_at_all(office: Office) -> None:
    office.serve(answers, "sales")
    desk = office.desk("sales")
    desk.loaded(office.sandbox, ["office"])
    desk.begin()
    until(lambda: office.ended)
    assert len(office.sandbox.runs()) == 1
    silent = office.desk(dials=False)
    silent.loaded(office.sandbox, ["sales"])
    silent.begin()
    until(lambda: len(office.ended) == 2)
    assert len(office.sandbox.runs()) == 1


def test_it_waits_until_the_app_has_subscribed(office: Office) -> None:
    desk = office.desk()
    desk.loaded(office.sandbox, ["office"])
    desk.begin()
    gevent.sleep(5)  # of the time that the test owns
    assert office.sandbox.runs() == []
    office.serve(answers)
    until(lambda: office.ended)
    assert len(office.sandbox.runs()) == 1
    assert office.person.complaints == []


def test_an_app_that_never_subscribes_is_complained_of(office: Office) -> None:
    desk = office.desk()
    desk.loaded(office.sandbox, ["office"])
    desk.begin()
    until(lambda: office.ended)
    assert office.person.complaints == [
        "the app does not serve the context 'office': it has subscribed to none",
    ]


def test_a_crash_of_the_app_is_told_with_its_traceback_and_is_the_exit_code(office: Office) -> None:
    office.serve(crashes)
    desk = office.desk()
    desk.loaded(office.sandbox, ["office"])
    desk.begin()
    until(lambda: office.ended)
    (crash,) = [event for event in office.person.events if isinstance(event, AppCrashed)]
    assert crash.call_id == office.sandbox.runs()[0].call_id
    assert crash.traceback.endswith("LookupError: no such department")
    assert desk.exit_code is ExitCode.FAILED


def test_a_crash_that_belongs_to_no_call_counts_too_and_only_while_the_phone_is_there(office: Office) -> None:
    office.serve(answers)
    office.person.does = lambda _: log_crash(ValueError("x"), "a handler crashed")
    desk = office.desk(dials=False)
    desk.loaded(office.sandbox, ["office"])
    log_crash(ValueError("before"), "crashed")
    desk.begin()
    until(lambda: office.ended)
    desk.close()
    log_crash(ValueError("behind"), "crashed")
    gevent.sleep(0)
    assert [(e.call_id, e.what) for e in office.person.events if isinstance(e, AppCrashed)] == [
        ("", "a handler crashed")
    ]
    assert desk.exit_code is ExitCode.FAILED


def test_a_call_that_ends_as_one_that_has_crashed_counts_as_one(office: Office) -> None:
    office.serve(lambda call: (call.answer(), call.hangup("error")))  # type: ignore[func-returns-value]
    desk = office.desk()
    desk.loaded(office.sandbox, ["office"])
    desk.begin()
    until(lambda: office.ended)
    assert desk.exit_code is ExitCode.FAILED
    assert not any(isinstance(event, AppCrashed) for event in office.person.events)


def test_otherwise_the_exit_code_is_the_one_of_the_person(office: Office) -> None:
    office.person.code = ExitCode.NEGATIVE
    desk = office.desk(dials=False)
    desk.loaded(office.sandbox, ["office"])
    desk.begin()
    until(lambda: office.ended)
    assert desk.exit_code is ExitCode.NEGATIVE


def handset(desk: Desk) -> Handset:
    assert desk._handset is not None
    return desk._handset


def test_an_app_that_was_loaded_again_is_dialled_again_once_only_the_new_one_serves(office: Office) -> None:
    def stays(call: Any) -> None:
        call.answer()
        call.wait_for_ended(timeout=900)

    office.person.does = lambda _: gevent.sleep(100)
    old = office.serve(stays)
    desk = office.desk()
    desk.loaded(office.sandbox, ["office"])
    desk.begin()
    until(lambda: len(office.sandbox.runs()) == 1)
    gevent.sleep(5)
    desk.loaded(office.sandbox, ["office"])
    gevent.sleep(1)
    office.serve(stays)
    gevent.sleep(1)
    assert len(office.sandbox.runs()) == 1  # the old one might get the call
    assert handset(desk).redials
    old.disconnect()
    until(lambda: len(office.sandbox.runs()) == 2)
    assert not handset(desk).redials
    assert sum(isinstance(event, LineEnded) for event in office.person.events) == 1


def test_who_dials_by_hand_does_so_after_the_app_was_loaded_again_too(office: Office) -> None:
    office.serve(answers)
    office.person.does = lambda _: gevent.sleep(100)
    desk = office.desk(dials=False)
    desk.loaded(office.sandbox, ["office"])
    desk.begin()
    desk.loaded(office.sandbox, ["office"])
    gevent.sleep(60)  # of the time that the test owns
    assert office.sandbox.runs() == []


def test_a_call_that_the_network_ends_is_no_crash_of_the_app(office: Office) -> None:
    office.serve(lambda call: (call.answer(), call.wait_for_ended(timeout=900)))  # type: ignore[func-returns-value]
    desk = office.desk()
    desk.loaded(office.sandbox, ["office"])
    desk.begin()
    until(lambda: office.sandbox.runs() and office.sandbox.runs()[0].status == "answered")
    office.sandbox.exchange.call(office.sandbox.runs()[0].call_id).end("error", "none")
    until(lambda: office.ended)
    (ended,) = [event for event in office.person.events if isinstance(event, LineEnded)]
    assert (ended.by, ended.reason, desk.exit_code) == ("network", "error", ExitCode.OK)


def test_it_can_be_stopped_before_it_has_begun_and_twice(office: Office) -> None:
    desk = office.desk()
    desk.stop()
    desk.loaded(office.sandbox, ["office"])
    desk.stop()
    desk.stop()
    desk.close()
    desk.close()
    assert office.person.did == ["opens", "closes"]


def test_when_it_is_stopped_it_hangs_up(office: Office) -> None:
    office.person.does = lambda _: gevent.sleep(100)
    office.serve(lambda call: (call.answer(), call.wait_for_ended(timeout=900)))  # type: ignore[func-returns-value]
    desk = office.desk()
    desk.loaded(office.sandbox, ["office"])
    desk.begin()
    until(lambda: office.sandbox.runs() and office.sandbox.runs()[0].status == "answered")
    desk.stop()
    until(lambda: office.sandbox.runs()[0].outcome is not None)
    assert office.person.did == ["opens"]
    assert desk.exit_code == ExitCode.OK


def test_what_crashes_behind_the_hang_up_is_told_and_counts_until_the_phone_goes(office: Office) -> None:
    desk = office.desk(dials=False)
    desk.loaded(office.sandbox, ["office"])
    desk.begin()
    until(lambda: office.ended)
    desk.stop()
    log_crash(ValueError("in on_ended"), "crashed")
    desk.close()
    told = [event.what for event in office.person.events if isinstance(event, AppCrashed)]
    assert (told, desk.exit_code) == (["crashed"], ExitCode.FAILED)
    log_crash(ValueError("behind"), "crashed")
    gevent.sleep(0)
    assert len([event for event in office.person.events if isinstance(event, AppCrashed)]) == 1


@pytest.mark.parametrize("prints", [True, False])
def test_a_crash_is_logged_too_where_the_person_does_not_see_the_log(
    office: Office, log_lines: list[str], prints: bool
) -> None:
    office.person.prints = prints
    desk = office.desk(dials=False)
    desk.loaded(office.sandbox, ["office"])
    desk.begin()
    log_crash(ValueError("x"), "it crashed")
    gevent.sleep(0)
    assert any("it crashed" in line for line in log_lines) is not prints


@pytest.mark.parametrize("prints", [True, False])
def test_an_app_that_cannot_be_loaded_again_is_told_of_where_the_log_is_not_seen(office: Office, prints: bool) -> None:
    office.person.prints = prints
    desk = office.desk(dials=False)
    desk.failed("app.py can't be loaded: SyntaxError")
    told = [(e.what, e.traceback) for e in office.person.events if isinstance(e, AppCrashed)]
    assert told == (
        []
        if prints
        else [("the app can't be loaded; what was there before goes on", "app.py can't be loaded: SyntaxError")]
    )
    assert desk.exit_code is ExitCode.OK


def test_a_phone_that_the_process_ends_does_not_end_the_process(office: Office) -> None:
    away = gevent.event.Event()
    office.person.does = lambda _: away.wait()
    desk = office.desk(dials=False)
    desk.loaded(office.sandbox, ["office"])
    desk.begin()
    gevent.sleep(0)
    desk.stop()
    away.set()
    until(lambda: office.person.did == ["opens", "puts it away"])
    gevent.sleep(0)
    assert office.ended == []


def test_a_transcript_that_cannot_be_written_ends_the_phone_and_is_no_success(office: Office) -> None:
    def full(_: Event) -> None:
        raise OSError(28, "No space left on device")

    office.serve(answers)
    office.person.told = full  # type: ignore[method-assign]
    office.person.does = lambda _: gevent.sleep(100)
    desk = office.desk()
    desk.loaded(office.sandbox, ["office"])
    desk.begin()
    until(lambda: office.ended)
    assert office.ended[0] == "what happens can't be written: No space left on device"
    assert desk.exit_code is ExitCode.FAILED
    assert office.sandbox.errors == []


def test_a_face_that_fails_ends_the_phone_and_is_no_success(office: Office) -> None:
    office.person.does = lambda _: 1 / 0
    desk = office.desk(dials=False)
    desk.loaded(office.sandbox, ["office"])
    desk.begin()
    until(lambda: office.ended)
    assert (office.ended, desk.exit_code) == (["the phone was put away"], ExitCode.FAILED)
